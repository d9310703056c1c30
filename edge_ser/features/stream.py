"""Streaming feature extraction, bit-identical to batch extraction."""

from __future__ import annotations

import atexit
import math
import threading
import time
import weakref
from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from edge_ser.errors import EdgeSerError
from edge_ser.features.configuration import stream_configuration
from edge_ser.features.smile import Smile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge_ser.features.sets import FeatureSet

_CHUNK = 8_000
"""Samples written at once; openSMILE would always refuse a chunk larger than its ring buffer."""
_FULL_SCALE = 32767  # by which openSMILE divides int16
_SOURCE, _LLD_SINK, _VECTOR_SINK = "source", "lldsink", "vectorsink"
LLD_COUNT = 25


_running: weakref.WeakSet[FeatureStream] = weakref.WeakSet()


@atexit.register
def _stop_running() -> None:
    """End the streams that are unfinished when the program ends.

    A thread that is in openSMILE then and calls back into Python would abort the process.
    """
    for stream in list(_running):
        stream._stop(within=2.0)


class FeatureStream:
    """Features of a 16 kHz signal that arrives in chunks of any size.

    :meth:`read` returns two sequences: eGeMAPSv02's 25 low-level descriptors every 10 ms, which
    the VAD needs, and the vectors of ``features`` at their own step; for ``egemaps-lld`` the two
    are the same. Vectors arrive 30 to 150 ms after their samples, the last few only after
    :meth:`finish`. An instance is one stream; several may run at once.

    Args:
        features: the vectors to compute.

    Raises:
        EdgeSerError: openSMILE is missing or fails.

    Example:
        >>> from edge_ser.features import FeatureStream, feature_set
        >>> with FeatureStream(feature_set("egemaps-lld")) as stream:
        ...     stream.write(np.zeros(16_000, np.int16))
        ...     stream.finish()
        ...     stream.read()[1].shape
        (96, 25)
    """

    def __init__(self, features: FeatureSet) -> None:
        self.features = features
        with stream_configuration(features) as (main, options):
            self._smile = Smile(main, options)
        self._sinks = [_LLD_SINK]
        if features.set != "egemaps-lld":
            self._sinks.append(_VECTOR_SINK)
        names = self._smile.element_names(self._sinks[-1])
        self._width = len(names)
        self._columns = [i for i, name in enumerate(names) if features.keeps(name)]
        kept = [names[i] for i in self._columns]
        relative = {i: mean for i, name in enumerate(kept) if (mean := features.mean_of(name))}
        self._relative = list(relative)
        self._means = [kept.index(mean) for mean in relative.values()]
        self.names = tuple(
            name.removesuffix("Norm") if i in relative else name for i, name in enumerate(kept)
        )
        if len(self.names) != features.dimension:
            self._smile.free()
            raise EdgeSerError(
                f"this openSMILE gives {len(self.names)} features for {features.spec} instead of "
                f"{features.dimension}; install opensmile 2.6"
            )
        self._start()

    def _start(self) -> None:
        self._frames: dict[str, deque[bytes]] = {sink: deque() for sink in self._sinks}
        for sink, frames in self._frames.items():
            self._smile.on_frames(sink, frames.append)
        self._error: BaseException | None = None
        self._finished = False
        self._thread = threading.Thread(target=self._run, name="openSMILE", daemon=True)
        self._thread.start()
        _running.add(self)

    def _run(self) -> None:
        try:
            self._smile.run()
        except BaseException as error:  # noqa: BLE001 - raised again in the writing thread
            self._error = error

    def write(self, samples: NDArray[np.int16] | NDArray[np.float32]) -> None:
        """Write samples, waiting while openSMILE has no room for them.

        Args:
            samples: (n,) at 16 kHz; int16, or float32 in units of full scale, which may exceed 1;
                n may be 0.

        Raises:
            EdgeSerError: the type or shape is wrong, the input is finished, or openSMILE failed.
        """
        if samples.dtype not in (np.int16, np.float32) or samples.ndim != 1:
            raise EdgeSerError(
                "features need one channel of int16 or float32 samples at 16 kHz, not "
                f"{samples.dtype} of shape {samples.shape}"
            )
        if samples.dtype == np.int16:
            samples = (samples / np.float32(_FULL_SCALE)).astype(np.float32, copy=False)
        if self._finished:
            raise EdgeSerError("the input is finished; call reset() to start another")
        for begin in range(0, len(samples), _CHUNK):
            data = samples[begin : begin + _CHUNK].tobytes()
            while not self._smile.write(_SOURCE, data):
                self._check_running()
                time.sleep(0.001)
        self._check_running()

    def _check_running(self) -> None:
        if self._error is not None:
            raise self._error
        if not self._thread.is_alive():
            raise EdgeSerError("openSMILE ended before the end of the input")

    def finish(self) -> None:
        """End the input and wait until every vector has been delivered."""
        if self._finished:
            return
        self._finished = True
        while self._thread.is_alive():
            # openSMILE forgets a signal that comes just before it begins to wait for one
            self._smile.end_of_input(_SOURCE)
            self._thread.join(timeout=1.0)
        if self._error is not None:
            raise self._error

    def read(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return what arrived since the last call: (n, 25) LLDs and (m, dimension) vectors."""
        lld = self._take(_LLD_SINK, LLD_COUNT)
        if _VECTOR_SINK not in self._sinks:
            return lld, lld
        vectors = self._take(_VECTOR_SINK, self._width)[:, self._columns]
        if self._relative:
            vectors[:, self._relative] *= vectors[:, self._means]
        return lld, vectors

    def _take(self, sink: str, width: int) -> NDArray[np.float32]:
        frames = self._frames[sink]
        data = b"".join([frames.popleft() for _ in range(len(frames))])
        return np.frombuffer(data, np.float32).reshape(-1, width)

    def reset(self) -> None:
        """Discard everything and start another stream (2 ms, faster than a new instance)."""
        self._stop()
        self._smile.reset()
        self._start()

    def _stop(self, within: float = math.inf) -> None:
        deadline = time.monotonic() + within
        while self._thread.is_alive() and time.monotonic() < deadline:
            self._smile.abort()
            self._thread.join(timeout=0.01)
        _running.discard(self)

    def close(self) -> None:
        """End the stream and release openSMILE."""
        self._stop()
        self._smile.free()

    def __enter__(self) -> FeatureStream:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
