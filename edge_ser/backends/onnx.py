"""The onnxruntime backend, for any bundle with a ``model.onnx``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from edge_ser.errors import NotInstalledError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge_ser.bundle import Bundle

# StringStringEntryProto{key: "location"}: how a TensorProto refers to data outside the file
_EXTERNAL_DATA = b"\x0a\x08location"
_NOWHERE = "/nonexistent"


def import_runtime() -> Any:
    """Import onnxruntime with telemetry disabled: since 1.29 it is on by default.

    Raises:
        NotInstalledError: onnxruntime is not installed.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    try:
        import onnxruntime
    except ImportError as error:
        raise NotInstalledError(
            "backend onnx needs onnxruntime; install it: pip install onnxruntime, "
            "or use --backend numpy"
        ) from error
    onnxruntime.disable_telemetry_events()  # in case it had been imported before
    return onnxruntime


def open_session(content: bytes) -> Any:
    """Open an onnxruntime session of a model, on one thread.

    Raises:
        NotInstalledError: onnxruntime is not installed.
        ValueError: the model has weights outside the file; onnxruntime raises other exceptions.
    """
    if _EXTERNAL_DATA in content:
        raise ValueError("it keeps weights outside the file")
    onnxruntime = import_runtime()
    options = onnxruntime.SessionOptions()
    # one graph has tens of nodes: a second thread would only wait
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4  # errors are raised as exceptions
    # int8 weights are converted to float32 once, on loading, not again for every window
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    # a field can be written in ways that the pattern above does not know
    options.add_session_config_entry(
        "session.model_external_initializers_file_folder_path", _NOWHERE
    )
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


class OnnxBackend:
    """An onnxruntime session on one thread.

    Args:
        bundle: the model.

    Raises:
        NotInstalledError: onnxruntime is not installed.
        ValueError: the model has weights outside the file, or other inputs than the bundle says;
            onnxruntime raises other exceptions.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._session = open_session(bundle.files["model.onnx"])
        names = [given.name for given in self._session.get_inputs()]
        if names != bundle.inputs:
            raise ValueError(f"its inputs are {names} instead of {bundle.inputs}")

    def __call__(
        self, x: NDArray[np.float32], a_hat: NDArray[np.float32] | None
    ) -> NDArray[np.float32]:
        """Compute the logits (C,) of nodes ``x`` (n, d) with adjacency ``a_hat`` (n, n)."""
        inputs = {"x": x[None], "mask": np.ones((1, len(x)), np.float32)}
        if a_hat is not None:
            inputs["a_hat"] = a_hat[None]
        logits: NDArray[np.float32] = self._session.run(None, inputs)[0][0]
        return logits
