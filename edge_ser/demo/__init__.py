"""A clip of synthetic speech for those without a microphone; ``device/make_demo.py`` makes it."""

from pathlib import Path

PATH = Path(__file__).with_name("demo.flac")
