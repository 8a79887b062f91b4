"""Cities side by side: the same units, the same scale, nothing weighed wrongly, nobody ranked."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from ckanext.steamcity import protocols
from ckanext.steamcity.protocols import sample, twin_charts, twins

CO2 = protocols.load("co2-indoor")
MARCH = (date(2026, 3, 2), date(2026, 3, 11))


def series(level: float, days: int = 2, name: str = "co2") -> list[dict[str, Any]]:
    """A reading an hour: ``level`` by night, twice as much from 8 to 16 o'clock UTC."""
    start = datetime(2026, 3, 2, tzinfo=UTC)
    moments = [start + timedelta(hours=hour) for hour in range(24 * days)]
    return [
        {"time": f"{one:%Y-%m-%dT%H:%M:%SZ}", name: level * (2 if 8 <= one.hour < 16 else 1), "quality_flag": 1}
        for one in moments
    ]


def part(
    city: str,
    rows: list[dict[str, Any]],
    protocol: protocols.Protocol = CO2,
    school: str = "a",
    days: Any = MARCH,
    **more: Any,
) -> twins.Part:
    return twins.Part(city, school, *days, True, twins.reduce(protocol, rows, **more))


def test_hours_are_those_of_the_city() -> None:
    """Eight o'clock in Sofia is six in UTC."""
    utc = twins.reduce(CO2, series(400))
    sofia = twins.reduce(CO2, series(400), timezone="Europe/Sofia")
    assert utc.spreads["co2"][8].grid[10] == 800
    assert sofia.spreads["co2"][8].grid[10] == 400
    assert sofia.spreads["co2"][10].grid[10] == 800


def test_units_are_made_the_same() -> None:
    """A table in °F is compared in °C; one whose unit cannot become ours is left out, and says so."""
    fahrenheit = series(50, name="temperature")
    table = twins.reduce(CO2, fahrenheit, written_in={"temperature": "[degF]"})
    assert table.spreads["temperature"][0].grid[10] == pytest.approx(10)
    odd = twins.reduce(CO2, series(1, name="co2"), written_in={"co2": "ug/m3"})
    assert odd.left_out == ("co2",)
    assert "co2" not in odd.spreads
    assert twins.cities(CO2, [part("sofia", series(1), written_in={"co2": "ug/m3"})]) == {}


def test_failed_rows_are_not_compared_but_counted_as_doubtful() -> None:
    rows = series(400)
    rows[0] |= {"co2": 9000.0, "quality_flag": 4}
    table = twins.reduce(CO2, rows)
    assert table.doubtful == 1
    assert max(table.spreads["co2"][0].grid) == 400


def test_quantiles_of_several_tables_weigh_by_their_number() -> None:
    few, many = twins.Spread(10, (100.0,) * 21), twins.Spread(990, (500.0,) * 21)
    assert twins.quantiles([few, many], (0.1, 0.5, 0.9)) == [500.0, 500.0, 500.0]
    assert twins.quantiles([few, twins.Spread(10, (500.0,) * 21)], (0.1, 0.9)) == [100.0, 500.0]


def test_figures_of_a_city() -> None:
    """n, period, share above each line, and how sure in words."""
    found = twins.facts(CO2, [part("sofia", series(400)), part("sofia", series(900), school="b")])
    value = next(one for one in found["values"] if one["column"] == "co2")
    assert (found["results"], found["schools"], found["rows"]) == (2, 2, 96)
    assert (found["start"], found["end"]) == MARCH
    assert value["count"] == 96
    # above 800: all hours of the second; 400 doubled is 800, which is not above
    assert value["above"][0]["share"] == pytest.approx(0.5)
    assert value["above"][1]["share"] == pytest.approx(16 / 96)
    assert "{number} results" in found["sure"][0]["text"]
    short = twins.sure([part("sofia", series(400), days=(date(2026, 3, 2), date(2026, 3, 3)))])
    assert [message.text.split()[0] for message in short] == ["One", "Less"]


