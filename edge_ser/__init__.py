"""Speech emotion recognition that runs on the device: no audio leaves it.

>>> import edge_ser
>>> from edge_ser.demo import PATH
>>> recognizer = edge_ser.load("cogcn")
>>> result = recognizer.classify(PATH)  # or an array, and its sampling rate
>>> len(result.utterances), result.utterances[0].emotion
(8, 'angry')
>>> for event in recognizer.stream(PATH):  # or edge_ser.SteadyMicrophone()
...     if event.type == "utterance" and event.confidence > 0.6:
...         print(event.emotion)
angry
sad
happy
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

from edge_ser.errors import EdgeSerError
from edge_ser.events import Classification, EmotionEvent, StatusEvent, Utterance

if TYPE_CHECKING:
    from edge_ser.audio import AudioFile, AudioPipe, AudioSignal, Microphone, SteadyMicrophone
    from edge_ser.bundle import bundled
    from edge_ser.recognizer import Recognizer, load
    from edge_ser.session import Session

logging.getLogger(__name__).addHandler(logging.NullHandler())

__version__ = "0.1.0"
__all__ = [
    "AudioFile",
    "AudioPipe",
    "AudioSignal",
    "Classification",
    "EdgeSerError",
    "EmotionEvent",
    "Microphone",
    "Recognizer",
    "Session",
    "StatusEvent",
    "SteadyMicrophone",
    "Utterance",
    "bundled",
    "load",
]

# imported on first use: `edge-ser --help` needs no NumPy, and the command line limits NumPy's
# threads before it is loaded
_LAZY = {
    "AudioFile": "audio",
    "AudioPipe": "audio",
    "AudioSignal": "audio",
    "Microphone": "audio",
    "Recognizer": "recognizer",
    "Session": "session",
    "SteadyMicrophone": "audio",
    "bundled": "bundle",
    "load": "recognizer",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)


def __dir__() -> list[str]:
    return sorted(["__version__", *__all__])
