"""Sources of audio: blocks of mono int16 at 16 kHz, from a file, an array or a microphone."""

from __future__ import annotations

from edge_ser.audio.block import SAMPLING_RATE, Block, Source, Status
from edge_ser.audio.devices import Device, list_devices
from edge_ser.audio.file import AudioFile, AudioSignal
from edge_ser.audio.microphone import Microphone
from edge_ser.audio.steady import SteadyMicrophone

__all__ = [
    "SAMPLING_RATE",
    "AudioFile",
    "AudioSignal",
    "Block",
    "Device",
    "Microphone",
    "Source",
    "Status",
    "SteadyMicrophone",
    "list_devices",
]
