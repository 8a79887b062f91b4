"""One item ahead: the next is made while this one is used (only `harvesters/` imports this).

Reading a feed waits for its source and takes Python's time; writing a batch waits for PostgreSQL. So the two go on
at once, each at most one batch before the other, which is what bounds memory.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from contextvars import copy_context
from typing import Any, TypeVar

T = TypeVar("T")


@contextmanager
def undisturbed() -> Iterator[None]:
    """What is in memory now is not searched for garbage meanwhile: a million readings make Python's collector go
    through all of CKAN again and again, and both threads wait for it (a fifth of the time of an ingest)."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def ahead(
    items: Generator[T, None, None], seconds: float | None = None, meanwhile: Callable[[], object] = bool
) -> Iterator[T]:
    """Each item of ``items``, which another thread makes one at a time; what that raises is raised here, after the
    items that came before. ``meanwhile`` is called whenever so many ``seconds`` have been waited for an item."""
    end: Any = object()
    with ThreadPoolExecutor(1, "ahead") as thread:
        following: Future[T] = thread.submit(copy_context().run, next, items, end)
        try:
            while (item := _wait(following, seconds, meanwhile)) is not end:
                following = thread.submit(copy_context().run, next, items, end)
                yield item
        finally:
            following.cancel()
            with suppress(BaseException):
                following.result()
            items.close()


def alone(make: Callable[[], T], seconds: float | None = None, meanwhile: Callable[[], object] = bool) -> T:
    """What ``make`` gives, made by another thread while this one calls ``meanwhile``."""

    def items() -> Generator[T, None, None]:
        yield make()

    (made,) = ahead(items(), seconds, meanwhile)
    return made


def _wait(following: Future[T], seconds: float | None, meanwhile: Callable[[], object]) -> T:
    while not wait([following], seconds).done:
        meanwhile()
    return following.result()
