"""Any bundle with a ``model.onnx``, in onnxruntime."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge_ser.bundle import Bundle
from edge_ser.errors import EdgeSerError

# StringStringEntryProto{key: "location"}: how TensorProto points to data outside the file
_EXTERNAL_DATA = b"\x0a\x08location\x12"


class OnnxBackend:
    """One onnxruntime session, on one thread.

    Raises:
        EdgeSerError: onnxruntime is not installed, or cannot use the weights.
    """

    def __init__(self, bundle: Bundle) -> None:
        try:
            import onnxruntime
        except ImportError as error:
            raise EdgeSerError(
                "backend onnx needs onnxruntime; install it with: pip install 'edge-ser[onnx]', "
                "or use --backend numpy"
            ) from error
        content = bundle.files["model.onnx"]
        if _EXTERNAL_DATA in content:
            raise EdgeSerError(
                f"model {bundle.path} keeps weights outside model.onnx; export it again"
            )
        options = onnxruntime.SessionOptions()
        # one graph has tens of nodes: a second thread would only wait
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                content, options, providers=["CPUExecutionProvider"]
            )
            names = [i.name for i in self._session.get_inputs()]
            wanted = [i["name"] for i in bundle.card["inputs"]]
            if names != wanted:
                raise ValueError(f"its inputs are {names} instead of {wanted}")
            n = 3
            logits = self(
                np.zeros((n, bundle.features.dimension), np.float32), np.eye(n, dtype=np.float32)
            )
            if logits.shape != (len(bundle.labels),) or not np.isfinite(logits).all():
                raise ValueError(f"it gives {logits} instead of one logit a label")
        except Exception as error:  # onnxruntime raises many types of its own, without a base
            reason = str(error).splitlines()[0][:200]
            raise EdgeSerError(
                f"model {bundle.path} cannot be used: model.onnx: {reason}; export it again"
            ) from error

    def __call__(self, x: NDArray[np.float32], a_hat: NDArray[np.float32]) -> NDArray[np.float32]:
        """Logits (C,) of nodes ``x`` (n, d) under ``a_hat`` (n, n)."""
        inputs = {"x": x[None], "a_hat": a_hat[None], "mask": np.ones((1, len(x)), np.float32)}
        logits: NDArray[np.float32] = self._session.run(None, inputs)[0][0]
        return logits
