"""The recogniser: the pipeline from a source of audio to emotions."""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from edge_ser.audio import SAMPLING_RATE, AudioSignal, Block, Source
from edge_ser.backends import open_backend, open_encoder
from edge_ser.bundle import Bundle, load_bundle
from edge_ser.errors import EdgeSerError
from edge_ser.events import Classification, EmotionEvent, Event, StatusEvent, Utterance
from edge_ser.features.smile import installed_version
from edge_ser.graph import build
from edge_ser.speech.gate import SpeechGate
from edge_ser.speech.segmenter import SpeechSegmenter
from edge_ser.speech.whisper_segmenter import WhisperSegmenter
from edge_ser.voice import VoiceStatistics, weight
from edge_ser.windows import window_slices

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

    from edge_ser.speech.segment import Segmenter, SpeechSegment

_log = logging.getLogger(__name__)

_SMOOTHED = 3
"""Number of windows whose probabilities a ``window`` event averages."""


class Recognizer:
    """Speech emotion recogniser with a loaded model.

    Several threads may use one recogniser at the same time, each with its own source and voice.
    A source, a stream of events and the statistics of a voice belong to one thread at a time.

    Args:
        bundle: the model.
        backend: ``numpy``, ``onnx`` or ``tflite``; by default the first of these for which the
            model has weights.

    Raises:
        EdgeSerError: the backend is unknown, not installed, or cannot use the weights.
    """

    def __init__(self, bundle: Bundle, backend: str | None = None) -> None:
        self.bundle = bundle
        self.backend = backend or bundle.backends[0]
        self._model = open_backend(bundle, self.backend)
        self._features = bundle.features
        self.encoder = open_encoder(bundle, self.backend)
        """What makes the nodes of an utterance; None where openSMILE does."""
        self._normalisation = bundle.normalisation
        self._windows = bundle.windows
        self._graph, self._gamma = bundle.graph, bundle.gamma
        made_with, here = bundle.card["features"].get("opensmile"), installed_version()
        if made_with and here != made_with:
            _log.warning(
                "%s was made with openSMILE %s, %s is installed: its answers may differ; "
                "pip install --no-deps opensmile==%s",
                *(bundle.name, made_with, here or "none", made_with),
            )
        _log.info("%s from %s, %s backend", bundle.name, bundle.path, self.backend)

    def __repr__(self) -> str:
        return f"Recognizer({self.bundle!r}, backend={self.backend})"

    def unknown_voice(self) -> VoiceStatistics:
        """Return the statistics of a voice of which nothing has been heard."""
        return VoiceStatistics(self.bundle.prior or 0.0)

    def segmenter(self, hop: float | None = None) -> Segmenter:
        """Open what finds the utterances of a stream and computes their nodes.

        Args:
            hop: seconds between two segments of an unfinished utterance; None: only whole ones.
        """
        if self.encoder is not None:
            return WhisperSegmenter(self._features, self.encoder, hop)
        return SpeechSegmenter(self._features, hop, SpeechGate())

    def logits(
        self, values: NDArray[np.float32], voice: VoiceStatistics | None = None
    ) -> NDArray[np.float32]:
        """Compute the logits (C,) of an utterance's raw vectors (n, d): its windows' mean.

        Args:
            values: the utterance.
            voice: statistics of the speaker; None if nothing is known.
        """
        x = self._normalisation.transform(values)
        if voice:
            x = voice.transform(x, self._normalisation.limit)
        windows = [x[rows] for rows in window_slices(len(x), self._features, *self._windows)]
        scores = [self._model(nodes, self._adjacency(nodes)) for nodes in windows]
        return np.mean(scores, axis=0, dtype=np.float32)

    def _adjacency(self, nodes: NDArray[np.float32]) -> NDArray[np.float32] | None:
        return None if self._graph is None else build(self._graph, nodes, self._gamma)

    def probabilities(
        self, values: NDArray[np.float32], voice: VoiceStatistics | None = None
    ) -> NDArray[np.float64]:
        """Compute the probabilities (C,) of an utterance, see :meth:`logits`.

        Raises:
            EdgeSerError: the logits are not finite.
        """
        return self.softmax(self.logits(values, voice))

    def softmax(self, logits: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the probabilities (C,) of logits (C,), by the model's temperature.

        Raises:
            EdgeSerError: the logits are not finite.
        """
        scores = logits.astype(np.float64) / self.bundle.temperature
        if not np.isfinite(scores).all():
            raise EdgeSerError("the model's answer is not a number")
        exponent = np.exp(scores - scores.max())
        return exponent / exponent.sum()

    def hear(self, voice: VoiceStatistics, values: NDArray[np.float32], neutral: float) -> None:
        """Add a finished utterance to the statistics, unless the model was trained without.

        Args:
            voice: statistics of the speaker.
            values: the utterance, (n, d) raw vectors.
            neutral: the probability that it is neutral; 0 for a model without this label.
        """
        if self.bundle.prior is not None:
            voice.hear(self._normalisation.transform(values), weight(neutral))

    def stream(
        self,
        source: Source,
        hop: float = 0.5,
        threshold: float | None = None,
        *,
        voice: VoiceStatistics | None = None,
        adapt: bool = True,
    ) -> Generator[Event, None, None]:
        """Yield events as they happen, until the source ends.

        Args:
            source: a microphone, file or signal of :mod:`edge_ser.audio`.
            hop: seconds between two ``window`` events while someone speaks.
            threshold: confidence below which ``emotion`` is None; by default the model's.
            voice: statistics of the speaker to start from, which are updated; by default those of
                an unknown voice.
            adapt: whether every utterance is added to ``voice``.

        Raises:
            EdgeSerError: at once if ``hop`` or ``threshold`` is out of range; later if the source
                fails.
        """
        if not 0 < hop < math.inf:
            raise EdgeSerError(f"a hop of {hop} s is impossible; give a number above 0")
        _check_threshold(threshold)
        return self._events(source, hop, threshold, voice, adapt)

    def classify(
        self,
        signal: ArrayLike,
        sampling_rate: int,
        threshold: float | None = None,
        *,
        voice: VoiceStatistics | None = None,
        adapt: bool = True,
    ) -> Classification:
        """Classify a whole signal.

        Args:
            signal: (n,) or (n, channels), float in [-1, 1] or int16.
            sampling_rate: Hz, 8000 to 192000.
            threshold: as for :meth:`stream`.
            voice: as for :meth:`stream`.
            adapt: as for :meth:`stream`.

        Raises:
            EdgeSerError: the signal is empty or not finite, or its rate is out of range.
        """
        source = AudioSignal(np.asarray(signal), sampling_rate)
        return self.classify_source(source, threshold, voice=voice, adapt=adapt)

    def classify_source(
        self,
        source: Source,
        threshold: float | None = None,
        *,
        voice: VoiceStatistics | None = None,
        adapt: bool = True,
    ) -> Classification:
        """Classify a finite source as :meth:`classify` does a signal.

        Raises:
            EdgeSerError: the source fails, or speech in it cannot be scored.
        """
        _check_threshold(threshold)
        utterances = []
        for e in self._events(source, None, threshold, voice, adapt):
            if isinstance(e, StatusEvent):
                raise EdgeSerError(e.message)
            utterances.append(
                Utterance(
                    start=e.start,
                    end=e.end,
                    emotion=e.emotion,
                    confidence=e.confidence,
                    probabilities=e.probabilities,
                )
            )
        if not utterances:
            return Classification()
        weights = np.array([u.end - u.start for u in utterances])
        scores = np.array([list(u.probabilities.values()) for u in utterances])
        mean = weights @ scores / weights.sum()
        emotion, confidence, probabilities = self._decide(mean, threshold)
        return Classification(
            emotion=emotion,
            confidence=confidence,
            probabilities=probabilities,
            utterances=tuple(utterances),
        )

    def enrol(
        self, source: Source, voice: VoiceStatistics
    ) -> Generator[tuple[Block, list[SpeechSegment]], None, None]:
        """Add the utterances of a source to the statistics of a voice, as ordinary speech.

        Args:
            source: a microphone, file or signal in which only this voice speaks.
            voice: the statistics.

        Yields:
            Each block, with the utterances that it completed; after the end of the source an empty
            block with the last ones.

        Raises:
            EdgeSerError: the source fails.
        """

        def heard(found: list[SpeechSegment]) -> list[SpeechSegment]:
            for segment in found:
                self.hear(voice, segment.values, 1.0)
            return found

        with source, self.segmenter() as segmenter:
            for block in source:
                yield block, heard(segmenter.push(block.samples))
            yield Block(np.empty(0, np.int16), time.monotonic()), heard(segmenter.finish())

    def _decide(
        self, probabilities: NDArray[np.float64], threshold: float | None
    ) -> tuple[str | None, float, dict[str, float]]:
        labels = self.bundle.labels
        least = self.bundle.threshold if threshold is None else threshold
        best = int(np.argmax(probabilities))
        confidence = float(probabilities[best])
        emotion = labels[best] if confidence >= least else None
        return emotion, confidence, dict(zip(labels, probabilities.tolist(), strict=True))

    def _events(
        self,
        source: Source,
        hop: float | None,
        threshold: float | None,
        voice: VoiceStatistics | None,
        adapt: bool,
    ) -> Generator[Event, None, None]:
        seconds, dropped = 0.0, 0
        voice = voice or self.unknown_voice()
        arrivals: deque[tuple[float, float]] = deque()  # (end of a block, its arrival)
        recent: deque[NDArray[np.float64]] = deque(maxlen=_SMOOTHED)

        def event(segment: SpeechSegment) -> Event:
            while len(arrivals) > 1 and arrivals[0][0] < segment.newest - 1e-6:
                arrivals.popleft()
            try:
                scores = self.probabilities(segment.values, voice)
            except Exception as error:  # noqa: BLE001 - runtimes raise many types
                _log.debug("where it happened", exc_info=error)
                text = f"speech from {segment.start:.2f} to {segment.end:.2f} s cannot be scored"
                return StatusEvent(
                    status="error", at=seconds, message=f"{text} ({error})", dropped=dropped
                )
            known = voice.count * self._features.step
            if segment.final:
                recent.clear()
                if adapt:
                    named = dict(zip(self.bundle.labels, scores.tolist(), strict=True))
                    self.hear(voice, segment.values, named.get("neutral", 0.0))
            else:
                recent.append(scores)
                scores = np.mean(recent, axis=0)
            emotion, confidence, probabilities = self._decide(scores, threshold)
            return EmotionEvent(
                type="utterance" if segment.final else "window",
                start=round(segment.start, 3),
                end=round(segment.end, 3),
                emotion=emotion,
                confidence=confidence,
                probabilities=probabilities,
                heard=round(known, 3),
                latency_ms=round((time.monotonic() - arrivals[0][1]) * 1000, 1),
                dropped=dropped,
                model=self.bundle.name,
                backend=self.backend,
            )

        with source, self.segmenter(hop) as segmenter:
            for block in source:
                if block.lost:
                    # speech before and after the gap is not one utterance
                    yield from map(event, segmenter.finish())
                    dropped += block.lost
                    seconds += block.lost / SAMPLING_RATE
                    segmenter.restart(seconds)
                if block.status:
                    yield StatusEvent(
                        status=block.status.state,
                        at=round(seconds, 3),
                        message=block.status.message,
                        dropped=dropped,
                    )
                seconds += len(block.samples) / SAMPLING_RATE
                arrivals.append((seconds, block.arrival))
                yield from map(event, segmenter.push(block.samples))
                while len(arrivals) > 1 and arrivals[0][0] < seconds - _HISTORY:
                    arrivals.popleft()
            yield from map(event, segmenter.finish())


_HISTORY = 5.0
"""Seconds of arrival times that are kept: more than any feature set lags behind its samples."""


def _check_threshold(threshold: float | None) -> None:
    if threshold is not None and not 0 <= threshold <= 1:
        raise EdgeSerError(f"a threshold of {threshold} is impossible; give one from 0 to 1")


def load(model: str | Path = "cogcn", backend: str | None = None) -> Recognizer:
    """Load a model.

    Args:
        model: the name of a bundled model, or a bundle folder.
        backend: as in :class:`Recognizer`.

    Raises:
        EdgeSerError: there is no such model or backend, or the bundle is damaged.

    Example:
        >>> import edge_ser
        >>> recognizer = edge_ser.load("cogcn")
        >>> recognizer.classify(np.zeros(16_000), 16_000).utterances
        ()
    """
    return Recognizer(load_bundle(model), backend)
