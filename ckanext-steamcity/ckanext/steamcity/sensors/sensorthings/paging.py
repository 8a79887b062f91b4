"""Pages: how long, in which order, and where the next one begins (pure).

Where the order is by id, or by time for observations, a page begins behind the last row of the one before
(`$skiptoken`): the thousandth page costs what the first one does. Elsewhere it skips (`$skip`).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from . import shapes
from .entities import EntitySet
from .expressions import Path
from .grammar import Options
from .keys import read_observation
from .refusal import TOO_MUCH, Refusal, unreadable
from .statements import Row, Statement

#: Entities of a page: unless asked otherwise; at most; observations at most; of all that is expanded in an answer,
#: each counted as often as it stands there.
USUAL, MOST, MOST_OBSERVATIONS, MOST_EXPANDED = 100, 1000, 10_000, 50_000
#: Rows that may be skipped: what a database counts in.
FARTHEST = 2**31 - 1


def limit(of: EntitySet, options: Options) -> int:
    most = MOST_OBSERVATIONS if of.name == "Observations" else MOST
    return min(USUAL if options.top is None else options.top, most)


def limit_for_each(of: EntitySet, options: Options, parents: int, left: int) -> int:
    """So many for each of the entities that are expanded: less than asked where they are many, and then with a next
    page. Raises Refusal where not even one for each is left."""
    if parents > left:
        raise Refusal(400, TOO_MUCH, what="$expand")
    return min(limit(of, options), left // max(parents, 1))


def order(statement: Statement, row: Row, options: Options) -> str:
    parts = statement.order(row, options.order)
    descending = _keyset(row.of, options) == "desc"
    keys = ("datastream_id", "phenomenon_time") if row.of.key == "observation" else ("id",)
    direction = "desc" if descending else "asc"
    if row.of.key == "observation" and options.order and _by_time(options):
        return f"{row.alias}.phenomenon_time {direction}, {row.alias}.datastream_id {direction}"
    if options.order and _keyset(row.of, options):
        return ", ".join(f"{row.alias}.{key} {direction}" for key in keys)
    return ", ".join([*parts, *(f"{row.alias}.{key} asc" for key in keys)])


def _by_time(options: Options) -> bool:
    return len(options.order) == 1 and options.order[0].by == Path(("phenomenonTime",))


def _keyset(of: EntitySet, options: Options) -> str:
    """`asc` or `desc` where a page can begin behind the last row of the one before, whatever its depth."""
    if not options.order:
        return "asc"
    by_id = len(options.order) == 1 and options.order[0].by == Path(("id",))
    if by_id or (of.key == "observation" and _by_time(options)):
        return "desc" if options.order[0].descending else "asc"
    return ""


def beyond(statement: Statement, row: Row, options: Options) -> str:
    """Behind the entity with the id that `$skiptoken` names."""
    direction = _keyset(row.of, options)
    sign = ">" if direction == "asc" else "<"
    if not direction:
        raise unreadable(f"$skiptoken={options.after}")
    if row.of.key == "observation":
        found = read_observation(options.after)
        if found is None:
            raise unreadable(f"$skiptoken={options.after}")
        stream, moment = statement.bind(found[0]), f"cast({statement.bind(found[1])} as timestamptz)"
        if options.order and _by_time(options):
            return f"({row.alias}.phenomenon_time, {row.alias}.datastream_id) {sign} ({moment}, {stream})"
        return f"({row.alias}.datastream_id, {row.alias}.phenomenon_time) {sign} ({stream}, {moment})"
    key: Any = options.after
    if row.of.key == "integer":
        if not options.after.isascii() or not options.after.isdigit() or len(options.after) > 18:
            raise unreadable(f"$skiptoken={options.after}")
        key = int(options.after)
    return f"{row.alias}.id {sign} {statement.bind(key)}"


def following(of: EntitySet, options: Options, last: dict[str, Any], shown: int) -> str:
    """The query of the next page."""
    texts = {name: text for name, text in options.texts.items() if name not in ("$skip", "$skiptoken")}
    if _keyset(of, options):
        texts["$skiptoken"] = str(shapes.identifier(of, last))
    else:
        texts["$skip"] = str(options.skip + shown)
    return urlencode(texts, safe="$(),;='/", quote_via=quote)


def newest_of_all(of: EntitySet, options: Options) -> bool:
    """Whether the question is for the first or the last of all observations there are."""
    return of.key == "observation" and options.filter is None and bool(options.order) and _by_time(options)
