"""Functions and operations of filters, by the kinds they take, as SQL (pure).

Distances are metres on the ellipsoid, as for every geography; places are the published ones.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from shapely import wkt
from shapely.errors import ShapelyError

from .refusal import unreadable

#: Corners an outline may have; more than a city needs.
CORNERS = 1000
_SHAPES = frozenset(("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"))


class Value(NamedTuple):
    """SQL and its kind; `literal` where a client wrote it."""

    sql: str
    kind: str
    literal: Any = None


_LARGEST_PART = "least(greatest({}, -1000000), 1000000)::int"
_TEXTS: dict[str, dict[tuple[str, ...], tuple[str, str]]] = {
    "contains": {("text", "text"): ("boolean", "position({1} in {0}) > 0")},
    "substringof": {("text", "text"): ("boolean", "position({0} in {1}) > 0")},
    "startswith": {("text", "text"): ("boolean", "starts_with({0}, {1})")},
    "endswith": {("text", "text"): ("boolean", "right({0}, length({1})) = {1}")},
    "length": {("text",): ("integer", "length({0})")},
    "indexof": {("text", "text"): ("integer", "position({1} in {0}) - 1")},
    "substring": {
        ("text", "integer"): ("text", f"substr({{0}}, {_LARGEST_PART.format('{1}')} + 1)"),
        ("text", "integer", "integer"): (
            "text",
            f"substr({{0}}, {_LARGEST_PART.format('{1}')} + 1, greatest({_LARGEST_PART.format('{2}')}, 0))",
        ),
    },
    "tolower": {("text",): ("text", "lower({0})")},
    "toupper": {("text",): ("text", "upper({0})")},
    "trim": {("text",): ("text", "trim({0})")},
    "concat": {("text", "text"): ("text", "({0} || {1})")},
}
_PARTS = {
    name: {("time",): ("integer", f"cast(extract({name} from {{0}} at time zone 'UTC') as integer)")}
    for name in ("year", "month", "day", "hour", "minute")
} | {"second": {("time",): ("integer", "cast(floor(extract(second from {0} at time zone 'UTC')) as integer)")}}
_TIMES: dict[str, dict[tuple[str, ...], tuple[str, str]]] = {
    **_PARTS,
    "fractionalseconds": {("time",): ("number", "cast(mod(extract(second from {0}), 1) as double precision)")},
    "date": {("time",): ("day", "cast({0} at time zone 'UTC' as date)")},
    "time": {("time",): ("clock", "cast({0} at time zone 'UTC' as time)")},
    "totaloffsetminutes": {("time",): ("integer", "(case when {0} is null then null else 0 end)")},
    "now": {(): ("time", "now()")},
    "mindatetime": {(): ("time", "cast('-infinity' as timestamptz)")},
    "maxdatetime": {(): ("time", "cast('infinity' as timestamptz)")},
    "before": {("time", "time"): ("boolean", "{0} < {1}"), ("time", "period"): ("boolean", "{0} < {1}")},
    "after": {("time", "time"): ("boolean", "{0} > {1}"), ("time", "period"): ("boolean", "{0} > {2}")},
    "during": {("time", "period"): ("boolean", "{0} >= {1} and {0} < {2}")},
}
_FIGURES: dict[str, dict[tuple[str, ...], tuple[str, str]]] = {
    "round": {("number",): ("number", "cast(round(cast({0} as numeric)) as double precision)")},
    "floor": {("number",): ("number", "floor({0})")},
    "ceiling": {("number",): ("number", "ceil({0})")},
}
_GEO: dict[str, dict[tuple[str, ...], tuple[str, str]]] = {
    "geo.distance": {("geo", "geo"): ("number", "ST_Distance(cast({0} as geography), cast({1} as geography))")},
    "geo.length": {("geo",): ("number", "ST_Length(cast({0} as geography))")},
    "st_relate": {("geo", "geo", "text"): ("boolean", "ST_Relate({0}, {1}, {2})")},
    "geo.intersects": {("geo", "geo"): ("boolean", "ST_Intersects({0}, {1})")},
} | {
    name: {("geo", "geo"): ("boolean", f"{sql}({{0}}, {{1}})")}
    for name, sql in {
        "st_within": "ST_Within", "st_contains": "ST_Contains", "st_equals": "ST_Equals",
        "st_disjoint": "ST_Disjoint", "st_touches": "ST_Touches", "st_overlaps": "ST_Overlaps",
        "st_crosses": "ST_Crosses", "st_intersects": "ST_Intersects",
    }.items()
}  # fmt: skip
#: name → kinds of the arguments → kind and SQL of the result; a period counts as two values.
FUNCTIONS: dict[str, dict[tuple[str, ...], tuple[str, str]]] = _TEXTS | _TIMES | _FIGURES | _GEO

_ARITHMETIC = {
    "add": "({0} + {1})", "sub": "({0} - {1})", "mul": "({0} * {1})", "div": "({0} / nullif({1}, 0))",
    "mod": "cast(mod(cast({0} as numeric), nullif(cast({1} as numeric), 0)) as double precision)",
}  # fmt: skip
_AS_NUMBER = "cast({%d} as double precision)"
#: sign, kinds of both sides → kind and SQL of the result. Numbers are reckoned as floating point, which cannot overflow
#: into an error where the data are; moments of the far future could, so their durations are bounded when read.
OPERATIONS: dict[tuple[str, str, str], tuple[str, str]] = {
    (sign, left, right): ("number", template.replace("{0}", _AS_NUMBER % 0).replace("{1}", _AS_NUMBER % 1))
    for sign, template in _ARITHMETIC.items()
    for left in ("integer", "number")
    for right in ("integer", "number")
} | {
    ("add", "time", "duration"): ("time", "({0} + {1})"),
    ("sub", "time", "duration"): ("time", "({0} - {1})"),
    ("sub", "time", "time"): ("duration", "({0} - {1})"),
}


def check_literals(name: str, given: list[Value]) -> None:
    """What the database would break at. Raises Refusal."""
    if name == "st_relate" and len(given) == 3 and not re.fullmatch(r"[TF*012]{9}", str(given[2].literal)):
        raise unreadable(given[2].literal)


def geography(text: str) -> str:
    """WKT of a geometry in degrees (longitude first) that a database can work with. Raises Refusal."""
    if len(text) > 100_000:
        raise unreadable(text)
    try:
        found = wkt.loads(text.strip().removeprefix("SRID=4326;"))
        fits = found.geom_type in _SHAPES and found.is_valid and not found.is_empty and not found.has_z
    except (ShapelyError, ValueError, TypeError, UnicodeError, NotImplementedError) as error:
        raise unreadable(text) from error
    if not fits:
        raise unreadable(text)
    west, south, east, north = found.bounds
    if not (west >= -180 and east <= 180 and south >= -90 and north <= 90) or found.wkt.count(",") >= CORNERS:
        raise unreadable(text)
    return found.wkt
