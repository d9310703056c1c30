"""The named feature sets, from which nodes are computed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from edge_ser.errors import EdgeSerError

_SPEC = re.compile(r"([a-z][a-z0-9.-]*)(?:@(\d+)/(\d+))?")
VERSION = "eGeMAPSv02"
LLD_STEP = 0.01
LLD_FRAME = 0.06
"""Seconds: F0 and voice quality use 60 ms, the spectral LLDs the first 20 ms of them."""
LOUDNESS, F0 = 0, 10
"""Columns of the eGeMAPS LLDs."""


@dataclass(frozen=True)
class FeatureSet:
    """A set of openSMILE features with its frame and step.

    Args:
        set: name of the set, as listed in :func:`feature_set`.
        frame: seconds that one vector looks at; the longest if its values differ in that.
        step: seconds between two vectors.
        dimension: values in a vector.
        version: openSMILE's name of the set, or a number if the configuration is this project's.
    """

    set: str
    frame: float
    step: float
    dimension: int
    version: str = VERSION

    @property
    def spec(self) -> str:
        """Name for :func:`feature_set`."""
        if _SETS[self.set].longest is None:
            return self.set
        return f"{self.set}@{round(self.frame * 1000)}/{round(self.step * 1000)}"

    @property
    def functionals(self) -> bool:
        """Whether a vector holds functionals over a frame of several LLDs."""
        return self.set in ("egemaps-88", "egemaps-69")

    @property
    def neural(self) -> bool:
        """Whether the vectors are those of Whisper's encoder, and not openSMILE's."""
        return self.set.startswith("whisper-")

    def keeps(self, name: str) -> bool:
        """Return whether the value that openSMILE calls ``name`` is part of a vector."""
        return self.set != "egemaps-69" or not _changes_with_level(name)

    def mean_of(self, name: str) -> str | None:
        """Return the mean by which the value ``name`` is divided, if that may be zero, or None.

        Such a value is multiplied by it again: it is the standard deviation itself.
        """
        if self.set != "egemaps-69" or not name.endswith(_RELATIVE):
            return None
        return f"{name.removesuffix(_RELATIVE)}amean" if name.startswith(_OF_ANY_SIGN) else None

    def count(self, seconds: float) -> int:
        """Return the number of vectors in ``seconds``, at least one."""
        return max(round(seconds / self.step), 1)

    def centre(self, index: int) -> float:
        """Return the seconds from the start of the stream to the middle of vector ``index``."""
        return index * self.step + self.frame / 2


@dataclass(frozen=True)
class _Set:
    """Default frame, default step and longest frame of a set, in milliseconds.

    ``longest`` is None where frame and step are fixed.
    """

    dimension: int
    frame: int
    step: int
    version: str
    longest: int | None = None


_RELATIVE = "stddevNorm"
_OF_ANY_SIGN = (
    *("mfcc", "HNR", "logRelF0", "alphaRatio", "hammarberg"),
    *("F1amplitude", "F2amplitude", "F3amplitude"),
)

_SETS = {
    "egemaps-lld": _Set(25, round(LLD_FRAME * 1000), round(LLD_STEP * 1000), VERSION),
    "egemaps-88": _Set(88, 25, 10, VERSION, longest=8000),
    "egemaps-69": _Set(69, 25, 10, "2", longest=8000),
    "emobase-lld": _Set(78, 40, 10, "emobase"),
    "rlc-lld": _Set(17, 60, 5, "1"),
    # longer spectra are of little use for speech; over 6 s they would not fit the source's buffer
    "mfcc-40": _Set(40, 25, 10, "1", longest=1000),
    "log-mel-128": _Set(128, 25, 10, "1", longest=1000),
    "whisper-tiny.en-1": _Set(384, 100, 100, "4"),
    "whisper-tiny.en-2": _Set(384, 100, 100, "4"),
}


def _changes_with_level(name: str) -> bool:
    """Return whether a functional of eGeMAPS depends on the level of the signal."""
    relative = name.endswith(_RELATIVE) or name == "loudnessPeaksPerSec"
    return name.startswith(("slope", "equivalentSoundLevel")) or (
        name.startswith(("loudness", "spectralFlux")) and not relative
    )


def feature_set(spec: str) -> FeatureSet:
    """Return the feature set with a name such as ``egemaps-88`` or ``egemaps-88@500/100``.

    ========================= ======================================================== ==========
    ``egemaps-lld``           25 low-level descriptors                                 60 / 10 ms
    ``egemaps-88@500/100``    88 functionals of them                                   25 / 10 ms
    ``egemaps-69@500/100``    those 69 that the level of the signal does not change     25 / 10 ms
    ``emobase-lld``           emobase's 26 LLDs, Δ and ΔΔ: 78                          40 / 10 ms
    ``rlc-lld``               12 MFCC, log energy, voicing, HNR, log F0, crossings: 17 60 / 5 ms
    ``mfcc-40@64/32``         MFCC 0 to 39                                             25 / 10 ms
    ``log-mel-128@25/10``     logarithms of 128 mel bands                              25 / 10 ms
    ``whisper-tiny.en-2``     two layers of Whisper's encoder: 384                   100 / 100 ms
    ========================= ======================================================== ==========

    The last column gives frame and step. Sets written with ``@`` accept any frame and step in whole
    milliseconds; the last column is their default. For the other sets frame and step are fixed.

    ``egemaps-88``: at 25/10 ms it has the frames of the CoGCN paper.

    ``egemaps-69``: without what tells how near the microphone is, or how far it is turned up: the
    loudness and the spectral flux, of which only the variation relative to the mean is kept; the
    equivalent sound level; and the spectral slopes. A slope should not depend on the level, but
    openSMILE's falls by 0.0008 (0 to 500 Hz) and 0.0005 (500 to 1500 Hz) per decibel. Where a mean
    may be zero, the standard deviation is not divided by it: the ratio's
    outliers hide the rest from any scaling, and one millisecond of delay changes it beyond
    recognition.

    ``emobase-lld``: used by WMA-GIN and GA-GRU. openSMILE's own configuration, with its smoothing
    over three frames. Pitch is computed over 40 ms, the rest over the first 25 ms of them. F0 and
    its envelope are in Hz, F0 is 0 where unvoiced. openSMILE computes the intensity, and from it
    the loudness, from only the first two samples of a frame: a bug of openSMILE, kept because the
    papers' features have it.

    ``rlc-lld``: Section 4.1 of the RLC paper, which gives the names of the values and "25 msec
    frame window length and 5 msec intervals", but no more. Here: MFCC 1 to 12 of 26 mel bands with
    lifter 22, natural logarithm of the energy (sum of squares of 16-bit samples, floor 1),
    probability of voicing by subharmonic summation, harmonics-to-noise ratio in dB by
    autocorrelation, F0 in semitones above 27.5 Hz, zero crossings per sample. openSMILE sets HNR
    and log F0 to 0 where it finds no pitch. 25 ms are too short for a low voice, so voicing, HNR
    and F0 are computed over 60 ms from the same start. openSMILE counts every zero sample between
    two others as a crossing, so digital silence has a rate near 1.

    ``mfcc-40``: GLAM's input; the paper gives neither the number of coefficients nor the frames.
    64 mel bands, coefficient 0 included, no lifter (one of length 22 would grow and change sign
    over 40 coefficients).

    ``log-mel-128``: WMA-GIN's second row. Frames are zero-padded to twice their length: the bins of
    512 points are 31 Hz apart, the lowest bands 14 Hz, so one band would be empty.

    ``whisper-tiny.en-1``, ``whisper-tiny.en-2``: the first layers of Whisper's encoder, see
    :mod:`edge_ser.features.whisper`; its frames see the whole utterance, and five are averaged to a
    node. openSMILE is not needed.

    The MFCC of GLAM and RLC and the log-mel of WMA-GIN: Hamming window, no pre-emphasis, power
    spectrum on the scale of 16-bit samples, triangular mel bands from 0 to 8000 Hz, natural
    logarithm, floored at 0.

    Raises:
        EdgeSerError: there is no such set, or its frame or step is out of range.

    >>> feature_set("egemaps-88@500/100")
    FeatureSet(set='egemaps-88', frame=0.5, step=0.1, dimension=88, version='eGeMAPSv02')
    """
    match = _SPEC.fullmatch(spec)
    if match is None or match[1] not in _SETS:
        free = [name for name, known in _SETS.items() if known.longest]
        raise EdgeSerError(
            f"no feature set {spec!r}; there are {', '.join(_SETS)}; {', '.join(free)} also with "
            "@FRAME/STEP in milliseconds, as in egemaps-88@500/100"
        )
    known = _SETS[match[1]]
    frame, step = int(match[2] or known.frame), int(match[3] or known.step)
    if known.longest is None:
        if (frame, step) != (known.frame, known.step):
            raise EdgeSerError(
                f"feature set {spec!r}: {match[1]} has a frame of {known.frame} ms and a step of "
                f"{known.step} ms; leave them out"
            )
    elif not (20 <= frame <= known.longest and 10 <= step <= frame):
        raise EdgeSerError(
            f"feature set {spec!r}: the frame must be 20 to {known.longest} ms, the step 10 ms to "
            "a frame"
        )
    return FeatureSet(
        set=match[1],
        frame=frame / 1000,
        step=step / 1000,
        dimension=known.dimension,
        version=known.version,
    )
