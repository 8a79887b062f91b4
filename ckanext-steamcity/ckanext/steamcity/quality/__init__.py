"""Flag tests on a series of measured values (pure; everybody may import this package).

``flags(times, values, limits)`` gives every value one QARTOD code and the tests that spoke about it. Nothing is
ever removed or replaced: a flag is a remark beside the value. The check of uploads (``protocols/``) has its limits in
its templates and asks the same three questions: ``is_spike``, ``flat_runs``, ``is_saturated``.
"""

from __future__ import annotations

from .codes import (
    FAIL,
    GOOD,
    MISSING,
    NOT_EVALUATED,
    SUSPECT,
    TESTS,
    Flag,
    Test,
    test_names,
)
from .flagging import MOVED_METRES, flags, flat_runs, is_saturated, is_spike, moved
from .limits import REFLAG_WINDOW, Limits, limits_for, limits_of

__all__ = [
    "FAIL",
    "GOOD",
    "MISSING",
    "MOVED_METRES",
    "NOT_EVALUATED",
    "REFLAG_WINDOW",
    "SUSPECT",
    "TESTS",
    "Flag",
    "Limits",
    "Test",
    "flags",
    "flat_runs",
    "is_saturated",
    "is_spike",
    "limits_for",
    "limits_of",
    "moved",
    "test_names",
]
