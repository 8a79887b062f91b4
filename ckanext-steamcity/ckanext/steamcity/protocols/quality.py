"""Quality summary of a clean table: how complete it is and what share of rows each test marked. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..messages import N_
from .findings import Finding
from .model import FAIL, FLAG_COLUMN, GOOD, MISSING, SUSPECT

#: The tests a summary counts, in words for a reader.
TITLES: dict[str, str] = {
    "out_of_range": N_("outside what is possible"),
    "unusual": N_("outside what is usual"),
    "frozen": N_("the same value for hours"),
    "saturated": N_("at the end of the instrument's scale"),
    "mixed_units": N_("in another unit than the column"),
    "spike": N_("a single value far from its neighbours"),
    "doubled_hour": N_("in the hour that comes twice when clocks go back"),
    "missing_value": N_("a value is missing"),
    "wrong_type": N_("not a value of this kind"),
    "wrong_order": N_("less than a value it cannot be less than"),
    "wrong_sum": N_("the parts do not add up"),
    "unknown_choice": N_("not an answer of the protocol"),
}
TESTS = tuple(TITLES)


@dataclass(frozen=True)
class QualitySummary:
    """``expected``: rows the stated interval would give over the period; None where rows come irregularly.

    ``completeness``: share of the expected rows in which every required value is there; of the rows themselves where
    they come irregularly and values are empty. ``empty``: required values that are missing. Both are known once the
    values are ``counted``.
    """

    rows: int
    expected: int | None
    completeness: float | None
    flags: dict[int, int] = field(default_factory=dict)
    tests: dict[str, float] = field(default_factory=dict)
    empty: int = 0
    counted: bool = field(default=False, compare=False)

    def with_values(self, required: Sequence[Sequence[Any]]) -> QualitySummary:
        """The same summary, knowing which required values of its rows are empty."""
        empty = sum(value is None for values in required for value in values)
        broken = sum(any(value is None for value in row) for row in zip(*required, strict=True)) if empty else 0
        of = self.expected or (self.rows if empty else 0)
        share = round((self.rows - broken) / of, 4) if of else None
        return replace(self, completeness=share, empty=empty, counted=True)

    def to_dict(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "expected": self.expected,
            "completeness": self.completeness,
            "empty": self.empty,
            "flags": {str(code): count for code, count in self.flags.items()},
            "tests": self.tests,
        }


def summarise(
    flags: Sequence[int], times: Sequence[int], intervals: Sequence[float], findings: list[Finding]
) -> QualitySummary:
    """``times``: ms, of all series together; ``intervals``: minutes from row to row, of each series that runs beside
    the others; nothing where rows come irregularly."""
    rows = len(flags)
    expected = None
    if intervals and len(times) > 1:
        span = max(times) - min(times)
        expected = max(rows, sum(round(span / (minutes * 60_000)) + 1 for minutes in intervals))
    counted: Counter[str] = Counter()
    for finding in findings:
        if finding.code in TESTS:
            counted[finding.code] += finding.count
    codes = Counter(flags)
    return QualitySummary(
        rows=rows,
        expected=expected,
        completeness=round(rows / expected, 4) if expected else None,
        flags={code: codes[code] for code in (GOOD, SUSPECT, FAIL, MISSING) if codes[code]},
        tests={code: round(min(1.0, counted[code] / rows), 4) for code in TESTS if counted[code]} if rows else {},
    )


__all__ = ["FLAG_COLUMN", "QualitySummary", "summarise"]
