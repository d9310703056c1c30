"""Profiles: the statistics of an enrolled voice, as a JSON file of a few kilobytes."""

from __future__ import annotations

import json
import os
import re
import stat
import tempfile
from contextlib import suppress
from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edge_ser.errors import EdgeSerError
from edge_ser.paths import mode
from edge_ser.voice import VoiceStatistics

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge_ser.bundle import Bundle

FORMAT = "edge-ser profile 1"
_NAME = re.compile(r"[\w-][\w .-]*")
_LARGEST = 1_000_000  # bytes


def folder() -> Path:
    """Return the folder of the user's profiles, which may not exist yet."""
    from platformdirs import user_config_path

    return user_config_path("edge-ser") / "profiles"


def path_of(name: str) -> Path:
    """Return the file of a profile, given its name or the file itself.

    Raises:
        EdgeSerError: it is neither a file nor usable as a name.
    """
    path = Path(name)
    if path.suffix == ".json" or stat.S_ISREG(mode(path)):
        return path
    return path_in_folder(name)


def path_in_folder(name: str) -> Path:
    """Return the file of a profile of the user's, given its name.

    Raises:
        EdgeSerError: it is not usable as a name.
    """
    if not _NAME.fullmatch(name):
        raise EdgeSerError(f"{name!r} cannot be the name of a profile: use letters and digits")
    return folder() / f"{name}.json"


def save(path: Path, voice: VoiceStatistics, bundle: Bundle) -> None:
    """Write a profile atomically; only the user may read it.

    Args:
        path: the file; its folder is made if it is missing.
        voice: the statistics.
        bundle: the model whose nodes they describe.

    Raises:
        EdgeSerError: the file cannot be written.
    """
    content = {
        "format": FORMAT,
        **_identity(bundle),
        "n": round(voice.count, 3),
        "mean": _rounded(voice.mean),
        "mean_square": _rounded(voice.mean_square),
        **({} if voice.offset is None else {"offset": _rounded(voice.offset)}),
        "seconds": round(voice.count * bundle.features.step, 1),
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        try:  # mkstemp's files are private
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(json.dumps(content) + "\n")
                file.flush()
                os.fsync(file.fileno())
            Path(partial).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(partial).unlink()
            raise
    except OSError as error:
        raise EdgeSerError(f"cannot write profile {path} ({error.strerror})") from error


def load(name: str, bundle: Bundle) -> VoiceStatistics:
    """Read a profile.

    Args:
        name: of the profile, or its file.
        bundle: the model that is to use it.

    Raises:
        EdgeSerError: there is no such profile, it is damaged, or it was made for another model.
    """
    path = path_of(name)
    content = read(path)
    made_for = {key: content.get(key) for key in _identity(bundle)}
    if made_for != _identity(bundle):
        raise EdgeSerError(
            f"profile {name} was made for {made_for['model']} {made_for['version']} "
            f"({made_for['features']}), not for this {bundle.name} {bundle.version} "
            f"({bundle.features.spec}): enrol again, with edge-ser enrol"
        )
    if bundle.prior is None:
        raise EdgeSerError(
            f"model {bundle.name} does not adapt to voices: use it without --profile"
        )
    dimension = bundle.features.dimension
    try:
        count = float(content["n"])
        if not 0 <= count < 1e9:
            raise ValueError
        mean, square = (_vector(content[key], dimension) for key in ("mean", "mean_square"))
        # profiles of earlier versions have none
        offset = (
            _vector(content["offset"], len(bundle.labels)).astype(np.float32)
            if "offset" in content
            else None
        )
    except (KeyError, TypeError, ValueError):
        raise EdgeSerError(f"profile {path} is damaged: enrol again, with edge-ser enrol") from None
    return VoiceStatistics(bundle.prior, count, mean, square, offset)


def _rounded(values: NDArray[np.floating]) -> list[float]:
    return [round(float(value), 6) for value in values]


def _vector(content: Any, length: int) -> NDArray[np.float64]:
    values = np.array(content, np.float64)
    # a comparison with NaN is false; more than this overflows in float32
    if values.shape != (length,) or not (np.abs(values) < 1e30).all():
        raise ValueError
    return values


def read(path: Path) -> dict[str, Any]:
    """Read the contents of a profile.

    Raises:
        EdgeSerError: there is no such file, or it is no profile.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        known = ", ".join(sorted(file.stem for file in folder().glob("*.json"))) or "none"
        reason = (error.strerror or str(error)).lower()
        raise EdgeSerError(f"cannot read profile {path} ({reason}); there are: {known}") from None
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise EdgeSerError(f"{path} is not a profile of edge-ser, or is damaged")
    return content


def _identity(bundle: Bundle) -> dict[str, str]:
    """Return what a model and a profile must have in common."""
    features = bundle.features
    values = np.concatenate([bundle.normalisation.mean, bundle.normalisation.std])
    return {
        "model": bundle.name,
        "version": bundle.version,
        "features": f"{features.spec} {features.version}",
        "normalisation": sha256(values.astype("<f4").tobytes()).hexdigest()[:12],
    }
