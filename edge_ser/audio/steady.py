"""A microphone source that survives the loss of the device."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from edge_ser.audio.block import SAMPLING_RATE, Block, Status
from edge_ser.audio.devices import run_in_thread, skip_portaudio_cleanup
from edge_ser.audio.microphone import Microphone
from edge_ser.errors import EdgeSerError

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_PAUSE = 30.0
"""Longest pause in seconds between two attempts to reopen a microphone; the first is 1 s."""

_TICK = 0.5
"""Seconds between empty blocks while the device is gone; at each the reader may end."""


class SteadyMicrophone:
    """A :class:`Microphone` that is reopened after the device was lost.

    While the device is gone, an empty block comes twice a second, whose ``lost`` counts the time
    as lost audio. The first of them has the status ``lost``, the first block of sound after them
    ``back``. A device chosen by its index is searched by its name afterwards: indices change.

    Args:
        device: as in :class:`Microphone`.
        wait: whether to wait for a device that is missing at the start.

    Raises:
        EdgeSerError: the device cannot be opened at the start, without ``wait``.
    """

    def __init__(self, device: str | int | None = None, wait: bool = False) -> None:
        self._microphone = Microphone(device)
        self._waits = wait
        self._attempt: _Attempt | None = None

    @property
    def name(self) -> str:
        """Name of the microphone."""
        return self._microphone.name

    def __enter__(self) -> SteadyMicrophone:
        try:
            self._open()
        except EdgeSerError:
            if not self._waits:
                raise
        return self

    def __exit__(self, *exc: object) -> None:
        if self._attempt is not None and self._attempt.thread.is_alive():
            skip_portaudio_cleanup()
        else:
            self._microphone.close()

    def _open(self) -> None:
        self._microphone.open()
        self._waits = True
        if self._microphone.device is not None:
            self._microphone.device = self.name

    def __iter__(self) -> Iterator[Block]:
        newest = time.monotonic()  # up to when audio has arrived or been counted as lost
        pauses: Iterator[float] | None = None  # not None while the device is gone
        status: Status | None
        while True:
            try:
                self._open()
                for block in self._microphone:
                    if len(block.samples):
                        if pauses:
                            pauses = None
                            lost = _samples(block.arrival - newest) - len(block.samples)
                            status = Status("back", f"the microphone {self.name} is back")
                            block = replace(block, lost=max(0, lost), status=status)
                        newest = block.arrival
                    yield block
                return
            except EdgeSerError as error:
                if not self._waits:
                    raise
                status = None if pauses else Status("lost", str(error))
            pauses = pauses or _pauses()
            self._microphone.close()
            for _ in self._opening(pauses):
                now = time.monotonic()
                yield Block(np.zeros(0, np.int16), now, _samples(now - newest), status)
                newest, status = now, None

    def _opening(self, pauses: Iterator[float]) -> Iterator[None]:
        """Yield every ``_TICK`` until the microphone is open; it may not deliver audio yet."""
        while self._attempt is None or not self._attempt.succeeded:
            for _ in range(round(next(pauses) / _TICK)):
                yield
                time.sleep(_TICK)
            self._attempt = _Attempt(self._microphone)
            while self._attempt.thread.is_alive():
                self._attempt.thread.join(_TICK)
                yield
        self._attempt = None


def _pauses() -> Iterator[float]:
    pause = 1.0
    while True:
        yield pause
        pause = min(2 * pause, LONGEST_PAUSE)


class _Attempt:
    """Attempt to open a microphone in another thread: a hanging sound server would block it."""

    def __init__(self, microphone: Microphone) -> None:
        self.succeeded = False
        self._microphone = microphone
        self.thread = run_in_thread(self._run)

    def _run(self) -> None:
        try:
            self._microphone.reopen()
            self.succeeded = True
        except EdgeSerError:
            pass  # the next attempt may succeed


def _samples(seconds: float) -> int:
    return round(seconds * SAMPLING_RATE)