def test_cities_stand_by_name_on_one_scale() -> None:
    parts = [part("sofia", series(900)), part("aix", series(500)), part("napoli", series(400))]
    found = twins.cities(CO2, parts)
    names = {"sofia": "Sofia", "aix": "Aix", "napoli": "Naples"}
    for width, columns in ((720, 3), (310, 1)):
        day, overall = twin_charts.charts(CO2, found, names, "en", width, "Hour")
        assert day["facet"]["sort"] == ["Aix", "Naples", "Sofia"]
        assert day["columns"] == columns
        assert day["resolve"]["scale"]["y"] == "shared"
        assert len(day["data"]["values"]) == 3 * 24
        assert [point["city"] for point in overall["data"]["values"]] == ["Aix", "Naples", "Sofia"]
        rules = [layer for layer in day["spec"]["layer"] if layer["mark"]["type"] == "rule"]
        assert [rule["encoding"]["y"]["datum"] for rule in rules] == [800, 1500]


def test_a_trial_of_some_hours_has_no_usual_day() -> None:
    mix = protocols.load("energy-mix")
    rows = list(sample.sample_table(mix).rows)
    found = twins.cities(mix, [part("a", rows, mix), part("b", rows, mix)])
    kinds = {spec["usermeta"]["kind"] for spec in twin_charts.charts(mix, found, {"a": "A", "b": "B"}, "en", 720)}
    assert kinds == {"range"}


def test_counts_become_shares_so_that_more_rows_are_not_longer_bars() -> None:
    facts = protocols.load("factbusters")
    few = [{"verdict": "is_true", "channel": "news"}, {"verdict": "is_false", "channel": "news"}]
    found = twins.cities(facts, [part("a", few, facts), part("b", few * 50, facts)])
    (spec,) = twin_charts.charts(facts, found, {"a": "A", "b": "B"}, "en", 720)
    assert {point["y"] for point in spec["data"]["values"]} == {0.5}
    assert spec["usermeta"]["share"] is True


def test_groups_of_answers_weigh_by_their_size() -> None:
    """Two published groups of 10 and 30 answers: their mean is nearer to the larger one."""
    protocol = protocols.load("light-vs-zzz")
    one = [{"evening": "dim", "n": 10, "fall_asleep_mean": 10.0}]
    other = [{"evening": "dim", "n": 30, "fall_asleep_mean": 30.0}]
    found = twins.facts(protocol, [part("a", one, protocol), part("a", other, protocol, school="b")])
    assert found["groups"] == [{"group": "dim", "series": "fall_asleep", "value": 25.0, "weight": 40.0}]
    assert found["rows"] == 40


def test_different_seasons_are_said() -> None:
    winter, summer = (date(2026, 1, 5), date(2026, 1, 9)), (date(2026, 6, 1), date(2026, 6, 5))
    apart = twins.apart({"a": [part("a", series(1), days=winter)], "b": [part("b", series(1), days=summer)]})
    assert len(apart) == 1
    assert "seasons" in apart[0].text
    assert twins.apart({"a": [part("a", series(1))], "b": [part("b", series(1))]}) == []


@pytest.mark.parametrize("slug", protocols.slugs())
def test_every_protocol_can_be_compared(slug: str) -> None:
    """Two cities with its sample give charts with numbers, in every language."""
    protocol = protocols.load(slug)
    rows = list(sample.sample_table(protocol).rows)
    found = twins.cities(protocol, [part("a", rows, protocol), part("b", rows, protocol)])
    assert set(found) == {"a", "b"}
    for language in protocols.LANGUAGES:
        specs = twin_charts.charts(protocol, found, {"a": "А", "b": "Б"}, language, 720, "Час")
        assert specs
        for spec in specs:
            assert {point["city"] for point in spec["data"]["values"]} == {"А", "Б"}
