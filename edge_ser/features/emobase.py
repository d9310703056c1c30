"""The low-level descriptors of emobase, configured at run time from openSMILE's own files.

openSMILE's configuration files may not be copied into this project, so the components are taken
from the installed package. Its file cannot be used as it is: it ends in functionals, its names
clash with those of eGeMAPS, and some of its levels grow without limit.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from edge_ser.errors import EdgeSerError

if TYPE_CHECKING:
    from pathlib import Path

_PREFIX = "emobase_"
_HEADER = re.compile(r"\[(\w+):(\w+)\]")
_SETTING = re.compile(r"([\w.]+)\s*=\s*(.*?)\s*")
_LEVELS = ("reader.dmLevel", "writer.dmLevel")
_LLD, _DELTA, _DELTA_DELTA = "lld", "lld_de", "lld_de_de"
_UNWANTED = ("cComponentManager", "cFunctionals")


class _Component(NamedTuple):
    name: str
    kind: str
    settings: list[tuple[str, str]]


def emobase_components(stock: Path) -> str:
    r"""Write the configuration from level ``wave`` to level ``vectors``: 26 LLDs, Δ and ΔΔ.

    It has all components of ``stock`` but the functionals, their options unchanged. Components and
    levels get a prefix; levels are ring buffers. ΔΔ applies the stock Δ component a second time.

    Args:
        stock: ``emobase.conf`` of the installed opensmile package.

    Raises:
        EdgeSerError: the file is missing, or differs from that of opensmile 2.6.
    """
    try:
        # the file's header has a character that is not UTF-8
        found = _components(stock.read_text("latin-1"))
    except OSError as error:
        raise EdgeSerError(f"cannot read {stock} ({error}); install opensmile 2.6") from error
    deltas = [component for component in found if ("writer.dmLevel", _DELTA) in component.settings]
    if len(deltas) != 1:
        raise EdgeSerError(f"{stock} has no deltas; install opensmile 2.6")
    again = {"reader.dmLevel": _DELTA, "writer.dmLevel": _DELTA_DELTA}
    settings = [(key, again.get(key, value)) for key, value in deltas[0].settings]
    found.append(_Component(_DELTA_DELTA, deltas[0].kind, settings))
    levels = f"{_LLD};{_DELTA};{_DELTA_DELTA}"
    settings = [("reader.dmLevel", levels), ("writer.dmLevel", "vectors")]
    settings.append(("includeSingleElementFields", "1"))
    found.append(_Component("vectors", "cVectorConcat", settings))
    lines = ["[componentInstances:cComponentManager]"]
    lines += [f"instance[{_PREFIX}{name}].type={kind}" for name, kind, _ in found]
    for name, kind, settings in found:
        lines += ["", f"[{_PREFIX}{name}:{kind}]"]
        lines += [f"{key}={_renamed(key, value)}" for key, value in settings]
    return "\n".join(lines) + "\n"


def _components(text: str) -> list[_Component]:
    """Parse the components that are needed, in the order of the text."""
    found: list[_Component] = []
    for line in map(str.strip, text.splitlines()):
        if header := _HEADER.fullmatch(line):
            found.append(_Component(header[1], header[2], []))
            continue
        setting = _SETTING.fullmatch(line)
        # without a levelconf, a level is a ring buffer of 100 frames
        if setting and found and not setting[1].startswith("writer.levelconf."):
            found[-1].settings.append((setting[1], setting[2]))
    return [component for component in found if component.kind not in _UNWANTED]


def _renamed(key: str, value: str) -> str:
    if key not in _LEVELS:
        return value
    kept = ("wave", "vectors")
    return ";".join(level if level in kept else _PREFIX + level for level in value.split(";"))
