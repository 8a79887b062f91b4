"""Coarsening of places and times, and small groups."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import h3
import pytest
from ckanext.steamcity.privacy import (
    coarsen_point,
    coarsen_time,
    merge_cells,
    network_place,
    policy,
    round_point,
    suppress,
)
from ckanext.steamcity.privacy.policy import CLASSES, SETTINGS
from hypothesis import given, settings
from hypothesis import strategies as st

points = st.tuples(st.floats(43.50, 43.56), st.floats(5.40, 5.50))


@pytest.mark.parametrize(
    ("privacy_class", "setting", "kind", "resolution", "time_step"),
    [
        ("P0", "school", "area", 8, "as_measured"),
        ("P0", "public_space", "cell", 9, "as_measured"),
        ("P0", "home", "area", 7, "day"),
        ("P0", "unknown", "cell", 8, "as_measured"),
        ("P1", "walk", "cell", 9, "hour"),
        ("P1", "public_space", "cell", 9, "hour"),
        ("P1", "home", "area", 7, "day"),
        ("P2", "respondents", "area", 7, "period"),
        ("P3", "school", "area", 7, "period"),
    ],
)
def test_the_table(privacy_class: str, setting: str, kind: str, resolution: int, time_step: str) -> None:
    """The policies that docs/privacy.md promises."""
    chosen = policy(privacy_class, setting)
    assert (chosen.kind, chosen.resolution, chosen.time_step) == (kind, resolution, time_step)


def test_no_policy_is_finer_than_resolution_nine_and_answers_come_in_groups() -> None:
    """Over every class and setting, also settings nobody has heard of."""
    for privacy_class in CLASSES:
        for setting in (*SETTINGS, "something else"):
            chosen = policy(privacy_class, setting)
            assert chosen.resolution <= 9
            assert chosen.point_decimals in (None, 3)
            if privacy_class in ("P2", "P3"):
                assert chosen.minimum_group == 5
    with pytest.raises(ValueError, match="privacy class"):
        policy("P9", "school")


@given(points, points)
def test_a_published_cell_tells_no_more_than_its_policy(one: tuple[float, float], other: tuple[float, float]) -> None:
    """Coarsening is the same every time, and coarsening the result again changes nothing."""
    chosen = policy("P1", "walk")
    cell = coarsen_point(*one, chosen)
    assert cell == coarsen_point(*one, chosen)
    assert h3.get_resolution(cell) == 9
    assert coarsen_point(*h3.cell_to_latlng(cell), chosen) == cell
    assert all(round(value, 3) == value for value in round_point(*other, decimals=7))


@settings(max_examples=100, deadline=None)
@given(st.lists(points, min_size=1, max_size=60))
def test_thin_cells_are_merged(measured: list[tuple[float, float]]) -> None:
    """A fine cell holds three points or is not published; what is missing under a parent is never one or two points."""
    chosen = policy("P1", "walk")
    cells = [coarsen_point(*point, chosen) for point in measured]
    published = merge_cells(cells, chosen)
    fine = Counter(cell for cell in cells if published[cell] == cell)
    assert all(count >= 3 for count in fine.values())
    merged = Counter(published[cell] for cell in cells if published[cell] != cell)
    for parent, count in merged.items():
        assert h3.get_resolution(parent) == 8
        assert count >= 3 or not any(h3.cell_to_parent(cell, 8) == parent for cell in fine)


def test_times_are_cut() -> None:
    """To the hour, to the day, or away."""
    moment = datetime(2026, 3, 3, 7, 35, 12, tzinfo=UTC)
    assert coarsen_time(moment, policy("P0", "school")) == moment
    assert coarsen_time(moment, policy("P1", "walk")) == datetime(2026, 3, 3, 7, tzinfo=UTC)
    assert coarsen_time(moment, policy("P1", "home")) == datetime(2026, 3, 3, tzinfo=UTC)
    assert coarsen_time(moment, policy("P2", "respondents")) is None


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 30), max_size=12), st.integers(2, 8))
def test_hidden_groups_cannot_be_worked_out(groups: dict[str, int], k: int) -> None:
    """No published group is small; total minus published is nothing, or k people in two groups, or everybody."""
    result = suppress(groups, k)
    assert all(n == 0 or n >= k for n in result.published.values())
    hidden = sum(groups[key] for key in result.hidden)
    assert not result.hidden or (len(result.hidden) >= 2 and hidden >= k) or not any(result.published.values())
    assert set(result.published) | set(result.hidden) == set(groups)


@settings(deadline=None)
@given(st.dictionaries(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), st.integers(0, 30)))
def test_crossed_tables_protect_rows_and_columns(groups: dict[tuple[str, str], int]) -> None:
    """In every row and every column of a crossed table the same holds."""
    result = suppress(groups, 5)
    for position in (0, 1):
        for value in {key[position] for key in groups}:
            line = [key for key in groups if key[position] == value]
            inside = [key for key in line if key in result.hidden]
            open_ = sum(result.published.get(key, 0) for key in line)
            assert not inside or (len(inside) >= 2 and sum(groups[key] for key in inside) >= 5) or open_ == 0


def test_one_small_group_takes_a_second_with_it() -> None:
    """Hiding only the 3 would give them away as 32 minus 29."""
    assert suppress({"on foot": 3, "bus": 9, "car": 20}, 5).hidden == ["on foot", "bus"]


@pytest.mark.parametrize(("exposure", "finest"), [("outdoor", 9), ("indoor", 8), ("unknown", 8), ("mobile", 8)])
def test_a_network_is_not_placed_more_exactly_than_its_sensors(exposure: str, finest: int) -> None:
    for resolution in range(5, 13):
        cell = h3.latlng_to_cell(43.52912, 5.44748, resolution)
        shown = network_place(f"cell:{cell}", exposure).removeprefix("cell:")
        assert h3.get_resolution(shown) == min(resolution, finest)
        assert h3.cell_to_parent(cell, h3.get_resolution(shown)) == shown
    assert network_place("area:aix-1", exposure) == "area:aix-1"
    assert network_place("", exposure) == ""
