"""Damaged input, tens of thousands of times: nothing but clean errors may come of it."""
