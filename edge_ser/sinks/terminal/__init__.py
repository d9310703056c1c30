"""The live display in a terminal: finished utterances scroll above moving bars."""

from edge_ser.sinks.terminal.display import LiveDisplay

__all__ = ["LiveDisplay"]
