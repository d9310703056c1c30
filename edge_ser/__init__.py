"""Speech emotion recognition on the device: no audio ever leaves it.

>>> import edge_ser
>>> recognizer = edge_ser.load("cogcn")
>>> recognizer.classify(signal, sampling_rate)                      # doctest: +SKIP
>>> for event in recognizer.stream(edge_ser.Microphone()): ...      # doctest: +SKIP
"""

from edge_ser.audio import AudioFile, AudioSignal, Microphone
from edge_ser.bundle import bundled
from edge_ser.errors import EdgeSerError
from edge_ser.events import Classification, EmotionEvent, Utterance
from edge_ser.recognizer import Recognizer, load

__version__ = "0.1.0"
__all__ = [
    "AudioFile",
    "AudioSignal",
    "Classification",
    "EdgeSerError",
    "EmotionEvent",
    "Microphone",
    "Recognizer",
    "Utterance",
    "bundled",
    "load",
]
