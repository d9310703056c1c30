"""The microphone source: captures in a callback, is read from a bounded queue."""

from __future__ import annotations

import logging
import queue
import threading
import time
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from edge_ser.audio.block import SAMPLING_RATE, Block
from edge_ser.audio.channels import check_channel
from edge_ser.audio.convert import Converter
from edge_ser.audio.devices import (
    Device,
    find_device,
    interruptible,
    portaudio,
    refresh_devices,
    run_in_thread,
    skip_portaudio_cleanup,
)
from edge_ser.errors import EdgeSerError
from edge_ser.native import quiet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_log = logging.getLogger(__name__)

BUFFER = 10.0
"""Seconds of audio that are queued for a slow reader before audio is lost."""
STALL = 3.0
"""Seconds without audio after which the microphone counts as lost."""

_PERIOD = 0.032  # seconds per callback
_POLL = 0.1  # seconds; the longest delay until closing, or Ctrl-C, takes effect
_CLOSING = 0.5  # seconds; more than any working device needs
_JITTER = 0.2  # seconds; the converter's clock is read with an error of up to 0.05
_BAD_RATE, _BAD_CHANNELS = -9997, -9998  # paInvalidSampleRate, paInvalidChannelCount
_BUSY = -9985  # paDeviceUnavailable


class _Captured(NamedTuple):
    frames: NDArray[np.int16]  # (n, channels)
    arrival: float
    lost: int  # frames before these


class _Capture:
    """PortAudio callback that copies frames into a queue and counts lost ones.

    Audio is lost in three ways: the queue is full; the sound card's clock jumps (the source was
    suspended, or the sound server dropped something); PortAudio flags an overflow. An overflow is
    as long as the jump of the clock, but at least one frame: zero would certainly be wrong.
    """

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.queue: queue.Queue[_Captured] = queue.Queue(round(BUFFER / _PERIOD))
        self._lost = 0
        self._expected: float | None = None

    def __call__(self, indata: NDArray[np.int16], frames: int, when: Any, status: Any) -> None:
        arrival = time.monotonic()
        started = when.inputBufferAdcTime
        jump = 0.0 if self._expected is None else started - self._expected
        self._expected = started + frames / self.rate
        if status.input_overflow:
            self._lost += max(1, round(jump * self.rate))
        elif jump > _JITTER:
            self._lost += round(jump * self.rate)
        try:
            self.queue.put_nowait(_Captured(indata.copy(), arrival, self._lost))
            self._lost = 0
        except queue.Full:
            self._lost += frames


