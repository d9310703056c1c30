"""The recogniser: the pipeline from a source of audio to emotions."""

from __future__ import annotations

import logging
import os
from contextlib import aclosing
from typing import TYPE_CHECKING

import numpy as np

from edge_ser.audio import SAMPLING_RATE, AudioFile, AudioSignal, Source
from edge_ser.backends import open_backend, open_encoder
from edge_ser.bundle import Bundle, load_bundle
from edge_ser.errors import EdgeSerError
from edge_ser.events import Classification, StatusEvent, Utterance
from edge_ser.features.smile import installed_version
from edge_ser.graph import build
from edge_ser.session import Session, check
from edge_ser.speech.gate import SpeechGate
from edge_ser.speech.segmenter import SpeechSegmenter
from edge_ser.speech.whisper_segmenter import WhisperSegmenter
from edge_ser.voice import NEUTRAL, VoiceStatistics, enrolment_offset, weight
from edge_ser.windows import window_slices

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Iterable, Sequence
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

    from edge_ser.audio.block import ClosableSource
    from edge_ser.events import Event
    from edge_ser.session import Observer
    from edge_ser.speech.segment import Segmenter

_log = logging.getLogger(__name__)


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
        x = self.inputs(values, voice)
        return self.mean([self.score(x[rows]) for rows in self.windows(len(x))], voice)

    def mean(
        self, scores: Sequence[NDArray[np.float32]], voice: VoiceStatistics | None = None
    ) -> NDArray[np.float32]:
        """Compute the logits (C,) of an utterance from those of its windows, see :meth:`logits`."""
        logits: NDArray[np.float32] = np.mean(scores, axis=0, dtype=np.float32)
        return logits if voice is None or voice.offset is None else logits + voice.offset

    def inputs(
        self, values: NDArray[np.float32], voice: VoiceStatistics | None = None
    ) -> NDArray[np.float32]:
        """Normalise the raw vectors (n, d) of an utterance, see :meth:`logits`."""
        x = self._normalisation.transform(values)
        return voice.transform(x, self._normalisation.limit) if voice else x

    def windows(self, count: int) -> list[slice]:
        """Return the windows of an utterance of ``count`` nodes."""
        return window_slices(count, self._features, *self._windows)

    def score(self, nodes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Compute the logits (C,) of the normalised nodes (n, d) of one window."""
        return self._model(nodes, self._adjacency(nodes))

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

    def neutral(self, probabilities: NDArray[np.float64]) -> float:
        """Return P(neutral) of (C,) probabilities; 0 for a model without this label."""
        labels = self.bundle.labels
        return float(probabilities[labels.index(NEUTRAL)]) if NEUTRAL in labels else 0.0

    def hear(self, voice: VoiceStatistics, values: NDArray[np.float32], neutral: float) -> None:
        """Add a finished utterance to the statistics, unless the model was trained without.

        Args:
            voice: statistics of the speaker.
            values: the utterance, (n, d) raw vectors.
            neutral: the probability that it is neutral, see :meth:`neutral`.
        """
        if self.bundle.prior is not None:
            voice.hear(self._normalisation.transform(values), weight(neutral))

    def enrol(self, voice: VoiceStatistics, utterances: Sequence[NDArray[np.float32]]) -> None:
        """Learn a voice from ordinary speech: its statistics, and the offset if the model has one.

        Args:
            voice: statistics of the speaker.
            utterances: (n, d) raw vectors of each.
        """
        for values in utterances:
            self.hear(voice, values, 1.0)
        labels, share = self.bundle.labels, self.bundle.offset
        if utterances and share and NEUTRAL in labels:
            voice.offset = None
            logits = np.mean([self.logits(values, voice) for values in utterances], axis=0)
            voice.offset = enrolment_offset(logits, labels.index(NEUTRAL), share)

    def session(
        self,
        rate: float = SAMPLING_RATE,
        hop: float | None = 0.5,
        threshold: float | None = None,
        *,
        voice: VoiceStatistics | None = None,
        adapt: bool = True,
        observer: Observer | None = None,
    ) -> Session:
        """Begin a stream whose samples you push; see :class:`edge_ser.Session`."""
        return Session(self, rate, hop, threshold, voice=voice, adapt=adapt, observer=observer)

    def stream(
        self,
        source: Source | str | os.PathLike[str],
        hop: float | None = 0.5,
        threshold: float | None = None,
        *,
        voice: VoiceStatistics | None = None,
        adapt: bool = True,
        observer: Observer | None = None,
    ) -> Generator[Event, None, None]:
        """Yield events as they happen, until the source ends or another thread closes it.

        Args:
            source: a microphone, file or signal of :mod:`edge_ser.audio`, or the path of a file.
            hop: as in :class:`edge_ser.Session`.
            threshold: as in :class:`edge_ser.Session`.
            voice: as in :class:`edge_ser.Session`.
            adapt: as in :class:`edge_ser.Session`.
            observer: as in :class:`edge_ser.Session`.

        Raises:
            EdgeSerError: at once if ``hop`` or ``threshold`` is out of range; later if the source
                fails.
        """
        check(hop, threshold)
        if isinstance(source, str | os.PathLike):
            source = AudioFile(source)
        return self._events(source, hop, threshold, voice, adapt, observer)

    def _events(
        self,
        source: Source,
        hop: float | None,
        threshold: float | None,
        voice: VoiceStatistics | None,
        adapt: bool,
        observer: Observer | None,
    ) -> Generator[Event, None, None]:
        with (
            source,
            self.session(
                hop=hop, threshold=threshold, voice=voice, adapt=adapt, observer=observer
            ) as session,
        ):
            for block in source:
                yield from session.hear(block)
            yield from session.finish()

    async def astream(
        self,
        source: ClosableSource | str | os.PathLike[str],
        hop: float | None = 0.5,
        threshold: float | None = None,
        *,
        voice: VoiceStatistics | None = None,
        adapt: bool = True,
    ) -> AsyncGenerator[Event, None]:
        """Yield what :meth:`stream` yields, computed in other threads.

        The source is closed when the task is cancelled, or leaves the loop and calls ``aclose()``.
        """
        from edge_ser.asynchronous import in_threads

        if isinstance(source, str | os.PathLike):
            source = AudioFile(source)
        events = self.stream(source, hop, threshold, voice=voice, adapt=adapt)
        async with aclosing(in_threads(events, source.close)) as waited_for:
            async for event in waited_for:
                yield event

    def classify(
        self,
        signal: ArrayLike | str | os.PathLike[str],
        sampling_rate: float | None = None,
        threshold: float | None = None,
        *,
        voice: VoiceStatistics | None = None,
        adapt: bool = True,
    ) -> Classification:
        """Classify a whole signal or file.

        Args:
            signal: (n,) or (n, channels), float in [-1, 1], or PCM of 8, 16 or 32 bits, as
                ``scipy.io.wavfile`` and soundfile read it; or the path of a file.
            sampling_rate: of an array; Hz, 8000 to 192000.
            threshold: as for :meth:`stream`.
            voice: as for :meth:`stream`.
            adapt: as for :meth:`stream`.

        Raises:
            EdgeSerError: the signal is empty or not finite, its rate is missing or out of range, or
                the file cannot be read.
        """
        source: Source
        if isinstance(signal, str | os.PathLike):
            source = AudioFile(signal)
        elif sampling_rate is None:
            raise EdgeSerError("an array needs its sampling rate: classify(signal, sampling_rate)")
        else:
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
        return self.overall(
            self.stream(source, None, threshold, voice=voice, adapt=adapt), threshold
        )

    def overall(self, events: Iterable[Event], threshold: float | None = None) -> Classification:
        """Return the classification of a signal, given its ``utterance`` events.

        Args:
            events: of the whole signal, in order; ``window`` events do not count.
            threshold: as for :meth:`stream`.

        Raises:
            EdgeSerError: speech in it could not be scored.
        """
        utterances = []
        for e in events:
            if isinstance(e, StatusEvent):
                raise EdgeSerError(e.message)
            if e.type == "utterance":
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
        emotion, confidence, probabilities = self.decide(mean, threshold)
        return Classification(
            emotion=emotion,
            confidence=confidence,
            probabilities=probabilities,
            utterances=tuple(utterances),
        )

    def decide(
        self, probabilities: NDArray[np.float64], threshold: float | None
    ) -> tuple[str | None, float, dict[str, float]]:
        """Return the emotion, or None, its probability, and those of all labels.

        Args:
            probabilities: (C,).
            threshold: as for :meth:`stream`.
        """
        labels = self.bundle.labels
        least = self.bundle.threshold if threshold is None else threshold
        best = int(np.argmax(probabilities))
        confidence = float(probabilities[best])
        emotion = labels[best] if confidence >= least else None
        return emotion, confidence, dict(zip(labels, probabilities.tolist(), strict=True))


def load(model: str | Path = "cogcn", backend: str | None = None) -> Recognizer:
    """Load a model.

    Args:
        model: the name of a bundled model, or a bundle folder.
        backend: as in :class:`Recognizer`.

    Raises:
        EdgeSerError: there is no such model or backend, or the bundle is damaged.

    Example:
        >>> import edge_ser
        >>> import numpy as np
        >>> recognizer = edge_ser.load("cogcn")
        >>> recognizer.classify(np.zeros(16_000), 16_000).utterances
        ()
    """
    return Recognizer(load_bundle(model), backend)
