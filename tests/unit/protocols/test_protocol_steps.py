"""How finely moments of a series are published: as measured, by the hour, by the day. And how complete it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ckanext.steamcity import protocols

NOW = datetime(2026, 6, 1, tzinfo=UTC)
WALLS = protocols.load("warm-walls")
NAMES = ("indoor_temperature", "outdoor_temperature", "inner_wall_temperature", "outer_wall_temperature")


def walls(rows: int = 96, minutes: int = 15, *, change: dict[int, str] | None = None) -> bytes:
    """Readings every quarter of an hour; in row n the air inside is 20 + n % 4."""
    start, lines = datetime(2026, 1, 20, 7, tzinfo=UTC), [",".join(("time", *NAMES))]
    for n in range(rows):
        inside = (change or {}).get(n, f"{20 + n % 4}.0")
        moment = start + timedelta(minutes=n * minutes)
        lines.append(f"{moment:%Y-%m-%dT%H:%M:%SZ},{inside},{3 + n % 3}.1,18.{n % 2},4.{n % 2}")
    return "\n".join(lines).encode()


def test_at_school_the_hours():
    """Means of each hour, at its beginning."""
    report = protocols.check_file(walls(), WALLS, now=NOW)
    assert report.ok
    rows = report.clean.rows
    assert len(rows) == 24
    assert rows[0]["time"] == datetime(2026, 1, 20, 7, tzinfo=UTC)
    assert rows[0]["indoor_temperature"] == 21.5
    assert all(row["time"].minute == row["time"].second == 0 for row in rows)


def test_at_home_the_days():
    """Nobody sees when somebody was in."""
    report = protocols.check_file(walls(), WALLS.at("home"), now=NOW)
    rows = report.clean.rows
    assert [row["time"] for row in rows] == [datetime(2026, 1, 20 + n, tzinfo=UTC) for n in range(2)]
    text = report.clean.to_csv().decode()
    assert "T07" not in text
    assert not protocols.too_fine(WALLS.at("home"), [line.split(",")[0] for line in text.splitlines()[1:]])


def test_one_wrong_minute_is_no_wrong_day():
    """The flag of most rows is the flag of the mean; a value left out is not in it."""
    data = walls(change={1: "999"})
    report = protocols.check_file(data, WALLS, hints={"decisions": {"out_of_range": "leave_out"}}, now=NOW)
    first = report.clean.rows[0]
    assert first["indoor_temperature"] == round((20 + 22 + 23) / 3, 4)
    assert first["quality_flag"] == 1
    most = protocols.check_file(
        walls(change=dict.fromkeys((1, 2, 3), "999")),
        WALLS,
        hints={"decisions": {"out_of_range": "leave_out"}},
        now=NOW,
    )
    assert most.clean.rows[0]["quality_flag"] == 4


def test_read_back_it_is_the_same_table():
    """A published table is not made coarser again."""
    for protocol in (WALLS, WALLS.at("home")):
        written = protocols.check_file(walls(24 * 40, 60), protocol, now=NOW).clean.to_csv()
        again = protocols.check_file(written, protocol, hints={"decisions": {"out_of_range": "keep"}}, now=NOW)
        assert again.clean.to_csv() == written


def test_where_nothing_points_to_a_person_times_stay():
    """P0, and what is no setting of the protocol."""
    co2 = protocols.load("co2-indoor")
    assert protocols.time_step(co2) == "as_measured"
    assert co2.at("home") is co2
    assert co2.at(None) is co2
    assert not protocols.too_fine(co2, ["2026-03-03T07:05:00Z"])


def test_too_fine_times_are_seen():
    """Also a single one among many."""
    assert protocols.time_step(WALLS) == "hour"
    assert protocols.too_fine(WALLS, ["2026-01-20T07:00:00Z", "2026-01-20T07:15:00Z"])
    assert not protocols.too_fine(WALLS, ["2026-01-20T07:00:00Z", ""])
    assert protocols.too_fine(WALLS.at("home"), ["2026-01-20T07:00:00Z"])


def co2(rows: int, empty: tuple[int, ...]) -> bytes:
    """Readings every five minutes, some without a value."""
    start, lines = datetime(2026, 3, 2, 7, tzinfo=UTC), ["time,co2"]
    for n in range(rows):
        moment = start + timedelta(minutes=5 * n)
        lines.append(f"{moment:%Y-%m-%dT%H:%M:%SZ},{'' if n in empty else 500 + n * 7 % 90}")
    return "\n".join(lines).encode()


def test_empty_values_are_not_complete():
    """4 of 200 are missing: 98 %, and it says how many."""
    quality = protocols.check_file(co2(200, (20, 40, 60, 80)), protocols.load("co2-indoor"), now=NOW).clean.quality
    assert (quality.expected, quality.empty, quality.completeness) == (200, 4, 0.98)
    assert quality.to_dict()["empty"] == 4
    whole = protocols.check_file(co2(200, ()), protocols.load("co2-indoor"), now=NOW).clean.quality
    assert (whole.empty, whole.completeness) == (0, 1.0)


def test_rows_and_values_missing_count_together():
    """Half the series is not there, and of the rest one value."""
    lines = co2(200, (150,)).splitlines()
    second_half = b"\n".join([lines[0], *lines[101:]])
    report = protocols.check_file(second_half, protocols.load("co2-indoor"), now=NOW)
    assert report.clean.quality.completeness == 0.99


def test_who_measures_at_another_interval_has_another_plan():
    """Every ten minutes where the protocol says five: told, and complete; of these 100 rows one has no value."""
    lines = co2(200, (150,)).splitlines()
    every_second = b"\n".join([lines[0], *lines[1::2]])
    report = protocols.check_file(every_second, protocols.load("co2-indoor"), now=NOW)
    assert "other_interval" in report.counts
    assert (report.clean.quality.expected, report.clean.quality.completeness) == (100, 0.99)
    missing = b"\n".join([lines[0], *lines[1:80:2], *lines[121::2]])
    quality = protocols.check_file(missing, protocols.load("co2-indoor"), now=NOW).clean.quality
    assert (quality.expected, quality.completeness) == (100, 0.79)


def test_each_group_has_its_own_plan():
    """One wall as the protocol says, every hour, with a day that is missing; the other every ten minutes, complete."""
    start, lines = datetime(2026, 3, 2, tzinfo=UTC), []
    for wall, minutes, rows in (("uninsulated", 60, range(72)), ("insulated", 10, range(6 * 71 + 1))):
        for n in rows:
            if wall == "insulated" or not 24 <= n < 48:
                moment = start + timedelta(minutes=minutes * n)
                lines.append(f"{moment:%Y-%m-%dT%H:%M:%SZ},{18 + n % 5},{3 + n % 4},{17 + n % 3},{wall}")
    text = "\n".join(["time,indoor_temperature,outdoor_temperature,inner_wall_temperature,wall", *lines])
    report = protocols.check_file(text.encode(), protocols.load("warm-walls"), now=NOW)
    quality = report.clean.quality
    assert (quality.rows, quality.expected) == (48 + 427, 72 + 427)
