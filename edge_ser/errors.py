"""The exceptions that are shown to the user."""


class EdgeSerError(Exception):
    """An error that the user can fix: one line that says what happened and what to do.

    The command line prints the message and exits with 1. Any other exception that escapes is a bug.
    """


class NotInstalledError(EdgeSerError):
    """An optional package is not installed; everything else works without it."""
