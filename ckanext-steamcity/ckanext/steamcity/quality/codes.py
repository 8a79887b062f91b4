"""QARTOD codes and the bits of the tests (pure; imported through ``ckanext.steamcity.quality``)."""

from __future__ import annotations

import functools
from enum import IntFlag
from typing import NamedTuple

from ckanext.steamcity.messages import N_

GOOD = 1
NOT_EVALUATED = 2
SUSPECT = 3
FAIL = 4
MISSING = 9


class Test(IntFlag):
    """One bit for each test, so that a stored flag says why. The numbers are stored: never renumber them."""

    __test__ = False  # pytest would take the class for a test case

    GROSS_RANGE = 1
    TYPICAL_RANGE = 2
    SPIKE = 4
    RATE_OF_CHANGE = 8
    FLAT_LINE = 16
    SATURATION = 32
    GAP = 64
    DATE = 128
    LOCATION = 256


#: What each test says, in words for a reader, in the order of the bits.
TESTS: dict[Test, str] = {
    Test.GROSS_RANGE: N_("outside what the instrument can measure"),
    Test.TYPICAL_RANGE: N_("outside what is usual for this quantity"),
    Test.SPIKE: N_("a single value far from its neighbours"),
    Test.RATE_OF_CHANGE: N_("changed faster than this quantity usually does"),
    Test.FLAT_LINE: N_("the same value for hours"),
    Test.SATURATION: N_("at the end of the instrument's scale"),
    Test.GAP: N_("the first value after a gap"),
    Test.DATE: N_("an impossible date"),
    Test.LOCATION: N_("the first value from another place"),
}


class Flag(NamedTuple):
    """The verdict on one value: a QARTOD code, and the bits of the tests that spoke."""

    code: int
    tests: int = 0

    @property
    def names(self) -> list[str]:
        return test_names(self.tests)


def test_names(tests: int) -> list[str]:
    """The lower-case names of the tests in a stored bit mask, for JSON and CSV."""
    return list(_names(tests))


@functools.cache
def _names(tests: int) -> tuple[str, ...]:
    return tuple(str(test.name).lower() for test in Test if tests & test)


test_names.__test__ = False  # type: ignore[attr-defined]  # a function, but pytest collects by name
