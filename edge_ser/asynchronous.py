"""A generator that blocks, for asyncio."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator

_T = TypeVar("_T")


async def in_threads(
    generator: Generator[_T, None, None], interrupt: Callable[[], None]
) -> AsyncGenerator[_T, None]:
    """Yield what a generator yields, which waits in other threads.

    Args:
        generator: yields no None.
        interrupt: called where the caller ends early: makes a waiting generator go on.
    """
    step: asyncio.Task[_T | None] | None = None
    try:
        while True:
            step = asyncio.ensure_future(asyncio.to_thread(next, generator, None))
            item = await asyncio.shield(step)  # a thread cannot be cancelled
            if item is None:
                return
            yield item
    finally:
        interrupt()
        if step is not None:
            await asyncio.gather(step, return_exceptions=True)
        await asyncio.to_thread(generator.close)
