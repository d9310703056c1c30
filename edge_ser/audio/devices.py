"""The microphones that PortAudio finds."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType

from edge_ser.errors import EdgeSerError

_stderr_lock = threading.Lock()


@dataclass(frozen=True)
class Device:
    """An input device.

    Args:
        index: PortAudio's number for it.
        name: PortAudio's name for it.
        channels: as many as it offers.
        rate: its own sampling rate in Hz.
        default: whether it is the one used where none is asked for.
    """

    index: int
    name: str
    channels: int
    rate: int
    default: bool


def portaudio() -> ModuleType:
    """The module sounddevice; importing it loads and initialises PortAudio.

    Raises:
        EdgeSerError: where the PortAudio library is missing.
    """
    try:
        import sounddevice
    except OSError:
        raise EdgeSerError(
            "the PortAudio library is missing; install it: sudo apt install libportaudio2"
        ) from None
    return sounddevice


@contextmanager
def quiet() -> Iterator[None]:
    """Keeps what PortAudio and ALSA write to file descriptor 2 on failure from the terminal.

    They do it for formats that are only tried, too. The error itself comes as an exception.
    """
    with _stderr_lock:
        try:
            kept = os.dup(2)
        except OSError:  # there is no stderr
            yield
            return
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 2)
            os.close(nowhere)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def look_again() -> None:
    """Makes PortAudio look for devices anew; no stream may be open."""
    sounddevice = portaudio()
    with quiet():
        sounddevice._terminate()
        sounddevice._initialize()


def aside(action: Callable[[], None]) -> threading.Thread:
    """Starts ``action`` in a thread of its own: PortAudio waits for ever for a hanging server."""
    thread = threading.Thread(target=action, name="PortAudio", daemon=True)
    thread.start()
    return thread


def abandon() -> None:
    """Has the end of the program leave PortAudio as it is, for it hangs."""
    atexit.unregister(portaudio()._exit_handler)


def list_devices() -> list[Device]:
    """The input devices; an empty list where PortAudio finds none.

    PortAudio looks once per process, and again in :func:`look_again`.

    Raises:
        EdgeSerError: where the PortAudio library is missing.
    """
    sounddevice = portaudio()
    try:
        default = sounddevice.query_devices(kind="input")["index"]
    except (sounddevice.PortAudioError, ValueError):
        default = None
    return [
        Device(
            index,
            info["name"],
            info["max_input_channels"],
            round(info["default_samplerate"]),
            index == default,
        )
        for index, info in enumerate(sounddevice.query_devices())
        if info["max_input_channels"] > 0
    ]


def find_device(wanted: str | int | None) -> Device:
    """The input device meant by an index, a name, a unique part of a name, or None (default).

    Raises:
        EdgeSerError: where there is none, or more than one; the message lists the choices.
    """
    devices = list_devices()
    if not devices:
        raise EdgeSerError("no microphone found; plug one in and check that `arecord -l` lists it")
    if wanted is None:
        return next((device for device in devices if device.default), devices[0])
    text = str(wanted)
    found = (
        [device for device in devices if device.name == wanted]
        or [device for device in devices if str(device.index) == text]
        or [device for device in devices if text.lower() in device.name.lower()]
    )
    if len(found) == 1:
        return found[0]
    choices = ", ".join(f"{device.index} ({device.name})" for device in found or devices)
    if found:
        raise EdgeSerError(
            f"more than one microphone is called {text!r}; choose by index: {choices}"
        )
    raise EdgeSerError(f"there is no microphone {text!r}; choose one of: {choices}")
