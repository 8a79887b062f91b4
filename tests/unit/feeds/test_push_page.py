"""docs/feeds/push.md lists what a push may bring, as `schemas/phenomena.yaml` has it."""

from __future__ import annotations

from pathlib import Path

from ckanext.steamcity.harvesters.feeds import quantities
from ckanext.steamcity.protocols import loader
from ckanext.steamcity.protocols.units import symbol

PAGE = Path(__file__).resolve().parents[3] / "docs" / "feeds" / "push.md"


def line(observed, unit):
    name = loader.read_yaml("phenomena.yaml")[observed]["names"][0]
    return f"| `{observed}` | {name} | {symbol(unit) or '1 (or none)'} |"


def test_the_page_lists_every_quantity_with_its_unit():
    rows = [one for one in PAGE.read_text(encoding="utf-8").splitlines() if one.startswith("| `")]
    wanted = [line(*pair) for pair in quantities.known().items()]
    assert [one for one in rows if one in wanted] == wanted


def test_what_the_page_says_is_read():
    for observed, unit in quantities.known().items():
        name = loader.read_yaml("phenomena.yaml")[observed]["names"][0]
        for title in (observed, name):
            found = quantities.quantity((title,), (symbol(unit),))
            assert found, (title, unit)
            assert (found.observed, found.unit) == (observed, unit)
