"""Groups of features that people have words for, by openSMILE's names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True)
class Group:
    """A group of features.

    Args:
        name: what people call it.
        meaning: what is measured.
        pattern: matches the beginning of the names of its features.
    """

    name: str
    meaning: str
    pattern: str


# The first that matches takes a feature. The minimal sets of Eyben et al. (2016), Section 3, in
# words for people who are no phoneticians; harmonics' differences count as voice quality.
GROUPS = (
    Group(
        "tempo",
        "peaks of loudness and voiced stretches a second, and how long these and the pauses are",
        r"loudnessPeaks|VoicedSegments|(Mean|Stddev)(Unv|V)oicedSegment",
    ),
    Group(
        "loudness",
        "how loud it is, and how that rises, falls and varies",
        r"loudness|equivalentSoundLevel|pcm_(intensity|loudness)|.*energy",
    ),
    Group("pitch", "how high the voice is, and how that rises, falls and varies", r"F0"),
    Group(
        "voice quality",
        "hoarse, breathy or clear: jitter, shimmer, harmonics against noise, the first harmonics",
        r"jitter|shimmer|HNR|logRelF0|.*voic",
    ),
    Group(
        "formants",
        "the resonances of the mouth: where they lie, how wide and how strong they are",
        r"F[123](frequency|bandwidth|amplitude)|lsp",
    ),
    Group(
        "spectrum",
        "bright or dark: the balance of high and low frequencies, and the timbre (MFCC)",
        r"mfcc|alphaRatio|hammarberg|slope|spectralFlux|.*mel|pcm_zcr|.*cross",
    ),
)
OTHER = Group("other", "what openSMILE gives besides", r"")


def groups(names: Sequence[str]) -> dict[str, NDArray[np.bool_]]:
    """Return the name of each group that occurs to the features (d,) that belong to it.

    >>> {name: own.tolist() for name, own in groups(["F0_mean", "jitterLocal", "F0_std"]).items()}
    {'pitch': [True, False, True], 'voice quality': [False, True, False]}
    """
    own = [group_of(name).name for name in names]
    order = [group.name for group in (*GROUPS, OTHER) if group.name in own]
    return {name: np.array([group == name for group in own]) for name in order}


def group_of(name: str) -> Group:
    """Return the group of a feature, by openSMILE's name of it."""
    return next((g for g in GROUPS if re.match(g.pattern, name, re.IGNORECASE)), OTHER)
