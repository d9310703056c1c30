"""Whether a runtime gives sensible logits, found out before anybody speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edge_ser.bundle import Bundle

if TYPE_CHECKING:
    from edge_ser.backends import Backend

_NODES = 3


def try_out(backend: Backend, bundle: Bundle) -> None:
    """Runs a model once on zeros.

    Raises:
        ValueError: it does not give one finite logit a label.
    """
    n = min(_NODES, bundle.longest)
    nodes = np.zeros((n, bundle.features.dimension), np.float32)
    logits = backend(nodes, None if bundle.graph is None else np.eye(n, dtype=np.float32))
    if logits.shape != (len(bundle.labels),) or not np.isfinite(logits).all():
        raise ValueError(f"it gives {logits} instead of one logit a label")
