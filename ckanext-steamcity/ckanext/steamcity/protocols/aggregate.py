"""Answers of people → groups with their size, means and shares; small groups are left out so that nobody can be
worked out. Pure.

Only what this returns is ever published: single rows stay in memory and are forgotten.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from statistics import fmean
from typing import Any

from ckanext.steamcity import privacy

from .cells import CELL, cell_column, located
from .clean import CleanTable, LeftOut
from .loader import terms
from .model import GOOD, Column, Protocol, Text

_DECIMALS = 2


def aggregate(clean: CleanTable) -> CleanTable:
    """The table by group: the group's columns, ``n``, a mean for each number, a share (0 to 1) for each answer."""
    rule = clean.protocol.aggregate
    if rule is None:
        return clean
    names = list(rule.group_by)
    members: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for i, value in enumerate(zip(*(clean.data[name] for name in names), strict=True)):
        members[value].append(i)
    result = privacy.suppress({group: len(rows) for group, rows in members.items()}, rule.minimum_group)
    groups = sorted(result.published, key=repr)
    columns, data = _group_columns(clean, names, groups)
    emptied = 0
    for column in clean.columns:
        if column.name in names or column.role == "time" or column.type in ("text", "media", "datetime", "date"):
            continue
        found, empty = _measures(clean, column, groups, members, rule.minimum_group)
        emptied += empty
        for made, values in found:
            columns.append(made)
            data[made.name] = values
    quality = replace(
        clean.quality,
        rows=len(groups),
        expected=None,
        completeness=None,
        flags={GOOD: len(groups)} if groups else {},
        tests={},
    )
    return CleanTable(
        clean.protocol,
        columns,
        data,
        [GOOD] * len(groups),
        quality,
        clean.period_start,
        clean.period_end,
        left_out=LeftOut(
            minimum=rule.minimum_group,
            small=sum(1 for group in result.hidden if len(members[group]) < rule.minimum_group),
            protecting=sum(1 for group in result.hidden if len(members[group]) >= rule.minimum_group),
            answers=sum(len(members[group]) for group in result.hidden),
            all_answers=len(clean.flags),
            shares=emptied,
        ),
    )


def _group_columns(
    clean: CleanTable, names: list[str], groups: list[tuple[Any, ...]]
) -> tuple[list[Column], dict[str, list[Any]]]:
    columns = [replace(clean.protocol.by_name[name], role="group") for name in names]
    data: dict[str, list[Any]] = {name: [group[k] for group in groups] for k, name in enumerate(names)}
    return columns, data


def _measures(
    clean: CleanTable,
    column: Column,
    groups: list[tuple[Any, ...]],
    members: dict[tuple[Any, ...], list[int]],
    least: int,
) -> tuple[list[tuple[Column, list[Any]]], int]:
    """The columns made of one question, and how many of their shares are left empty."""
    answers = [[v for i in members[group] if (v := clean.data[column.name][i]) is not None] for group in groups]
    # the size of a group is published once; a question fewer people answered must not make a smaller group
    found: list[tuple[Column, list[Any]]] = []
    if column is _first_measured(clean):
        found.append((_size(), [len(members[group]) for group in groups]))
    if column.numeric:
        means = [round(fmean(values), _DECIMALS) if len(values) >= least else None for values in answers]
        return [*found, (_derived(column, "mean"), means)], 0
    options: list[tuple[Any, Text | None, str]]
    if column.type == "boolean":
        options = [(True, None, "share")]
        possible: list[Any] = [True, False]
    else:
        options = [(choice.value, choice.titles, f"share_{choice.value}") for choice in column.choices]
        possible = [choice.value for choice in column.choices]
    shares = [_shares(values, possible, least) for values in answers]
    emptied = 0
    for value, titles, suffix in options:
        told = [one.get(value) for one in shares]
        emptied += told.count(None)
        found.append((_derived(column, suffix, titles), told))
    return found, emptied


def _shares(values: list[Any], possible: list[Any], least: int) -> dict[Any, float]:
    """The shares that may be told. With the size of the group a share is a number of people: one that stands for fewer
    than `least`, but somebody, is left empty, and as many others as it takes that none can be worked out."""
    if len(values) < least:
        return {}
    every = {one: values.count(one) for one in possible}
    counts = dict(privacy.suppress(every, least).published)
    # As large as one that is hidden: which of the two was hidden would say something of the others.
    hidden = {count for one, count in every.items() if one not in counts}
    counts = {one: count for one, count in counts.items() if not count or count not in hidden}
    while counts and _worked_out([count for one, count in every.items() if one not in counts], least):
        # The smallest that somebody gave; one that nobody gave where there is no other.
        del counts[min(counts, key=lambda one: (not counts[one], counts[one]))]
    return {one: round(count / len(values), _DECIMALS) for one, count in counts.items()}


def _worked_out(hidden: list[int], least: int) -> bool:
    """Whether the sum of the hidden ones, which everybody can compute, says each of them: all as small or all as large
    as a hidden one can be."""
    return bool(hidden) and sum(hidden) in (len(hidden), len(hidden) * (least - 1))


def _first_measured(clean: CleanTable) -> Column | None:
    rule = clean.protocol.aggregate
    skip = set(rule.group_by) if rule else set()
    return next(
        (
            c
            for c in clean.columns
            if c.name not in skip and c.role != "time" and c.type not in ("text", "media", "datetime", "date")
        ),
        None,
    )


def published_column(protocol: Protocol, name: str) -> Column | None:
    """A column of a published table: the protocol's own, the cell of its points, or the size, mean or share an
    aggregate has made; None when it is none of them."""
    if name in protocol.by_name:
        return protocol.by_name[name]
    if name == CELL and located(protocol):
        return cell_column()
    if name == "n":
        return _size()
    for column in protocol.columns:
        if name == f"{column.name}_mean":
            return _derived(column, "mean")
        if name == f"{column.name}_share":
            return _derived(column, "share")
        for choice in column.choices:
            if name == f"{column.name}_share_{choice.value}":
                return _derived(column, f"share_{choice.value}", choice.titles)
    return None


def _size() -> Column:
    words = terms()["derived"]
    return Column("n", "integer", words["n"], words["n_description"], unit="1", role="value", minimum=0)


def _derived(column: Column, suffix: str, choice: Text | None = None) -> Column:
    kind = "mean" if suffix == "mean" else "share_of" if choice else "share"
    titles = {
        language: text.format(title=column.titles[language], choice=choice[language] if choice else "")
        for language, text in terms()["derived"][kind].items()
    }
    low, high = (column.minimum, column.maximum) if kind == "mean" else (0, 1)
    return Column(
        f"{column.name}_{suffix}",
        "number",
        titles,
        column.descriptions,
        unit=column.unit if kind == "mean" else "1",
        property=column.property,
        role="value",
        minimum=low,
        maximum=high,
    )
