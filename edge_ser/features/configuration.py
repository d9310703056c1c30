"""openSMILE configurations of the feature sets: files in this folder, and their options."""

from __future__ import annotations

import math
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from edge_ser.errors import EdgeSerError
from edge_ser.features.emobase import emobase_components
from edge_ser.features.smile import package_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge_ser.features.sets import FeatureSet

_HERE = Path(__file__).parent
_RATE = 16_000
_RING = 96_000
_RLC_FRAME = 0.025
_FILES = {
    "egemaps-88": "functionals.conf",
    "egemaps-69": "functionals.conf",
    "rlc-lld": "rlc.conf",
    "mfcc-40": "mfcc.conf",
    "log-mel-128": "log_mel.conf",
}


@contextmanager
def components(features: FeatureSet) -> Iterator[tuple[Path, dict[str, object]]]:
    r"""Provide the openSMILE components that compute the vectors of a set from the samples.

    Args:
        features: any set but ``egemaps-lld``, whose components the VAD needs anyway.

    Yields:
        A file whose components read level ``wave`` and write level ``vectors``, and the values of
        the ``\cm[...]`` options in it. Temporary files are removed at the end of the ``with``:
        openSMILE reads a configuration only once.

    Raises:
        EdgeSerError: openSMILE is not installed or is an unexpected version, or there is no folder
            for temporary files.
    """
    if features.set == "emobase-lld":
        with _emobase() as file:
            yield file, {}
    else:
        yield _HERE / _FILES[features.set], _options(features)


@contextmanager
def _emobase() -> Iterator[Path]:
    text = emobase_components(package_folder() / "config" / "emobase" / "emobase.conf")
    try:
        folder = TemporaryDirectory(prefix="edge-ser-")
    except OSError as error:
        raise EdgeSerError(
            f"emobase-lld needs a temporary file ({error}); let TMPDIR name a writable folder"
        ) from error
    with folder:
        file = Path(folder.name) / "emobase.conf"
        file.write_text(text, "utf-8")
        yield file


def _options(features: FeatureSet) -> dict[str, object]:
    options: dict[str, object] = {"frame": features.frame, "step": features.step}
    if features.functionals:
        config = package_folder() / "config"
        options |= {
            "gemapsFunc": config / "gemaps/v01b/GeMAPSv01b_core.func.conf.inc",
            "egemapsFunc": config / "egemaps/v02/eGeMAPSv02_core.func.conf.inc",
            "frameModeFunctionalsConf": _HERE / "frame_mode.conf.inc",
        }
    elif features.set == "rlc-lld":
        options |= {"frame": _RLC_FRAME, "bands": 26, "fftLength": _transform(_RLC_FRAME)}
    elif features.set == "mfcc-40":
        options |= {"bands": 64, "fftLength": _transform(features.frame)}
    else:
        padded = _transform(2 * features.frame)
        options |= {"bands": 128, "fftLength": padded, "fftInput": "set_padded"}
    return options


def _transform(seconds: float) -> float:
    """Return the length in seconds to which openSMILE pads a frame: a power of two of samples."""
    return float(2 ** math.ceil(math.log2(round(seconds * _RATE)))) / _RATE


@contextmanager
def stream_configuration(features: FeatureSet) -> Iterator[tuple[Path, dict[str, object]]]:
    r"""Provide a stream's main configuration file and the values of the ``\cm[...]`` options in it.

    Its source is named ``source``. Sink ``lldsink`` delivers the eGeMAPS low-level descriptors,
    ``vectorsink`` the vectors of any set but ``egemaps-lld``. Otherwise like :func:`components`.
    """
    config = package_folder() / "config"
    ring = config / "shared" / "BufferModeRb.conf.inc"
    options: dict[str, object] = {
        "ring": _RING,
        "gemapsLld": config / "gemaps/v01b/GeMAPSv01b_core.lld.conf.inc",
        "egemapsLld": config / "egemaps/v02/eGeMAPSv02_core.lld.conf.inc",
        "bufferModeConf": ring,
        "bufferModeRbConf": ring,
        "bufferModeRbLagConf": config / "shared" / "BufferModeRbLag.conf.inc",
    }
    if features.set == "egemaps-lld":
        yield _HERE / "lld.conf", options
        return
    with components(features) as (file, own):
        yield (
            _HERE / "vectors.conf",
            options | {"lldConf": _HERE / "lld.conf", "setConf": file} | own,
        )
