"""Quality summary of a clean table: how complete it is and what share of rows each test marked. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .findings import Finding
from .model import FAIL, FLAG_COLUMN, GOOD, MISSING, SUSPECT

TESTS = (
    "out_of_range",
    "unusual",
    "frozen",
    "saturated",
    "mixed_units",
    "spike",
    "doubled_hour",
    "missing_value",
    "wrong_type",
    "wrong_order",
    "wrong_sum",
    "unknown_choice",
)


@dataclass(frozen=True)
class QualitySummary:
    """``expected``: rows the stated interval would give over the period; None where rows come irregularly."""

    rows: int
    expected: int | None
    completeness: float | None
    flags: dict[int, int] = field(default_factory=dict)
    tests: dict[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "expected": self.expected,
            "completeness": self.completeness,
            "flags": {str(code): count for code, count in self.flags.items()},
            "tests": self.tests,
        }


def summarise(
    flags: Sequence[int], times: Sequence[int], interval_minutes: float | None, series: int, findings: list[Finding]
) -> QualitySummary:
    """``times``: ms, of all series together; ``series``: how many run side by side."""
    rows = len(flags)
    expected = None
    if interval_minutes and len(times) > 1:
        expected = max(rows, (round((max(times) - min(times)) / (interval_minutes * 60_000)) + 1) * max(series, 1))
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
