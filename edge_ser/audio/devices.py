"""Input devices, and the care that PortAudio needs."""

from __future__ import annotations

import atexit
import os
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge_ser.errors import EdgeSerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

_stderr_lock = threading.Lock()


@dataclass(frozen=True)
class Device:
    """An input device.

    Args:
        index: PortAudio's index.
        name: PortAudio's name.
        channels: maximum number of channels.
        rate: native sampling rate in Hz.
        default: whether it is used where no device is named.
    """

    index: int
    name: str
    channels: int
    rate: int
    default: bool


def portaudio() -> ModuleType:
    """Import the module sounddevice, which loads and initialises PortAudio.

    Raises:
        EdgeSerError: the PortAudio library is missing.
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
    """Silence what PortAudio and ALSA write to file descriptor 2.

    They write there even for formats that are only being tried. Errors are also raised as
    exceptions.
    """
    with _stderr_lock:
        try:
            kept = os.dup(2)
        except OSError:  # no stderr
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


def refresh_devices() -> None:
    """Make PortAudio look for devices again; no stream may be open."""
    sounddevice = portaudio()
    with quiet():
        sounddevice._terminate()
        sounddevice._initialize()


def run_in_thread(action: Callable[[], None]) -> threading.Thread:
    """Start ``action`` in a daemon thread: PortAudio waits for ever if the sound server hangs."""
    thread = threading.Thread(target=action, name="PortAudio", daemon=True)
    thread.start()
    return thread


def skip_portaudio_cleanup() -> None:
    """Skip PortAudio's atexit cleanup: it would hang."""
    atexit.unregister(portaudio()._exit_handler)


def list_devices() -> list[Device]:
    """List the input devices that PortAudio finds, if any.

    PortAudio looks for devices once per process, and again in :func:`refresh_devices`.

    Raises:
        EdgeSerError: the PortAudio library is missing.
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
    """Find an input device by its index, name or a unique part of its name; None: the default.

    Raises:
        EdgeSerError: there is none, or more than one; the message lists the choices.
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
