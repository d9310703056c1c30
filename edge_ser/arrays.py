"""Arrays in files that may come from anywhere."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LARGEST = 64 * 2**20
"""Largest size of a file in bytes, unpacked or not."""


def read_arrays(content: bytes) -> dict[str, NDArray[Any]]:
    """Read finite float32 or int8 arrays from the bytes of an ``.npz`` file.

    Raises:
        ValueError: it unpacks to more than :data:`LARGEST`, or holds something else; NumPy and
            zipfile raise other exceptions.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        if sum(member.file_size for member in packed.infolist()) > LARGEST:
            raise ValueError("it unpacks to more than 64 MiB")
    # no pickles: they could run code
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    for name, array in arrays.items():
        if array.dtype not in (np.float32, np.int8) or not np.isfinite(array).all():
            raise ValueError(f"{name} is not finite float32 or int8")
    return arrays
