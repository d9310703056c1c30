"""Sources of audio: blocks of mono int16 at 16 kHz, from a file, an array or a microphone."""

from __future__ import annotations

from edge_ser.audio.block import SAMPLING_RATE, Block, Source
from edge_ser.audio.devices import Device, list_devices
from edge_ser.audio.file import AudioFile, AudioSignal
from edge_ser.audio.microphone import Microphone

__all__ = [
    "SAMPLING_RATE",
    "AudioFile",
    "AudioSignal",
    "Block",
    "Device",
    "Microphone",
    "Source",
    "list_devices",
]
