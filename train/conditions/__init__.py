"""Conditions: changes that microphones, rooms and other people make to a clip."""
