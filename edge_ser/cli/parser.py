"""An argument parser that guesses what was meant."""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Parser(argparse.ArgumentParser):
    """A parser whose errors end with the command, the option or the value that is nearest."""

    def error(self, message: str) -> NoReturn:
        """End the program with the message, a guess, and the way to the help."""
        wrong = re.search(r"invalid choice: '(.*?)' \(choose from (.*)\)", message)
        if wrong:
            message += did_you_mean(wrong[1], re.findall(r"[\w.-]+", wrong[2]))
        self.exit(2, f"{self.prog}: error: {message}\nmore: {self.prog} --help\n")

    def parse(self, argv: Sequence[str] | None) -> argparse.Namespace:
        """Parse the arguments of a subcommand; without any, show the help and end the program.

        Args:
            argv: the arguments; None: those of the process.
        """
        argv = sys.argv[1:] if argv is None else argv
        if not argv:
            self.print_help()
            self.exit()
        arguments, unknown = self.parse_known_args(argv)
        if unknown:
            subparser: Parser = arguments.parser
            subparser.error(
                f"unrecognized arguments: {' '.join(unknown)}{subparser.guess(unknown)}"
            )
        return arguments

    def guess(self, unknown: Iterable[str]) -> str:
        """Return the guess for the first of these options that has one."""
        known = [text for action in self._actions for text in action.option_strings]
        for text in unknown:
            if text.startswith("-"):
                guess = did_you_mean(text.partition("=")[0], known)
            else:
                guess = f"; did you mean --input {text}?" if "--input" in known else ""
            if guess:
                return guess
        return ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``; did you mean …?`` with the nearest of the known words, or nothing."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""
