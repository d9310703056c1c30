"""The encoder in onnxruntime, which is faster than NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge_ser.backends.onnx import open_session

if TYPE_CHECKING:
    from edge_ser.features.whisper.encoder import Array


class OnnxEncoder:
    """The same frames as :class:`edge_ser.features.whisper.encoder.WhisperEncoder`.

    Args:
        content: an ``encoder.onnx``: ``mel`` (k, 80) -> ``frames`` (k // 2, width).

    Raises:
        NotInstalledError: onnxruntime is not installed.
        ValueError: it has weights outside the file; onnxruntime raises other exceptions.
    """

    def __init__(self, content: bytes) -> None:
        self._session = open_session(content)
        self.width = int(self._session.get_outputs()[0].shape[1])

    def __call__(self, mel: Array) -> Array:
        """Compute (k // 2, width) frames of (k, 80) scaled log-mel frames."""
        frames: Array = self._session.run(None, {"mel": mel})[0]
        return frames
