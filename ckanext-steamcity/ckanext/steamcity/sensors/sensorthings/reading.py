"""Answers from the tables: one statement for a list, one more for each level of what is expanded.

Used by `views.py` only. All that is read are the views' own tables and the list of datasets a stranger may not see.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import sqlalchemy as sa
from ckan.types import AlchemySession as Session

from . import paging, shapes
from .entities import SETS, EntitySet, Link
from .grammar import Expand, Options, Step
from .keys import read_observation
from .refusal import (
    DOES_NOT_FIT,
    NO_SUCH,
    NOT_HERE,
    NOT_SUPPORTED,
    TOO_MANY_TO_COUNT,
    TOO_MUCH,
    TOO_SLOW,
    Refusal,
    shortened,
    unreadable,
)
from .relations import RELATIONS, columns
from .statements import Row, Statement

#: Rows that are counted one by one.
MOST_COUNTED = 1_000_000
#: What holds of a row: it is at the end of a link from a key, or (None) its own id.
_Held = list[tuple[Link | None, Any]]


class Found(list[dict[str, Any]]):
    """Rows of a page; `more`: there is a next one."""

    more = False


class Reader:
    """One request's way to the tables."""

    def __init__(self, session: Session, frame: shapes.Frame, bound: dict[str, Any], until: float) -> None:
        self._session, self._frame, self._bound, self._until = session, frame, bound, until
        self._left = paging.MOST_EXPANDED

    def answer(self, steps: list[Step], options: Options) -> dict[str, Any]:
        """What stands at a path: a list or an entity, as JSON. Raises Refusal."""
        of, conditions, one = self._walk(steps)
        _check(of, options)
        if one:
            if set(options.texts) - {"$select", "$expand"}:
                raise unreadable(", ".join(sorted(set(options.texts) - {"$select", "$expand"})))
            found = self._list(of, Options(expand=options.expand, top=1), conditions)
            if not found:
                raise Refusal(404, NOT_HERE)
            return self._shown(of, found, options)[0]
        return self._page(of, options, conditions, self.path(steps))

    def references(self, steps: list[Step], options: Options) -> dict[str, Any]:
        """Only the addresses of what stands there (`/$ref`)."""
        shown = self.answer(steps, Options(
            options.filter, options.order, ("id",), (), options.top, options.skip, options.count, False, options.after,
            {name: text for name, text in options.texts.items() if name not in ("$select", "$expand")},
        ))  # fmt: skip
        links = [{"@iot.selfLink": one["@iot.selfLink"]} for one in shown.get("value", [shown])]
        if "value" not in shown:
            return links[0]
        if "@iot.nextLink" in shown:
            path = self.path(steps)
            shown["@iot.nextLink"] = shown["@iot.nextLink"].replace(path, path + "/$ref", 1)
        return shown | {"value": links}

    def path(self, steps: list[Step]) -> str:
        parts = [step.name if step.key is None else step.name + shapes.bracketed(step.key) for step in steps]
        return "/".join([self._frame.root, *parts])

    def _walk(self, steps: list[Step]) -> tuple[EntitySet, _Held, bool]:
        """The set the last step speaks of; what holds there, as (link, key) or (None, id); whether it is one entity.
        The steps before it are entities that have to exist."""
        of, conditions, one = self._begin(steps[0])
        for step in steps[1:]:
            link = of.links.get(step.name)
            if link is None or not one or (step.key is not None and not link.many):
                raise Refusal(404, NOT_HERE)
            found = self._list(of, Options(top=1), conditions, needed=(link.here,))
            if not found:
                raise Refusal(404, NOT_HERE)
            of, one = SETS[link.target], step.key is not None or not link.many
            conditions: _Held = [(link, found[0][link.here])]
            if step.key is not None:
                conditions.append((None, step.key))
        return of, conditions, one

    def _begin(self, step: Step) -> tuple[EntitySet, _Held, bool]:
        of = SETS.get(step.name)
        if of is None:
            raise Refusal(404, NOT_HERE)
        conditions: _Held = [] if step.key is None else [(None, step.key)]
        return of, conditions, step.key is not None

    def _page(self, of: EntitySet, options: Options, conditions: _Held, path: str) -> dict[str, Any]:
        found = self._list(of, options, conditions)
        answer: dict[str, Any] = {}
        if options.count:
            answer["@iot.count"] = self._count(of, options, conditions)
        if found.more:
            answer["@iot.nextLink"] = f"{path}?{paging.following(of, options, found[-1], len(found))}"
        if options.array:
            if of.name != "Observations" or options.expand:
                raise Refusal(400, DOES_NOT_FIT, what="$resultFormat=dataArray")
            return answer | {"value": shapes.data_array(self._frame, found, options.select)}
        return answer | {"value": self._shown(of, found, options)}

    def _list(
        self,
        of: EntitySet,
        options: Options,
        conditions: _Held,
        needed: tuple[str, ...] = (),
    ) -> Found:
        """One page of a set, one row more than asked to know whether there is a next one."""
        statement, row = Statement(), Row(of, "c")
        where = [self._held(statement, row, link, key) for link, key in conditions]
        limit = paging.limit(of, options)
        text = self._select(statement, row, options, where, limit, _more_columns(of, options.expand, needed))
        rows = [dict(one._mapping) for one in self._run(text, statement)]
        found = Found(rows[:limit])
        found.more = len(rows) > limit > 0
        return found

    def _select(
        self, statement: Statement, row: Row, options: Options, where: list[str], limit: int, more: tuple[str, ...]
    ) -> str:
        of = row.of
        parts = [*where]
        if options.filter is not None:
            parts.append(statement.condition(row, options.filter))
        if options.after:
            parts.append(paging.beyond(statement, row, options))
        order = paging.order(statement, row, options)
        skip = 0 if options.after else min(options.skip, paging.FARTHEST)
        relation = RELATIONS[of.name]
        if paging.newest_of_all(of, options) and not where:
            relation = _by_datastream(statement, options, limit + 1 + skip)
        return (
            f"select {columns(of.name, row.alias, more)} from ({relation}) {row.alias}"  # noqa: S608
            f" where {' and '.join(parts) or 'true'} order by {order}"
            f" limit {statement.bind(limit + 1)} offset {statement.bind(skip)}"
        )

    def _held(self, statement: Statement, row: Row, link: Link | None, key: Any) -> str:
        if link is not None:
            return link.holds(row.alias, statement.bind(key)) if key is not None else "false"
        if row.of.key == "observation":
            found = read_observation(str(key))
            if found is None:
                raise Refusal(404, NOT_HERE)
            stream, moment = (statement.bind(part) for part in found)
            return f"{row.alias}.datastream_id = {stream} and {row.alias}.phenomenon_time = {moment}"
        fits = isinstance(key, int) and 0 <= key <= 2**63 - 1 if row.of.key == "integer" else isinstance(key, str)
        if not fits:
            raise Refusal(404, NOT_HERE)
        return f"{row.alias}.id = {statement.bind(key)}"

    def _shown(
        self, of: EntitySet, rows: list[dict[str, Any]], options: Options, times: list[int] | None = None
    ) -> list[dict[str, Any]]:
        """Rows as entities. `times`: how often each will stand in the answer, where several entities lead to it."""
        entities = [shapes.entity(self._frame, of, row, options.select) for row in rows]
        for expand in options.expand:
            self._expand(of, rows, entities, times or [1] * len(rows), expand)
        return entities

    def _expand(
        self,
        of: EntitySet,
        rows: list[dict[str, Any]],
        entities: list[dict[str, Any]],
        times: list[int],
        expand: Expand,
    ) -> None:
        """Put what a link leads to into the entities: one statement for all of them."""
        link, options = of.links[expand.name], expand.options
        target = SETS[link.target]
        _check(target, options)
        parents: Counter[Any] = Counter()
        for row, often in zip(rows, times, strict=True):
            if row[link.here] is not None:
                parents[row[link.here]] += often
        keys = list(parents)
        limit = paging.limit_for_each(target, options, parents.total(), self._left) if link.many else 1
        groups = self._children(link, target, options, keys, limit)
        children = [(child, parents[key]) for key, group in groups.items() for child in group[:limit]]
        self._left -= sum(often for _child, often in children)
        if self._left < 0:
            raise Refusal(400, TOO_MUCH, what="$expand")
        shown = iter(self._shown(target, [one for one, _often in children], options, [n for _one, n in children]))
        by_key = {key: [next(shown) for _child in group[:limit]] for key, group in groups.items()}
        counts = self._counts(link, target, options, keys) if options.count and link.many else {}
        for row, one in zip(rows, entities, strict=True):
            key = row[link.here]
            one.pop(f"{expand.name}@iot.navigationLink", None)
            if not link.many:
                one[expand.name] = (by_key.get(key) or [None])[0]
                continue
            if options.count:
                one[f"{expand.name}@iot.count"] = counts.get(key, 0)
            one[expand.name] = by_key.get(key, [])
            if len(groups.get(key, ())) > limit > 0:
                path = shapes.address(self._frame.root, of, shapes.identifier(of, row))
                query = paging.following(target, options, groups[key][limit - 1], limit)
                one[f"{expand.name}@iot.nextLink"] = f"{path}/{expand.name}?{query}"

    def _children(
        self, link: Link, target: EntitySet, options: Options, keys: list[Any], limit: int
    ) -> dict[Any, list[dict[str, Any]]]:
        """Rows of the target by key, each group one longer than its limit when there are more."""
        if not keys:
            return {}
        statement, row = Statement(), Row(target, "c")
        kind = "bigint" if isinstance(keys[0], int) else "text"
        bound = statement.bind(keys)
        inner = self._select(
            statement, row, options, [link.holds("c", "k.key")], limit, _more_columns(target, options.expand)
        )
        text = (
            f"select k.key as of_key, f.* from unnest(cast({bound} as {kind}[])) with ordinality k(key, at)"  # noqa: S608
            f" cross join lateral (select i.*, row_number() over () as of_row from ({inner}) i) f"
            " order by k.at, f.of_row"
        )
        groups: dict[Any, list[dict[str, Any]]] = {}
        for one in self._run(text, statement):
            child = dict(one._mapping)
            del child["of_row"]
            groups.setdefault(child.pop("of_key"), []).append(child)
        return groups

    def _count(self, of: EntitySet, options: Options, conditions: _Held) -> int:
        """How many there are: of observations without a filter from the days, else one by one up to a bound."""
        link, key = conditions[0] if conditions else (None, None)
        if of.name == "Observations" and options.filter is None and (not conditions or (link and link.there)):
            return self._sum_of_days([key] if conditions else None).get(key if conditions else None, 0)
        statement, row = Statement(), Row(of, "c")
        where = [self._held(statement, row, link, key) for link, key in conditions]
        if options.filter is not None:
            where.append(statement.condition(row, options.filter))
        text = (
            f"select count(*) as number from (select from ({RELATIONS[of.name]}) c"  # noqa: S608
            f" where {' and '.join(where) or 'true'} limit {statement.bind(MOST_COUNTED + 1)}) n"
        )
        return _counted(self._run(text, statement)[0].number, MOST_COUNTED)

    def _counts(self, link: Link, target: EntitySet, options: Options, keys: list[Any]) -> dict[Any, int]:
        if not keys:
            return {}
        if target.name == "Observations" and options.filter is None and link.there:
            return self._sum_of_days(keys)
        statement, row = Statement(), Row(target, "c")
        where = [link.holds("c", "k.key")]
        if options.filter is not None:
            where.append(statement.condition(row, options.filter))
        kind = "bigint" if isinstance(keys[0], int) else "text"
        most = statement.bind(MOST_COUNTED // len(keys) + 1)
        text = (
            f"select k.key as of_key, n.number from unnest(cast({statement.bind(keys)} as {kind}[])) k(key)"  # noqa: S608
            f" cross join lateral (select count(*) as number from (select from ({RELATIONS[target.name]}) c"
            f" where {' and '.join(where)} limit {most}) b) n"
        )
        rows = self._run(text, statement)
        return {one.of_key: _counted(one.number, MOST_COUNTED // len(keys)) for one in rows}

    def _sum_of_days(self, streams: list[Any] | None) -> dict[Any, int]:
        """Numbers of observations by datastream (None: of all), which the days know exactly."""
        public = f"select d.id from ({RELATIONS['Datastreams']}) d"  # noqa: S608  fixed words
        which = "d.datastream_id = any(:streams)" if streams is not None else f"d.datastream_id in ({public})"
        group = "d.datastream_id" if streams is not None else "null"
        text = (
            f"select {group} as of_key, coalesce(sum(d.count), 0) as number"  # noqa: S608  fixed words
            f" from steamcity_sensors_day d where {which}" + (" group by 1" if streams is not None else "")
        )
        statement = Statement()
        statement.values["streams"] = streams or []
        return {one.of_key: int(one.number) for one in self._run(text, statement)}

    def _run(self, text: str, statement: Statement) -> list[Any]:
        if time.monotonic() > self._until:
            raise Refusal(503, TOO_SLOW)
        asked = sa.text(text)
        bound = {name: value for name, value in self._bound.items() if f":{name}" in text}
        return list(self._session.execute(asked, statement.values | bound).all())


def _counted(number: int, most: int) -> int:
    if number > most:
        raise Refusal(400, TOO_MANY_TO_COUNT, number=most)
    return number


def _check(of: EntitySet, options: Options) -> None:
    """Names that are not there are told before anything is read."""
    for name in options.select:
        if name != "id" and name not in of.properties and name not in of.links:
            raise Refusal(400, NO_SUCH, kind=of.name, name=shortened(name))
    for expand in options.expand:
        if expand.name not in of.links:
            raise Refusal(400, NO_SUCH, kind=of.name, name=shortened(expand.name))
        if expand.options.array:
            raise Refusal(501, NOT_SUPPORTED, what="$expand($resultFormat)")
        _check(SETS[of.links[expand.name].target], expand.options)


def _more_columns(of: EntitySet, expands: tuple[Expand, ...], needed: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The one column that is read only where a link starts from it, because it is a search of its own for each row."""
    wanted = {of.links[expand.name].here for expand in expands} | set(needed)
    return ("place_id",) if of.name == "Observations" and "place_id" in wanted else ()


def _by_datastream(statement: Statement, options: Options, most: int) -> str:
    """Observations of everything in order of time: the first ones of each datastream, which its index knows, instead of
    a sort of all there are."""
    row = Row(SETS["Observations"], "i")
    beyond = f"and {paging.beyond(statement, row, options)}" if options.after else ""
    return (
        f"select x.* from ({RELATIONS['Datastreams']}) d cross join lateral ("  # noqa: S608
        f" select i.* from ({RELATIONS['Observations']}) i where i.datastream_id = d.id {beyond}"
        f" order by {paging.order(statement, row, options)} limit {statement.bind(most)}) x"
    )
