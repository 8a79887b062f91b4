"""What a card shows of a table at one glance: its course in a few points and how sure it is. Used by the frame only.

It is worked out once, when a result is indexed, and lies in the index beside the dataset: a page of twenty cards reads
no file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ckanext.steamcity import results, wording

# Points of a course, each the mean of its part of the table; the drawing is 96 by 24.
_POINTS, _WIDE, _TALL = 32, 96, 24


def of(dataset: dict[str, Any]) -> dict[str, Any] | None:
    """`sure` (share of rows not marked as doubtful) and `course` (an SVG path, of time series only)."""
    sha256 = results.data_file({"files": dataset.get("resources") or []})
    figures = results.figures(sha256, dataset.get("protocol"))
    protocol = wording.protocol(dataset.get("protocol"))
    if figures is None or protocol is None or not sha256:
        return None
    column = figures["values"][0]["column"] if figures["values"] and protocol.shape == "time_series" else None
    return {"sure": round(1 - figures["flagged"], 3), "course": course(results.column_values(sha256, column))}


def course(values: Sequence[float]) -> str:
    """The path of a sparkline; empty for fewer than two different values."""
    if len(values) < 2 or min(values) == max(values):
        return ""
    count = min(_POINTS, len(values))
    edges = [len(values) * step // count for step in range(count + 1)]
    means = [sum(values[a:b]) / (b - a) for a, b in zip(edges, edges[1:], strict=False)]
    low, reach = min(means), (max(means) - min(means)) or 1
    points = (
        f"{1 + (_WIDE - 2) * n / (count - 1):.0f} {1 + (_TALL - 2) * (1 - (mean - low) / reach):.0f}"
        for n, mean in enumerate(means)
    )
    return "M" + "L".join(points)
