"""Graphs over the nodes of a window and their normalised adjacency, in NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from edge_ser.errors import EdgeSerError

if TYPE_CHECKING:
    from numpy.typing import NDArray

GraphKind = Literal["cosine", "temporal", "cycle"]
KINDS: tuple[GraphKind, ...] = get_args(GraphKind)


def cosine_similarity(x: NDArray[np.floating]) -> NDArray[np.float64]:
    """Compute s_ij = x_i · x_j / (|x_i| |x_j|): CoGCN (Kim et al.), equation (1).

    The result is float64, so that training and device draw the same edges at γ. A node of norm
    zero has similarity 0 to every node, itself included.

    Args:
        x: (n, d) node features.

    Returns:
        (n, n) similarities in [-1, 1].
    """
    x = np.asarray(x, np.float64)
    norms = np.linalg.norm(x, axis=1, keepdims=True)
    unit = np.divide(x, norms, out=np.zeros_like(x), where=norms > 0)
    return np.clip(unit @ unit.T, -1.0, 1.0)


def cosine_adjacency(x: NDArray[np.floating], gamma: float) -> NDArray[np.float32]:
    """Set a_ij = 1 where s_ij ≥ γ, without self-loops: CoGCN, equation (2).

    Args:
        x: (n, d) node features.
        gamma: the threshold γ.

    Returns:
        (n, n) of 0 and 1, symmetric, zero on the diagonal.
    """
    a = (cosine_similarity(x) >= gamma).astype(np.float32)
    np.fill_diagonal(a, 0.0)
    return a


def temporal_adjacency(n: int) -> NDArray[np.float32]:
    """Return (n, n) with each node joined to the one before it and the one after it."""
    return np.eye(n, k=1, dtype=np.float32) + np.eye(n, k=-1, dtype=np.float32)


def cycle_adjacency(n: int) -> NDArray[np.float32]:
    """Return (n, n): the temporal graph with its ends joined; n < 3 has no cycle to close."""
    a = temporal_adjacency(n)
    if n > 2:
        a[0, -1] = a[-1, 0] = 1.0
    return a


def normalised_adjacency(a: NDArray[np.float32]) -> NDArray[np.float32]:
    """Compute Â = D̂^-½ (A + I) D̂^-½ with d̂_i = 1 + Σ_j a_ij: CoGCN, equation (4).

    Args:
        a: (n, n) adjacency; its diagonal is ignored, every node gets exactly one self-loop.

    Returns:
        (n, n) float32.
    """
    looped = np.asarray(a, np.float64).copy()
    np.fill_diagonal(looped, 1.0)
    scale = 1.0 / np.sqrt(looped.sum(axis=1))
    return (looped * scale[:, None] * scale[None, :]).astype(np.float32)


def build(kind: str, x: NDArray[np.floating], gamma: float | None = None) -> NDArray[np.float32]:
    """Build the normalised adjacency (n, n) of a graph of ``kind`` over the nodes ``x`` (n, d).

    Raises:
        EdgeSerError: an unknown kind, or a cosine graph without γ.
    """
    if kind == "temporal":
        return normalised_adjacency(temporal_adjacency(len(x)))
    if kind == "cycle":
        return normalised_adjacency(cycle_adjacency(len(x)))
    if kind == "cosine" and gamma is not None:
        return normalised_adjacency(cosine_adjacency(x, gamma))
    raise EdgeSerError(f"no graph {kind!r} with gamma {gamma}; there are {', '.join(KINDS)}")
