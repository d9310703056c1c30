"""What is read aloud for an enrolment, and for how long."""

TEXT = """\
Read this aloud, calmly, as you would tell it to a friend:

  When the sunlight strikes raindrops in the air, they act as a prism and form a rainbow.
  The rainbow is a division of white light into many beautiful colours. These take the shape of
  a long round arch, with its path high above, and its two ends apparently beyond the horizon.
  There is, according to legend, a boiling pot of gold at one end. People look, but no one ever
  finds it. When a man looks for something beyond his reach, his friends say he is looking for
  the pot of gold at the end of the rainbow.
"""
"""The Rainbow Passage (Fairbanks 1960): phoneticians use it, as it has most sounds of English."""

SECONDS = 20.0
"""Seconds of speech that are usually heard."""
PATIENCE = 4.0
"""How many times the wanted seconds may pass at a microphone."""
