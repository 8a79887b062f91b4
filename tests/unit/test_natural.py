"""Lists in the order people expect."""

from __future__ import annotations

from ckanext.steamcity import natural


def test_figures_are_sorted_by_their_value():
    names = ["paris-10", "paris-2", "Paris", "paris-1", "1er", "", "12", "9" * 30, "4"]
    assert sorted(names, key=natural.key) == ["", "1er", "4", "12", "9" * 30, "Paris", "paris-1", "paris-2", "paris-10"]
