from tests.clips import actors, cache, console, make_wav, some_rows

__all__ = ["actors", "cache", "console", "make_wav", "some_rows"]
