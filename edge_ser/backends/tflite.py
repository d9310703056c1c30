"""The LiteRT backend, for any bundle with a ``model.tflite``; tflite-runtime works too."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from edge_ser.errors import NotInstalledError
from edge_ser.native import quiet

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge_ser.bundle import Bundle


def import_interpreter() -> Any:
    """Import the interpreter of LiteRT, or of its predecessor tflite-runtime.

    Raises:
        NotInstalledError: both are missing.
    """
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        try:
            from tflite_runtime.interpreter import Interpreter
        except ImportError as error:
            raise NotInstalledError(
                "backend tflite needs ai-edge-litert; install it: pip install ai-edge-litert, "
                "or use --backend numpy"
            ) from error
    return Interpreter


class TFLiteBackend:
    """A LiteRT interpreter on one thread.

    A model of variable length takes the nodes as they are: x (n, d), a_hat (n, n), mask (n, 1). For
    a model of fixed length N they are padded and masked: (1, N, d), (1, N, N), (1, N).

    Args:
        bundle: the model.

    Raises:
        NotInstalledError: no runtime is installed.
        ValueError: the model has other inputs than the bundle says; the runtime raises other
            exceptions.
    """

    def __init__(self, bundle: Bundle) -> None:
        interpreter = import_interpreter()
        self._dimension, self._fixed = bundle.features.dimension, bundle.fixed
        self._size = 0
        self._lock = threading.Lock()  # an interpreter computes one thing at a time
        with quiet():  # the runtime announces its delegate there
            self._model = interpreter(model_content=bundle.files["model.tflite"], num_threads=1)
            self._places = self._find_inputs(bundle)
            self._resize(bundle.longest)
        self._output = int(self._model.get_output_details()[0]["index"])

    def __call__(
        self, x: NDArray[np.float32], a_hat: NDArray[np.float32] | None
    ) -> NDArray[np.float32]:
        """Compute the logits (C,) of nodes ``x`` (n, d) with adjacency ``a_hat`` (n, n)."""
        with self._lock:
            return self._logits(x, a_hat)

    def _logits(
        self, x: NDArray[np.float32], a_hat: NDArray[np.float32] | None
    ) -> NDArray[np.float32]:
        n = len(x)
        if not self._fixed:
            self._resize(n)
        inputs = {"x": x, "mask": np.ones((n, 1), np.float32)}
        if a_hat is not None:
            inputs["a_hat"] = a_hat
        for name, values in inputs.items():
            if self._fixed:
                padded = np.zeros(self._shape(name, self._size), np.float32)
                rows = padded.reshape(self._size, -1)  # without the batch dimension
                rows[:n, : values.shape[1]] = values
                values = padded
            self._model.set_tensor(self._places[name], values)
        self._model.invoke()
        logits: NDArray[np.float32] = self._model.get_tensor(self._output).reshape(-1)
        return logits

    def _find_inputs(self, bundle: Bundle) -> dict[str, int]:
        given = {detail["name"]: detail for detail in self._model.get_input_details()}
        wanted = {name: self._shape(name, bundle.longest) for name in bundle.inputs}
        found = {name: detail["shape"].tolist() for name, detail in given.items()}
        if found != wanted:
            raise ValueError(f"its inputs are {found} instead of {wanted}")
        return {name: int(given[name]["index"]) for name in wanted}

    def _shape(self, name: str, n: int) -> list[int]:
        if self._fixed:
            return {"x": [1, n, self._dimension], "a_hat": [1, n, n], "mask": [1, n]}[name]
        return {"x": [n, self._dimension], "a_hat": [n, n], "mask": [n, 1]}[name]

    def _resize(self, n: int) -> None:
        if n == self._size:
            return
        for name, place in self._places.items():
            self._model.resize_tensor_input(place, self._shape(name, n))
        self._model.allocate_tensors()
        self._size = n
