"""Trees of expressions become SQL (pure). Everything a client wrote goes as a bound value, never into the text.

A path through links becomes `exists (select … from the target where …)`: for lists it means "one of them", as in OData
`any`. Whether kinds fit is decided here, so that the database is never asked what it would refuse.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple

from .entities import SETS, EntitySet, Link, Property
from .expressions import Binary, Call, Literal, Logic, Not, Order, Path
from .functions import FUNCTIONS, OPERATIONS, Value, check_literals, geography
from .keys import read_observation
from .refusal import DOES_NOT_FIT, NO_SUCH, NOT_SUPPORTED, TOO_MUCH, Refusal, shortened, unreadable
from .relations import RELATIONS

_SIGNS = {"eq": "=", "ne": "<>", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_NUMBERS = ("integer", "number")
_ORDERED = ("text", "integer", "number", "time", "day", "clock", "boolean")
_CASTS = {
    "time": "timestamptz", "day": "date", "clock": "time", "duration": "interval", "number": "double precision",
    "text": "text", "integer": "bigint", "boolean": "boolean",
}  # fmt: skip
#: Parts of an order; sets that filters and orders of one list look into: each is planned, and walked through.
_MOST_ORDERS, _MOST_SETS = 5, 16
_LARGEST = 2**63 - 1


class Row(NamedTuple):
    """A row of a set, in SQL: the set and the alias."""

    of: EntitySet
    alias: str


class Statement:
    """One statement in the making: its values, and aliases nobody else has."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self._aliases = 0

    def bind(self, value: Any) -> str:
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f":{name}"

    def alias(self) -> str:
        """A name for one more set that is looked into."""
        self._aliases += 1
        if self._aliases > _MOST_SETS:
            raise Refusal(400, TOO_MUCH, what="$filter, $orderby")
        return f"c{self._aliases}"

    def condition(self, row: Row, tree: Any) -> str:
        """A filter as a condition on a row."""
        if isinstance(tree, Logic):
            return "(" + f" {tree.sign} ".join(self.condition(row, part) for part in tree.parts) + ")"
        if isinstance(tree, Not):
            return f"(not {self.condition(row, tree.part)})"
        links = {path.names[0] for path in _paths(tree) if self._leads_away(row, path)}
        if not links:
            return self._here(row, tree)
        if len(links) > 1 or any(not self._leads_away(row, path) for path in _paths(tree)):
            raise Refusal(501, NOT_SUPPORTED, what=shortened(" · ".join("/".join(p.names) for p in _paths(tree))))
        link = row.of.links[links.pop()]
        there = Row(SETS[link.target], self.alias())
        holds = link.holds(there.alias, f"{row.alias}.{link.here}")
        inside = self.condition(there, _rebased(tree))
        return f"exists (select from ({RELATIONS[link.target]}) {there.alias} where {holds} and {inside})"  # noqa: S608

    def _leads_away(self, row: Row, path: Path) -> bool:
        link = row.of.links.get(path.names[0])
        return link is not None and not _own_column(link, path)

    def _here(self, row: Row, tree: Any) -> str:
        if isinstance(tree, Binary) and tree.sign in _SIGNS:
            return self._comparison(row, tree)
        value = self.value(row, tree)
        if value.kind != "boolean":
            raise Refusal(400, DOES_NOT_FIT, what=value.kind)
        return f"({value.sql})"

    def _comparison(self, row: Row, tree: Binary) -> str:
        for mine, other in ((tree.left, tree.right), (tree.right, tree.left)):
            if isinstance(other, Literal) and other.kind == "null":
                return self._nothing(self.value(row, mine), tree.sign)
        left, right = self.value(row, tree.left), self.value(row, tree.right)
        sign = _SIGNS[tree.sign]
        if "observation" in (left.kind, right.kind):
            return self._of_observation(left, right, sign)
        if left.kind == "interval":
            return self._of_interval(left, right, tree.sign)
        left, right = _alike(left, right)
        return f"({left.sql} {sign} {right.sql})"

    def _nothing(self, value: Value, sign: str) -> str:
        if sign not in ("eq", "ne"):
            return "false"
        tested = value.sql.split(" ")[0] if value.kind in ("observation", "interval") else value.sql
        return f"({tested} is {'null' if sign == 'eq' else 'not null'})"

    def _of_observation(self, left: Value, right: Value, sign: str) -> str:
        """Ids of observations are compared as what they are made of, so that the index finds them."""
        if left.kind != "observation" or not isinstance(right.literal, str):
            raise Refusal(400, DOES_NOT_FIT, what="id")
        key = read_observation(right.literal)
        if key is None:
            return "true" if sign == "<>" else "false"
        stream, moment = left.sql.split(" ")
        bound = f"({self.bind(key[0])}, cast({self.bind(key[1])} as timestamptz))"
        return f"(({stream}, {moment}) {sign} {bound})"

    def _of_interval(self, left: Value, right: Value, sign: str) -> str:
        """A whole period before, after or at a moment."""
        begin, end = left.sql.split(" ")
        if right.kind == "day":
            right = _midnight(right)
        if right.kind != "time":
            raise Refusal(400, DOES_NOT_FIT, what=f"{left.kind}, {right.kind}")
        moment = right.sql
        return {
            "lt": f"({end} < {moment})", "le": f"({end} <= {moment})", "gt": f"({begin} > {moment})",
            "ge": f"({begin} >= {moment})", "eq": f"({begin} = {moment} and {end} = {moment})",
            "ne": f"({begin} <> {moment} or {end} <> {moment})",
        }[sign]  # fmt: skip

    def value(self, row: Row, tree: Any) -> Value:
        """A value of a row: SQL and kind."""
        if isinstance(tree, Literal):
            return self._literal(tree)
        if isinstance(tree, Path):
            return self._property(row, tree)
        if isinstance(tree, Call):
            return self._call(row, tree)
        if isinstance(tree, Binary) and tree.sign not in _SIGNS:
            left, right = self.value(row, tree.left), self.value(row, tree.right)
            operation = OPERATIONS.get((tree.sign, left.kind, right.kind))
            if operation is None:
                raise Refusal(400, DOES_NOT_FIT, what=f"{left.kind} {tree.sign} {right.kind}")
            return Value(operation[1].format(left.sql, right.sql), operation[0])
        return Value(self.condition(row, tree), "boolean")

    def _literal(self, tree: Literal) -> Value:
        value: Any = tree.value
        kind = tree.kind
        if kind == "geography":
            return Value(f"ST_GeomFromText({self.bind(geography(value))}, 4326)", "geo")
        if kind == "integer" and abs(value) > _LARGEST:
            value, kind = float(value), "number"
        if kind == "interval":
            begin, end = (f"cast({self.bind(moment)} as timestamptz)" for moment in value)
            return Value(f"{begin}|{end}", "period", value)
        cast = _CASTS.get(kind)
        if cast is None:
            raise unreadable(kind)
        return Value(f"cast({self.bind(value)} as {cast})", kind, value)

    def _property(self, row: Row, path: Path) -> Value:
        first, *rest = path.names
        if (link := row.of.links.get(first)) and _own_column(link, path):
            return Value(f"{row.alias}.{link.here}", SETS[link.target].key)
        if first == "id" and not rest:
            if row.of.key == "observation":
                return Value(f"{row.alias}.datastream_id {row.alias}.phenomenon_time", "observation")
            return Value(f"{row.alias}.id", row.of.key)
        found: Property | None = row.of.properties.get(first)
        for name in rest:
            found = found.parts.get(name) if found else None
        if found is None or not found.column:
            raise Refusal(400, NO_SUCH, kind=row.of.name, name=shortened("/".join(path.names)))
        return Value(" ".join(f"{row.alias}.{column}" for column in found.column.split(" ")), found.kind)

    def _call(self, row: Row, tree: Call) -> Value:
        function = FUNCTIONS.get(tree.name)
        if function is None:
            raise Refusal(501, NOT_SUPPORTED, what=shortened(tree.name))
        given = [self.value(row, argument) for argument in tree.arguments]
        check_literals(tree.name, given)
        for kinds, (kind, template) in function.items():
            if len(kinds) == len(given) and all(_fits(v.kind, k) for v, k in zip(given, kinds, strict=True)):
                parts = [
                    part
                    for value in given
                    for part in (value.sql.split("|") if value.kind == "period" else [value.sql])
                ]
                return Value(template.format(*parts), kind)
        raise Refusal(400, DOES_NOT_FIT, what=f"{tree.name}({', '.join(value.kind for value in given)})")

    def order(self, row: Row, orders: tuple[Order, ...]) -> list[str]:
        """The parts of an `order by`, without the key that settles what is equal."""
        if len(orders) > _MOST_ORDERS:
            raise Refusal(400, TOO_MUCH, what="$orderby")
        return [self._ordered(row, one) for one in orders]

    def _ordered(self, row: Row, order: Order) -> str:
        value = self._far_value(row, order.by)
        if value.kind in ("interval", "observation"):
            names = value.sql.split(" ")
        elif value.kind in _ORDERED:
            names = [value.sql]
        else:
            raise Refusal(400, DOES_NOT_FIT, what=f"$orderby, {value.kind}")
        return ", ".join(f"{name} {'desc' if order.descending else 'asc'} nulls last" for name in names)

    def _far_value(self, row: Row, tree: Any) -> Value:
        """A value of this row, or of the one entity a link leads to."""
        if not isinstance(tree, Path) or not self._leads_away(row, tree):
            if any(self._leads_away(row, path) for path in _paths(tree)):
                raise Refusal(501, NOT_SUPPORTED, what="$orderby")
            return self.value(row, tree)
        link = row.of.links[tree.names[0]]
        if len(tree.names) == 1:
            raise unreadable(tree.names[0])
        if link.many:
            raise Refusal(400, DOES_NOT_FIT, what=f"$orderby, {tree.names[0]}")
        there = Row(SETS[link.target], self.alias())
        value = self._far_value(there, Path(tree.names[1:]))
        one = value.sql.split(" ")[0] if value.kind in ("interval", "observation") else value.sql
        holds = link.holds(there.alias, f"{row.alias}.{link.here}")
        kind = "time" if value.kind == "interval" else value.kind
        return Value(f"(select {one} from ({RELATIONS[link.target]}) {there.alias} where {holds})", kind)  # noqa: S608


