"""Input devices, and the care that PortAudio needs."""

from __future__ import annotations

import atexit
import re
import sys
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from edge_ser.errors import EdgeSerError
from edge_ser.native import quiet

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

_NUMBER = re.compile(r"\s*\(hw:\d+,\d+\)")
"""What ALSA adds to a name: numbers that change when a device is plugged in again."""

_T = TypeVar("_T")


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


def refresh_devices() -> None:
    """Make PortAudio look for devices again; no stream may be open."""
    sounddevice = portaudio()
    with quiet():
        sounddevice._terminate()
        sounddevice._initialize()


def run_in_thread(action: Callable[[], _T]) -> Future[_T]:
    """Start ``action`` in a daemon thread: PortAudio waits for ever if the sound server hangs."""
    future: Future[_T] = Future()

    def act() -> None:
        try:
            future.set_result(action())
        except BaseException as error:  # noqa: BLE001 - raised again where the result is asked for
            future.set_exception(error)

    threading.Thread(target=act, name="PortAudio", daemon=True).start()
    return future


def skip_portaudio_cleanup() -> None:
    """Skip PortAudio's atexit cleanup: it would hang."""
    if handler := getattr(sys.modules.get("sounddevice"), "_exit_handler", None):
        atexit.unregister(handler)


def interruptible(action: Callable[[], _T]) -> _T:
    """Return what ``action`` returns; a signal handler can end the wait though PortAudio hangs.

    Python runs signal handlers in the main thread, and not while that is in a library: there,
    another thread acts.
    """
    if threading.current_thread() is not threading.main_thread():
        return action()
    future = run_in_thread(action)
    try:
        return future.result()
    finally:
        if not future.done():
            skip_portaudio_cleanup()


def list_devices() -> list[Device]:
    """List the input devices that PortAudio finds, if any.

    PortAudio looks for devices once per process, and again in :func:`refresh_devices`.

    Raises:
        EdgeSerError: the PortAudio library is missing.
    """
    sounddevice = interruptible(portaudio)
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


def find_device(wanted: str | int | None, lost: str | None = None) -> Device:
    """Find an input device by its index, name or a unique part of its name; None: the default.

    Args:
        wanted: what the user asked for.
        lost: name of the device that was found before, which is preferred, whatever number ALSA
            gives it now: an index says nothing after it was plugged in again.

    Raises:
        EdgeSerError: there is none, or more than one; the message lists the choices.
    """
    devices = list_devices()
    if not devices:
        raise EdgeSerError("no microphone found; plug one in and check that `arecord -l` lists it")
    if wanted is None:
        return next((device for device in devices if device.default), devices[0])
    text = str(wanted)
    again = []
    if lost is not None:
        again = [device for device in devices if device.name == lost]
        again = again or [device for device in devices if _bare(device.name) == _bare(lost)]
        text = lost if text.isdigit() else text
    found = (
        again
        or [device for device in devices if device.name == text]
        or [device for device in devices if str(device.index) == text]
        or [device for device in devices if text.lower() in device.name.lower()]
        or [device for device in devices if _bare(text).lower() in device.name.lower()]
    )
    if len(found) == 1:
        return found[0]
    choices = ", ".join(f"{device.index} ({device.name})" for device in found or devices)
    if found:
        raise EdgeSerError(
            f"more than one microphone is called {text!r}; choose by index: {choices}"
        )
    raise EdgeSerError(f"there is no microphone {text!r}; choose one of: {choices}")


def _bare(name: str) -> str:
    """Return a device's name without its ALSA number."""
    return _NUMBER.sub("", name)
