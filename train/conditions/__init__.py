"""What microphones, rooms and other people do to a clip."""
