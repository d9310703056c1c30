"""The named feature sets: what a node of the graph is made of."""

from __future__ import annotations

import re
from dataclasses import dataclass

from edge_ser.errors import EdgeSerError

_SPEC = re.compile(r"([a-z][a-z0-9-]*)(?:@(\d+)/(\d+))?")
VERSION = "eGeMAPSv02"
LLD_STEP = 0.01
LLD_FRAME = 0.06
"""Seconds. F0 and voice quality look at 60 ms, the spectral LLDs at the first 20 ms of them."""
LOUDNESS, F0 = 0, 10
"""Columns of the eGeMAPS LLDs."""


@dataclass(frozen=True)
class FeatureSet:
    """Which openSMILE features, over frames of which length, how often.

    Args:
        set: name of the set, as :func:`feature_set` lists them.
        frame: seconds that one vector looks at; where its values differ in that, the longest.
        step: seconds between two vectors.
        dimension: values in a vector.
        version: openSMILE's name of the set; a number where the configuration is this project's.
    """

    set: str
    frame: float
    step: float
    dimension: int
    version: str = VERSION

    @property
    def spec(self) -> str:
        """The name that :func:`feature_set` takes."""
        if _SETS[self.set].longest is None:
            return self.set
        return f"{self.set}@{round(self.frame * 1000)}/{round(self.step * 1000)}"

    @property
    def functionals(self) -> bool:
        """Whether a vector is functionals over a frame of several LLDs."""
        return self.set == "egemaps-88"

    def count(self, seconds: float) -> int:
        """Vectors in so many ``seconds``; at least one."""
        return max(round(seconds / self.step), 1)

    def centre(self, index: int) -> float:
        """Seconds from the start of the stream to the middle of vector ``index``."""
        return index * self.step + self.frame / 2


@dataclass(frozen=True)
class _Set:
    """What is known of a set: its usual frame and step, and the longest frame it can have.

    All in milliseconds; ``longest`` is None where frame and step are part of the set.
    """

    dimension: int
    frame: int
    step: int
    version: str
    longest: int | None = None


_SETS = {
    "egemaps-lld": _Set(25, round(LLD_FRAME * 1000), round(LLD_STEP * 1000), VERSION),
    "egemaps-88": _Set(88, 25, 10, VERSION, longest=8000),
    "emobase-lld": _Set(78, 40, 10, "emobase"),
    "rlc-lld": _Set(17, 60, 5, "1"),
    # a longer spectrum says little of speech, and over 6 s it would not fit the source's buffer
    "mfcc-40": _Set(40, 25, 10, "1", longest=1000),
    "log-mel-128": _Set(128, 25, 10, "1", longest=1000),
}


def feature_set(spec: str) -> FeatureSet:
    """The feature set of a name, as in ``egemaps-88`` or ``egemaps-88@500/100``.

    ========================= ======================================================== ==========
    ``egemaps-lld``           25 low-level descriptors                                 60 / 10 ms
    ``egemaps-88@500/100``    88 functionals of them                                   25 / 10 ms
    ``emobase-lld``           emobase's 26 LLDs, Δ and ΔΔ: 78                          40 / 10 ms
    ``rlc-lld``               12 MFCC, log energy, voicing, HNR, log F0, crossings: 17 60 / 5 ms
    ``mfcc-40@64/32``         MFCC 0 to 39                                             25 / 10 ms
    ``log-mel-128@25/10``     logarithms of 128 mel bands                              25 / 10 ms
    ========================= ======================================================== ==========

    The last column is frame and step. Those written with ``@`` take any other, in whole
    milliseconds; with none in the name they are those of the last column. Of the others a name
    may give those of the last column and no other.

    ``egemaps-88``: at 25/10 ms the CoGCN paper's frames.

    ``emobase-lld``: what WMA-GIN and GA-GRU use. openSMILE's own configuration, smoothed over
    three frames as there; pitch looks at 40 ms, the rest at the first 25 ms of them. F0 and its
    envelope in Hz, F0 0 where unvoiced. openSMILE's intensity, and the loudness made of it, come
    from the first two samples of a frame alone: an error of its own, kept because the papers'
    features have it.

    ``rlc-lld``: Section 4.1 of the RLC paper, which names the values and "25 msec frame window
    length and 5 msec intervals", nothing more. Here: MFCC 1 to 12 of 26 mel bands with lifter 22,
    natural logarithm of the energy (sum of the squares of 16-bit samples, floor 1), probability
    of voicing by subharmonic summation, harmonics-to-noise ratio in dB by autocorrelation, F0 in
    semitones above 27.5 Hz, zero crossings a sample. HNR and log F0 are 0 where no pitch is found,
    as openSMILE gives them. 25 ms hold too little of a low voice: voicing, HNR and F0
    look at 60 ms from the same start. openSMILE counts every zero sample between two others as a
    crossing, so digital silence has a rate near 1.

    ``mfcc-40``: GLAM's input; the paper names neither their number nor the frames. 64 mel bands,
    no lifter (of length 22 it would grow and change sign along 40 coefficients), coefficient 0 too.

    ``log-mel-128``: WMA-GIN's second row. A frame is padded to twice its length with zeros,
    for the bins of 512 points lie 31 Hz apart and the lowest bands 14: one of them would be empty.

    The last two and the MFCC of RLC: Hamming window, no pre-emphasis, power spectrum at the scale
    of 16-bit samples, triangular mel bands from 0 to 8000 Hz, natural logarithm, floored at 0.

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