class Microphone:
    """A microphone as a source.

    It captures from entering ``with`` (or :meth:`open`, or the first block) until :meth:`close`,
    which any thread may call: the iteration then ends. A device that is opened again is found by
    its name, whatever number it has by then. A device that does not support 16 kHz mono
    is opened in its own format and resampled. While it delivers nothing, blocks are empty.

    Args:
        device: name, part of a name or index as `edge-ser devices` prints them; None: the default.
        channel: hear only this one, from 1; None: one channel, as the device mixes it.

    Raises:
        EdgeSerError: on opening, if PortAudio or the device is missing, or the device is busy or
            refuses; while reading, if no audio has arrived for three seconds.
    """

    def __init__(self, device: str | int | None = None, channel: int | None = None) -> None:
        self.name = "the default microphone" if device is None else str(device)
        self._wanted = device
        self._channel = channel
        self._found: str | None = None
        self._opening = threading.Lock()  # held while PortAudio opens, which may take for ever
        self._lock = threading.Lock()
        self._closed = 0  # how often
        self._stream: Any = None
        self._capture: _Capture | None = None
        self._closing: Future[None] | None = None

    def __repr__(self) -> str:
        return f"Microphone({self.name!r})"

    def open(self) -> None:
        """Start capturing; do nothing if it is already running."""
        if self._capture is None:
            closed = self._closed
            interruptible(lambda: self._open(closed))

    def _open(self, closed: int, refresh: bool = False) -> None:
        """Open the device, unless :meth:`close` has been called since it was ``closed`` times."""
        with self._opening:
            if self._capture is not None:
                return
            if self._closing is not None:
                self._closing.exception()  # waits
            if refresh:
                refresh_devices()
            device = find_device(self._wanted, self._found)
            self.name = self._found = device.name
            with quiet():
                stream, capture = _start(device, self._channel)
            with self._lock:
                if self._closed == closed:
                    self._stream, self._capture = stream, capture
                    return
            _end(stream)

    def close(self) -> None:
        """Stop capturing at once and discard what has not been read; end an opening under way."""
        with self._lock:
            self._closed += 1
            stream, self._stream, self._capture = self._stream, None, None
        if stream is not None:
            self._closing = run_in_thread(lambda: _end(stream))
            _, late = wait([self._closing], _CLOSING)
            if late:
                skip_portaudio_cleanup()

    def reopen(self) -> Future[None]:
        """Look for devices again and :meth:`open` a closed microphone, in another thread.

        Returns:
            What tells when that is done, or the error that it raised; :meth:`close` cancels it.
        """
        closed = self._closed
        return run_in_thread(lambda: self._open(closed, refresh=True))

    def __enter__(self) -> Microphone:
        self.open()
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Block]:
        opened_here = self._capture is None
        self.open()
        capture = self._capture
        if capture is None:  # closed by another thread
            return
        try:
            converter = Converter(capture.rate, self.name, self._channel)
            lost = 0.0
            for captured in self._captured(capture):
                if captured is None:
                    yield Block(np.zeros(0, np.int16), time.monotonic())
                    continue
                samples = converter.push(captured.frames)
                lost += captured.lost * SAMPLING_RATE / capture.rate
                if len(samples):
                    yield Block(samples, captured.arrival, round(lost))
                    lost -= round(lost)
        finally:
            if opened_here:
                self.close()

    def _captured(self, capture: _Capture) -> Iterator[_Captured | None]:
        """Yield what was captured until :meth:`close`; None when it is overdue, so readers can end.

        Waiting is counted in polls, not by the clock: a process that was stopped and continued
        has not been waiting.
        """
        polls = 0
        while self._capture is capture:
            try:
                yield capture.queue.get(timeout=_POLL)
                polls = 0
            except queue.Empty:
                polls += 1
                if polls >= round(STALL / _POLL) or self._ended(capture):
                    raise EdgeSerError(
                        f"the microphone {self.name} stopped delivering audio; "
                        "check that it is plugged in and not suspended"
                    ) from None
                yield None

    def _ended(self, capture: _Capture) -> bool:
        """Return whether PortAudio has ended the stream, as it does when the sound server dies."""
        with self._lock:
            return self._capture is capture and not self._stream.active


def _end(stream: Any) -> None:
    """Close a stream; return never if the sound server hangs, but even if the source stalls."""
    stream.abort()  # stop() would wait for a source that stalls
    stream.close()


def _start(device: Device, channel: int | None) -> tuple[Any, _Capture]:
    """Open and start a stream, at 16 kHz mono if possible, else in the device's own format."""
    sounddevice = portaudio()
    channels = sorted({1, min(2, device.channels), device.channels})
    if channel is not None:
        check_channel(channel, device.channels, f"the microphone {device.name}")
        channels = [device.channels]
    for rate in dict.fromkeys((SAMPLING_RATE, device.rate)):
        for count in channels:
            capture = _Capture(rate)
            try:
                stream = sounddevice.InputStream(
                    device=device.index,
                    samplerate=rate,
                    channels=count,
                    dtype="int16",
                    blocksize=round(rate * _PERIOD),
                    callback=capture,
                )
            except sounddevice.PortAudioError as error:
                if _code(error) in (_BAD_RATE, _BAD_CHANNELS):
                    _log.debug("%s refuses %d Hz, %d channels", device.name, rate, count)
                    continue
                raise _refusal(device, error) from None
            try:
                stream.start()
            except sounddevice.PortAudioError as error:
                stream.close()
                raise _refusal(device, error) from None
            _log.info("opened %s: %d Hz, %d channels", device.name, rate, count)
            return stream, capture
    raise EdgeSerError(
        f"the microphone {device.name} offers neither 16 kHz nor {device.rate} Hz as 16-bit audio; "
        "choose another with --device"
    )


def _code(error: Exception) -> int | None:
    """Return PortAudio's code for an error."""
    return error.args[1] if len(error.args) > 1 else None


def _refusal(device: Device, error: Exception) -> EdgeSerError:
    text = " ".join(str(error).split())
    if _code(error) == _BUSY or "busy" in text.lower():
        return EdgeSerError(
            f"the microphone {device.name} is busy; close the program that uses it, "
            "or choose another with --device"
        )
    return EdgeSerError(
        f"the microphone {device.name} cannot be opened ({text}); "
        "plug it in again, or choose another with --device"
    )
