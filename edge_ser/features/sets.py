"""The named feature sets: what a node of the graph is made of."""

from __future__ import annotations

import re
from dataclasses import dataclass

from edge_ser.errors import EdgeSerError

_SPEC = re.compile(r"egemaps-88(?:@(\d+)/(\d+))?")
VERSION = "eGeMAPSv02"
LLD_STEP = 0.01
LLD_WINDOW = 0.06
"""Seconds. F0 and voice quality look at 60 ms, the spectral LLDs at the first 20 ms of them."""


@dataclass(frozen=True)
class FeatureSet:
    """Which openSMILE features, over which window, how often.

    Args:
        set: ``egemaps-lld`` (25 low-level descriptors) or ``egemaps-88`` (88 functionals).
        window: seconds that one vector looks at.
        step: seconds between two vectors.
        dimension: values in a vector.
        version: openSMILE's name of the set.
    """

    set: str
    window: float
    step: float
    dimension: int
    version: str = VERSION

    @property
    def spec(self) -> str:
        """The name that :func:`feature_set` takes."""
        if self.set == "egemaps-lld":
            return self.set
        return f"{self.set}@{round(self.window * 1000)}/{round(self.step * 1000)}"

    @property
    def functionals(self) -> bool:
        """Whether a vector is functionals over a window of LLDs."""
        return self.set == "egemaps-88"

    def centre(self, index: int) -> float:
        """Seconds from the start of the stream to the middle of vector ``index``."""
        return index * self.step + self.window / 2


def feature_set(spec: str) -> FeatureSet:
    """The feature set of a name.

    ``egemaps-lld``: 25 low-level descriptors every 10 ms. ``egemaps-88``: the 88 functionals at
    25 ms / 10 ms (the CoGCN paper's frames). ``egemaps-88@500/100``: the same over any other
    window and step, in whole milliseconds.

    Raises:
        EdgeSerError: there is no such set, or its window or step is out of range.

    >>> feature_set("egemaps-88@500/100")
    FeatureSet(set='egemaps-88', window=0.5, step=0.1, dimension=88, version='eGeMAPSv02')
    """
    if spec == "egemaps-lld":
        return FeatureSet(spec, LLD_WINDOW, LLD_STEP, 25)
    match = _SPEC.fullmatch(spec)
    if match is None:
        raise EdgeSerError(
            f"no feature set {spec!r}; there are egemaps-lld, egemaps-88 and "
            "egemaps-88@WINDOW/STEP in milliseconds, as in egemaps-88@500/100"
        )
    window, step = int(match[1] or 25), int(match[2] or 10)
    if not (20 <= window <= 8000 and 10 <= step <= window):
        raise EdgeSerError(
            f"feature set {spec!r}: the window must be 20 to 8000 ms, the step 10 ms to a window"
        )
    return FeatureSet("egemaps-88", window / 1000, step / 1000, 88)
