"""Backends: the runtimes that compute logits from a bundle's inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from edge_ser.backends.trial import try_in_subprocess, try_out
from edge_ser.bundle import ENCODER_ONNX, WEIGHTS, Bundle
from edge_ser.errors import EdgeSerError
from edge_ser.features.whisper.mel import BANDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge_ser.features.whisper.nodes import Encoder

BACKENDS = tuple(WEIGHTS)


class Backend(Protocol):
    """A runtime with the weights of one bundle loaded."""

    def __call__(
        self, x: NDArray[np.float32], a_hat: NDArray[np.float32] | None
    ) -> NDArray[np.float32]:
        """Compute the logits (C,) of the nodes of one window.

        Args:
            x: (n, d) normalised nodes, n at least 1 and at most ``bundle.longest``.
            a_hat: (n, n) normalised adjacency; None where the model has no graph.
        """


def open_backend(bundle: Bundle, backend: str) -> Backend:
    """Load a bundle's weights into a runtime and try them out.

    Args:
        bundle: the model.
        backend: one of :data:`BACKENDS`.

    Raises:
        EdgeSerError: the backend is unknown, the bundle has no weights for it, its library is
            missing, or the weights are unusable.
    """
    if backend not in BACKENDS:
        raise EdgeSerError(f"no backend {backend!r}; there are: {', '.join(BACKENDS)}")
    if backend not in bundle.backends:
        raise EdgeSerError(
            f"model {bundle.name} has no weights for {backend}; it has: "
            f"{', '.join(bundle.backends)}"
        )
    _check_installed(backend)
    try:
        if backend != "numpy" and not bundle.packaged:
            try_in_subprocess(bundle, backend)
        made = construct(bundle, backend)
        try_out(made, bundle)
    except Exception as error:  # runtimes raise many types without a common base
        raise _unusable(bundle, WEIGHTS[backend], error) from error
    return made


def open_encoder(bundle: Bundle, backend: str) -> Encoder | None:
    """Load the encoder that makes a bundle's nodes; None where openSMILE makes them.

    Args:
        bundle: a model that :func:`open_backend` has opened.
        backend: as there; the encoder runs in NumPy unless the bundle has one for it.

    Raises:
        EdgeSerError: the encoder is unusable.
    """
    if backend != "onnx" or ENCODER_ONNX not in bundle.files:
        return bundle.encoder()
    from edge_ser.features.whisper.onnx import OnnxEncoder

    try:
        encoder = OnnxEncoder(bundle.files[ENCODER_ONNX])
        frames = encoder(np.zeros((2, BANDS), np.float32))
        if frames.shape != (1, bundle.features.dimension) or not np.isfinite(frames).all():
            raise ValueError(f"frames {frames.shape} of {bundle.features.dimension} features")
    except Exception as error:  # onnxruntime raises many types without a common base
        raise _unusable(bundle, ENCODER_ONNX, error) from error
    return encoder


def _unusable(bundle: Bundle, file: str, error: Exception) -> EdgeSerError:
    reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
    return EdgeSerError(f"model {bundle.path} cannot be used: {file}: {reason}; export it again")


def _check_installed(backend: str) -> None:
    if backend == "onnx":
        from edge_ser.backends.onnx import import_runtime

        import_runtime()
    elif backend == "tflite":
        from edge_ser.backends.tflite import import_interpreter

        import_interpreter()


def construct(bundle: Bundle, backend: str) -> Backend:
    """Load the weights into the runtime without trying them; raises whatever the runtime does."""
    if backend == "numpy":
        from edge_ser.backends.numpy_cogcn import NumpyBackend

        return NumpyBackend(bundle)
    if backend == "onnx":
        from edge_ser.backends.onnx import OnnxBackend

        return OnnxBackend(bundle)
    from edge_ser.backends.tflite import TFLiteBackend

    return TFLiteBackend(bundle)
