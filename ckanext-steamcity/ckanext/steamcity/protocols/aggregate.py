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

from .clean import CleanTable
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
    for column in clean.columns:
        if column.name in names or column.role == "time" or column.type in ("text", "media", "datetime", "date"):
            continue
        for made, values in _measures(clean, column, groups, members, rule.minimum_group):
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
        suppressed_groups=len(result.hidden),
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
) -> list[tuple[Column, list[Any]]]:
    answers = [[v for i in members[group] if (v := clean.data[column.name][i]) is not None] for group in groups]
    # the size of a group is published once; a question fewer people answered must not make a smaller group
    found: list[tuple[Column, list[Any]]] = []
    if column is _first_measured(clean):
        found.append((_size(), [len(members[group]) for group in groups]))
    if column.numeric:
        means = [round(fmean(values), _DECIMALS) if len(values) >= least else None for values in answers]
        return [*found, (_derived(column, "mean"), means)]
    options: list[tuple[Any, Text | None, str]]
    if column.type == "boolean":
        options = [(True, None, "share")]
    else:
        options = [(choice.value, choice.titles, f"share_{choice.value}") for choice in column.choices]
    for value, titles, suffix in options:
        shares = [
            round(values.count(value) / len(values), _DECIMALS) if len(values) >= least else None for values in answers
        ]
        found.append((_derived(column, suffix, titles), shares))
    return found


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
    """A column of a published table: the protocol's own, or the size, mean or share an aggregate has made; None when it
    is neither."""
    if name in protocol.by_name:
        return protocol.by_name[name]
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
