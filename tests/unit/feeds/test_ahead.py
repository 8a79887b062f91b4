"""One batch ahead: order, what goes wrong, and that it is no more than one."""

from __future__ import annotations

import threading
from collections.abc import Generator

import pytest
from ckanext.steamcity.harvesters.ahead import ahead


def test_items_come_in_order_and_one_is_made_while_another_is_used() -> None:
    made: list[int] = []
    second = threading.Event()

    def items() -> Generator[int, None, None]:
        for number in range(5):
            made.append(number)
            if number == 1:
                second.set()
            yield number

    used = []
    for item in ahead(items()):
        assert second.wait(5), "the second is made while the first is in use"
        assert len(made) <= item + 2, "no more than one ahead"
        used.append(item)
    assert used == [0, 1, 2, 3, 4]


def test_what_goes_wrong_comes_after_what_was_made() -> None:
    def items() -> Generator[int, None, None]:
        yield 1
        raise ConnectionError("silent")

    following = ahead(items())
    assert next(following) == 1
    with pytest.raises(ConnectionError, match="silent"):
        next(following)


def test_who_waits_may_do_something_meanwhile() -> None:
    called = threading.Event()

    def items() -> Generator[int, None, None]:
        assert called.wait(5)
        yield 1

    assert list(ahead(items(), 0.01, called.set)) == [1]


def test_a_user_who_stops_leaves_no_thread_and_closes_what_was_made() -> None:
    closed = []

    def items() -> Generator[int, None, None]:
        try:
            yield from range(10)
        finally:
            closed.append(True)

    made = items()  # somebody still has it, so that only closing closes it
    following = ahead(made)
    assert next(following) == 0
    following.close()  # type: ignore[attr-defined]
    assert closed == [True]
    assert not [one for one in threading.enumerate() if one.name.startswith("ahead")]
