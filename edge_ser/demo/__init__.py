"""The demo clip: synthetic speech made by ``device/make_demo.py``, for use without a microphone."""

from pathlib import Path

PATH = Path(__file__).with_name("demo.flac")
