"""Defaults from a file: ``~/.config/edge-ser/config.toml``.

The tables are named after commands, their keys after options; keys above the tables are for all
commands that have the option::

    model = "cogcn-whisper"

    [listen]
    device = "USB"
    threshold = 0.5
    json = true
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from edge_ser.cli.parser import did_you_mean
from edge_ser.errors import EdgeSerError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from edge_ser.cli.parser import Parser


def path() -> Path:
    """Return where the file is looked for; ``XDG_CONFIG_HOME`` moves it."""
    from platformdirs import user_config_path

    return user_config_path("edge-ser") / "config.toml"


def set_defaults(command: str, parsers: Mapping[str, Parser]) -> Path | None:
    """Change the defaults of a command to those of the file, if there is one.

    Args:
        command: name of the command.
        parsers: name of each command to its parser.

    Returns:
        The file; None if there is none.

    Raises:
        EdgeSerError: the file cannot be read, or holds what is no option or no value of it.
    """
    file = path()
    if not file.exists():
        return None
    settings = _read(file)
    known = {name: _options(parser) for name, parser in parsers.items()}
    everything = {option for options in known.values() for option in options}
    for key, value in settings.items():
        if not isinstance(value, dict):
            if key not in everything:
                raise EdgeSerError(f"{file}: no option {key!r}{did_you_mean(key, everything)}")
            continue
        if key not in known:
            raise EdgeSerError(f"{file}: no command {key!r}{did_you_mean(key, known)}")
        for name in value:
            if name not in known[key]:
                guess = did_you_mean(name, known[key])
                raise EdgeSerError(f"{file}: {key} has no option {name!r}{guess}")
    for key, value in {**settings, **settings.get(command, {})}.items():
        if not isinstance(value, dict) and (action := known[command].get(key)):
            parsers[command].set_defaults(**{action.dest: _value(file, key, action, value)})
    return file


def _read(file: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise EdgeSerError(f"cannot read {file} ({error}); mend it, or use --no-config") from None


def _options(parser: Parser) -> dict[str, argparse.Action]:
    """Map the long options of a command, without the dashes, to what they do."""
    return {
        text[2:]: action
        for action in parser._actions
        for text in action.option_strings
        if text.startswith("--") and action.dest not in ("help", "version", "no_config")
    }


def _value(file: Path, key: str, action: argparse.Action, value: Any) -> Any:
    """Return the value as the command line would give it."""
    if action.nargs == 0:
        if not isinstance(value, bool):
            raise EdgeSerError(f"{file}: {key} is true or false, not {value!r}")
        return value
    if action.nargs == argparse.OPTIONAL and value is True:
        value = action.const  # the option alone
    try:
        parsed = action.type(str(value)) if callable(action.type) else str(value)
    except argparse.ArgumentTypeError as error:
        raise EdgeSerError(f"{file}: {key}: {error}") from None
    if action.choices is not None and parsed not in action.choices:
        raise EdgeSerError(f"{file}: {key} is one of {', '.join(action.choices)}, not {value!r}")
    return parsed
