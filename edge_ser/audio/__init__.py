"""Sources of audio: blocks of mono int16 at 16 kHz from files, pipes, arrays, microphones."""

from __future__ import annotations

from edge_ser.audio.block import SAMPLING_RATE, Block, Source, Status
from edge_ser.audio.devices import Device, list_devices
from edge_ser.audio.file import AudioFile
from edge_ser.audio.microphone import Microphone
from edge_ser.audio.pipe import AudioPipe
from edge_ser.audio.signal import AudioSignal
from edge_ser.audio.steady import SteadyMicrophone

__all__ = [
    "SAMPLING_RATE",
    "AudioFile",
    "AudioPipe",
    "AudioSignal",
    "Block",
    "Device",
    "Microphone",
    "Source",
    "Status",
    "SteadyMicrophone",
    "list_devices",
]
