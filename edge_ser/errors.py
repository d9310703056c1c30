"""The exceptions that a user is meant to read."""


class EdgeSerError(Exception):
    """A failure the user can act on: one line that says what happened and what to do.

    The command line prints the message and exits with 1. Anything else that escapes is a bug.
    """


class NotInstalledError(EdgeSerError):
    """A package is missing without which the rest works."""
