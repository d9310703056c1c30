"""A microphone source that survives the loss of the device."""

from __future__ import annotations

import logging
import time
from concurrent import futures
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from edge_ser.audio.block import SAMPLING_RATE, Block, Closable, Status
from edge_ser.audio.devices import skip_portaudio_cleanup
from edge_ser.audio.microphone import Microphone
from edge_ser.errors import EdgeSerError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

_log = logging.getLogger(__name__)

LONGEST_PAUSE = 30.0
"""Longest pause in seconds between two attempts to reopen a microphone; the first is 1 s."""

SILENCE = 60.0
"""Seconds of digital silence that are a status; the quietest room is not silent."""

_SILENT = (
    "the microphone {} has delivered digital silence for a minute; unmute it, or choose another "
    "with --device"
)
_TICK = 0.5
"""Seconds between empty blocks while the device is gone; at each the reader may end."""


class SteadyMicrophone(Closable):
    """A :class:`Microphone` that is reopened after the device was lost.

    While the device is gone, an empty block comes twice a second, whose ``lost`` counts the time
    as lost audio. The first of them has the status ``lost``, the first block of sound after them
    ``back``. A minute of nothing but zeros has the status ``silent``, and the first sound after it
    ``back`` too.

    Args:
        device: as in :class:`Microphone`.
        wait: whether to wait for a device that is missing at the start.
        channel: as in :class:`Microphone`.

    Raises:
        EdgeSerError: the device cannot be opened at the start, without ``wait``.
    """

    def __init__(
        self, device: str | int | None = None, wait: bool = False, channel: int | None = None
    ) -> None:
        super().__init__()
        self._microphone = Microphone(device, channel)
        self._waits = wait
        self._entered = False
        self._reopening: Future[None] | None = None

    def __repr__(self) -> str:
        return f"SteadyMicrophone({self.name!r})"

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
        self._entered = True
        return self

    def close(self) -> None:
        """Stop listening, or waiting for the device, from any thread."""
        super().close()
        self._microphone.close()

    def __exit__(self, *exc: object) -> None:
        self._entered = False
        self._microphone.close()
        if self._reopening is not None and not self._reopening.done():
            skip_portaudio_cleanup()

    def _open(self) -> None:
        self._microphone.open()
        self._waits = True

    def __iter__(self) -> Iterator[Block]:
        entered = self._entered
        try:
            yield from _with_silence(self._blocks(), self)
        finally:
            if not entered:
                self.__exit__()

    def _blocks(self) -> Iterator[Block]:
        closed = self._closed
        newest = time.monotonic()  # up to when audio has arrived or been counted as lost
        pauses: Iterator[float] | None = None  # not None while the device is gone
        status: Status | None
        while not closed.is_set():
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
            for _ in self._reopened(pauses):
                now = time.monotonic()
                yield Block(np.zeros(0, np.int16), now, _samples(now - newest), status)
                newest, status = now, None
                if closed.is_set():
                    return

    def _reopened(self, pauses: Iterator[float]) -> Iterator[None]:
        """Yield every ``_TICK`` until the microphone is open; it may not deliver audio yet."""
        while self._reopening is None or self._reopening.exception() is not None:
            for _ in range(round(next(pauses) / _TICK)):
                yield
                time.sleep(_TICK)
            self._reopening = self._microphone.reopen()
            while not self._reopening.done():
                futures.wait([self._reopening], _TICK)
                yield
            _log.debug("opened again: %s", self._reopening.exception() or "yes")
        self._reopening = None


def _with_silence(blocks: Iterator[Block], microphone: SteadyMicrophone) -> Iterator[Block]:
    """Add the status of a microphone that delivers nothing but zeros, as a muted one does."""
    zeros, told = 0, False
    for block in blocks:
        status = None
        if block.status or block.samples.any():
            if told and not block.status:
                status = Status("back", f"the microphone {microphone.name} is heard again")
            zeros, told = 0, False
        else:
            zeros += len(block.samples)
            if zeros >= SILENCE * SAMPLING_RATE and not told:
                status, told = Status("silent", _SILENT.format(microphone.name)), True
        yield replace(block, status=status) if status else block


def _pauses() -> Iterator[float]:
    pause = 1.0
    while True:
        yield pause
        pause = min(2 * pause, LONGEST_PAUSE)


def _samples(seconds: float) -> int:
    return round(seconds * SAMPLING_RATE)
