"""The web page: a server in a thread of its own, and what it knows of the stream."""
