"""One channel of several: what a recording's channels have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edge_ser.errors import EdgeSerError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_STEP = 0.1  # seconds for which the channels are weighted alike
_FADE = 0.01  # seconds
_FORGETS = 0.95  # share of what was known that remains after a step
_SILENT = 1e-4  # of the loudest channel's power
_ALIKE = 0.7  # correlation of the microphones of an array
_FAINT = 0.1  # of the loudest channel's power


class Downmix:
    """Mean of the channels, without those that would spoil it.

    Channels that are silent are left out; so is, of three or more, what most of them do not know
    (an array's loudspeaker). Where the mean would be far quieter than the loudest channel, since
    channels are of opposite polarity, the loudest is heard alone. It is decided every tenth of a
    second, by what the last seconds were like.

    Args:
        rate: Hz.
        channels: their number.
        only: hear only this channel, from 1.
        name: name of the source, for error messages.

    Raises:
        EdgeSerError: there is no such channel.
    """

    def __init__(self, rate: float, channels: int, only: int | None, name: str) -> None:
        check_channel(only, channels, name)
        self._only = only
        self._step = max(1, round(rate * _STEP))
        self._fade = max(1, round(rate * _FADE))
        self._waiting = np.empty((0, channels), np.float32)
        self._covariance = np.zeros((channels, channels))
        self._weights: NDArray[np.float32] | None = None

    def push(self, frames: NDArray[Any]) -> NDArray[np.float32]:
        """Mix (n, channels) floats as far as whole steps go."""
        if frames.shape[1] == 1 or self._only is not None:
            return frames[:, (self._only or 1) - 1].astype(np.float32, copy=False)
        waiting = np.concatenate([self._waiting, frames], dtype=np.float32)
        whole = len(waiting) // self._step * self._step
        self._waiting = waiting[whole:]
        steps = waiting[:whole].reshape(-1, self._step, frames.shape[1])
        return np.concatenate([np.empty(0, np.float32), *map(self._mix, steps)])

    def flush(self) -> NDArray[np.float32]:
        """Mix the rest."""
        rest, self._waiting = self._waiting, self._waiting[:0]
        return self._mix(rest) if len(rest) else np.empty(0, np.float32)

    def _mix(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        self._covariance = _FORGETS * self._covariance + frames.T.astype(np.float64) @ frames
        if not self._covariance.any():
            return frames[:, 0]
        before, weights = self._weights, _weights(self._covariance)
        self._weights = weights
        equal = bool(np.all(weights == weights[0]))
        mixed: NDArray[np.float32] = frames.mean(axis=1) if equal else frames @ weights
        if before is not None and not np.array_equal(before, weights):
            start = frames[: self._fade]
            share = np.linspace(1, 0, len(start), dtype=np.float32)
            mixed[: len(start)] += share * (start @ (before - weights))
        return mixed


def check_channel(only: int | None, channels: int, name: str) -> None:
    """Raise an error that says so if a source has no such channel."""
    if only is not None and not 1 <= only <= channels:
        raise EdgeSerError(
            f"{name} has no channel {only}; choose one of its {channels} with --channel"
        )


def _weights(covariance: NDArray[np.float64]) -> NDArray[np.float32]:
    """Compute the channels' shares of the mix, which sum up to 1."""
    power = np.diag(covariance)
    kept = power >= _SILENT * power.max()
    if kept.sum() > 2:
        scale = np.sqrt(np.where(kept, power, 1.0))
        alike = np.abs(covariance / np.outer(scale, scale)) >= _ALIKE
        alike &= np.outer(kept, kept)
        family = alike[alike.sum(axis=1).argmax()]
        if family.sum() > max(2, kept.sum() / 2):
            kept = family
    weights = kept / kept.sum()
    if weights @ covariance @ weights < _FAINT * power[kept].max():
        weights = np.eye(len(power))[np.where(kept, power, -1.0).argmax()]
    return weights.astype(np.float32)