def _own_column(link: Link, path: Path) -> bool:
    """`Datastream/id` of an observation is a column of its own."""
    return not link.many and path.names[1:] == ("id",) and not link.condition and SETS[link.target].key != "observation"


def _paths(tree: Any) -> list[Path]:
    if isinstance(tree, Path):
        return [tree]
    if isinstance(tree, Call):
        return [path for part in tree.arguments for path in _paths(part)]
    if isinstance(tree, Binary):
        return [*_paths(tree.left), *_paths(tree.right)]
    if isinstance(tree, Logic):
        return [path for part in tree.parts for path in _paths(part)]
    return _paths(tree.part) if isinstance(tree, Not) else []


def _rebased(tree: Any) -> Any:
    """The same tree, its paths one link further on."""
    if isinstance(tree, Path):
        if len(tree.names) == 1:
            raise unreadable(tree.names[0])
        return Path(tree.names[1:])
    if isinstance(tree, Call):
        return Call(tree.name, tuple(_rebased(part) for part in tree.arguments))
    if isinstance(tree, Binary):
        return Binary(tree.sign, _rebased(tree.left), _rebased(tree.right))
    if isinstance(tree, Logic):
        return Logic(tree.sign, tuple(_rebased(part) for part in tree.parts))
    return Not(_rebased(tree.part)) if isinstance(tree, Not) else tree


def _fits(kind: str, wanted: str) -> bool:
    return kind == wanted or (wanted == "number" and kind == "integer")


def _alike(left: Value, right: Value) -> tuple[Value, Value]:
    """Two values that may be compared."""
    if {left.kind, right.kind} == {"time", "day"}:
        left, right = (_midnight(one) if one.kind == "day" else one for one in (left, right))
    same = left.kind == right.kind or (left.kind in _NUMBERS and right.kind in _NUMBERS)
    if not same or left.kind not in (*_ORDERED, "duration"):
        raise Refusal(400, DOES_NOT_FIT, what=f"{left.kind}, {right.kind}")
    return left, right


def _midnight(value: Value) -> Value:
    return Value(f"(cast({value.sql} as timestamp) at time zone 'UTC')", "time", _first_moment(value.literal))


def _first_moment(day: Any) -> datetime | None:
    return datetime.combine(day, time(), UTC) if isinstance(day, date) else None
