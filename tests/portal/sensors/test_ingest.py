"""Batches of readings in the real tables: nothing doubled, nothing lost, flags as the pure tests give them."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import ckan.plugins.toolkit as tk
import h3
import pytest
import sensor_world
import sqlalchemy as sa
from ckan import model
from ckanext.steamcity import quality
from ckanext.steamcity.sensors import deployments, ingest, query, runs, stations

pytestmark = pytest.mark.usefixtures("clean_db")

START = datetime(2026, 3, 3, 7, 0, tzinfo=UTC)
FEED = {
    "feed_id": "feed-1",
    "provider": "sensor_community",
    "license_id": "ODbL-1.0",
    "attribution": "Sensor.Community contributors",
    "time_source": "server",
}
STATION = {
    "source_id": "900",
    "code": "SC-900",
    "latitude": 43.52912,
    "longitude": 5.44748,
    "exposure": "outdoor",
    "datastreams": [
        {"sensor": "71", "sensor_type": "SDS011", "channel": "P1", "property": "pm10", "unit": "ug/m3"},
        {
            "sensor": "72",
            "sensor_type": "BME280",
            "channel": "temperature",
            "property": "air_temperature",
            "unit": "Cel",
        },
    ],
}


def claim():
    run = runs.claim(model.Session, "feed-1")
    assert run
    return run


def store(readings, run=None, **more):
    mine = run or claim()
    batch = ingest.Batch(mine["id"], mine["attempt"], FEED, readings, [(STATION, START)], **more)
    counts = ingest.ingest(model.Session, batch)
    if run is None:
        runs.finish(model.Session, mine["id"], mine["attempt"])
    return counts


def temperatures(values, minutes=5, start=START):
    return [
        ("900", "72", "temperature", start + timedelta(minutes=minutes * number), value)
        for number, value in enumerate(values)
    ]


def table():
    rows = model.Session.execute(
        sa.text(
            "select datastream_id, phenomenon_time, result, quality, tests"
            " from steamcity_sensors_observation order by 1, 2"
        )
    ).all()
    model.Session.rollback()
    return [tuple(row) for row in rows]


def places():
    statement = "select valid_from, ST_AsText(geom), place, areas from steamcity_sensors_deployment order by 1"
    rows = model.Session.execute(sa.text(statement)).all()
    model.Session.rollback()
    return rows


def recomputed():
    """Every flag again, from the whole series, by the pure tests."""
    flagged = []
    for stream, property_ in model.Session.execute(
        sa.text("select id, property from steamcity_sensors_datastream order by id")
    ).all():
        rows = [row for row in table() if row[0] == stream]
        places = model.Session.execute(
            sa.text(
                "select valid_from, ST_Y(geom), ST_X(geom) from steamcity_sensors_deployment where station_id ="
                " (select station_id from steamcity_sensors_datastream where id = :stream) order by valid_from"
            ),
            {"stream": stream},
        ).all()
        moves = quality.moved([tuple(place) for place in places])
        limits = quality.limits_for(property_)
        flags = quality.flags([row[1] for row in rows], [row[2] for row in rows], limits, moves)
        flagged += [(*row[:3], *flag) for row, flag in zip(rows, flags, strict=True)]
    return flagged


def test_new_readings_are_counted_and_stored_with_flags():
    counts = store(temperatures([11.0, 11.2, None, 99.0]))
    assert counts == {"new": 4, "changed": 0, "duplicate": 0}
    assert [(row[2], row[3]) for row in table()] == [(11.0, 1), (11.2, 1), (None, 9), (99.0, 4)]


def test_the_same_readings_again_change_nothing():
    readings = temperatures([11.0, 11.2, None, 11.4])
    store(readings)
    before = table()
    assert store(readings) == {"new": 0, "changed": 0, "duplicate": 4}
    assert table() == before


def test_a_changed_value_is_shown_and_the_old_one_kept():
    store(temperatures([11.0, 11.2, 11.4]))
    assert store(temperatures([11.0, 12.2])) == {"new": 0, "changed": 1, "duplicate": 1}
    assert [row[2] for row in table()] == [11.0, 12.2, 11.4]
    old = model.Session.execute(
        sa.text("select phenomenon_time, result, quality from steamcity_sensors_revision")
    ).all()
    assert [tuple(row) for row in old] == [(START + timedelta(minutes=5), 11.2, 1)]


def test_a_missing_value_never_hides_a_value_in_whatever_order_they_come():
    at = START
    assert store([("900", "71", "P1", at, 9.5), ("900", "71", "P1", at, None)])["new"] == 1
    assert store([("900", "71", "P1", at, None)]) == {"new": 0, "changed": 0, "duplicate": 1}
    later = at + timedelta(minutes=5)
    store([("900", "71", "P1", later, None)])
    assert store([("900", "71", "P1", later, 9.7)])["changed"] == 1
    assert [row[2:4] for row in table()] == [(9.5, 1), (9.7, 1)]


def test_of_two_values_of_one_moment_in_one_batch_the_last_counts_and_the_other_is_kept():
    both = temperatures([11.0]) + temperatures([11.5])
    assert store(both) == {"new": 1, "changed": 1, "duplicate": 0}
    assert [row[2] for row in table()] == [11.5]
    assert store(both) == {"new": 0, "changed": 0, "duplicate": 2}
    assert store(temperatures([11.5]) * 2) == {"new": 0, "changed": 0, "duplicate": 2}
    missing = [(*temperatures([11.0])[0][:4], None)]
    assert store(both + missing) == {"new": 0, "changed": 0, "duplicate": 3}
    kept = sa.text("select result, quality from steamcity_sensors_revision order by id")
    assert [tuple(row) for row in model.Session.execute(kept)] == [(11.0, 2)]
    assert store(temperatures([11.0]) + temperatures([12.0])) == {"new": 0, "changed": 1, "duplicate": 1}
    assert [row[0] for row in model.Session.execute(kept)] == [11.0, 11.5], "no value twice"


def test_months_get_their_partition_and_edges_are_neither_lost_nor_doubled():
    edge = datetime(2026, 3, 31, 23, 55, tzinfo=UTC)
    store(temperatures([8.0, 8.1, 8.2], start=edge))
    store(temperatures([8.0, 8.1, 8.2], start=edge))
    assert [row[2] for row in table()] == [8.0, 8.1, 8.2]
    names = model.Session.scalars(
        sa.text(
            "select inhrelid::regclass::text from pg_inherits"
            " where inhparent = 'steamcity_sensors_observation'::regclass"
        )
    ).all()
    assert {"steamcity_sensors.observation_2026_03", "steamcity_sensors.observation_2026_04"} <= set(names)


def test_a_failing_batch_leaves_nothing():
    run = claim()
    bad = [*temperatures([11.0]), ("900", "72", "wind", START, 3.0)]
    with pytest.raises(LookupError):
        store(bad, run, cursor={"after": "x"}, counts={"files": 1})
    assert table() == []
    shown = runs.show(model.Session, "feed-1")
    assert shown
    assert (shown["cursor"], shown["counts"]) == ({}, {})
    assert query.stations(model.Session)["count"] == 0


def test_a_zombie_cannot_write_after_its_run_was_taken_over():
    first = claim()
    assert runs.claim(model.Session, "feed-1") is None
    model.Session.execute(sa.text("update steamcity_sensors_run set lease_until = now() - interval '1 second'"))
    model.Session.commit()
    second = claim()
    assert (second["id"], second["attempt"]) == (first["id"], first["attempt"] + 1)
    with pytest.raises(runs.LeaseLost):
        store(temperatures([1.0]), first)
    store(temperatures([2.0]), second)
    assert [row[2] for row in table()] == [2.0]


def test_counts_and_cursor_add_up_over_the_batches_of_a_run():
    run = claim()
    store(temperatures([1.0]), run, cursor={"after": "a"}, counts={"files": 1})
    store(temperatures([1.0, 2.0]), run, cursor={"after": "b"}, counts={"files": 2})
    runs.finish(model.Session, run["id"], run["attempt"])
    shown = runs.show(model.Session, "feed-1")
    assert shown
    assert shown["state"] == "finished"
    assert shown["cursor"] == {"after": "b"}
    assert shown["counts"] == {"files": 3, "new": 2, "changed": 0, "duplicate": 1}


def test_an_interrupted_run_is_closed_after_five_attempts():
    for _attempt in range(runs.ATTEMPTS):
        run = claim()
        runs.release(model.Session, run["id"], run["attempt"])
    again = claim()
    assert again["id"] > run["id"]
    assert again["attempt"] == 1


def series(rng):
    """A month that holds everything: noise, spikes, flat hours, gaps, saturation, impossible and missing values."""
    at, value, rows = START, 12.0, []
    while at < START + timedelta(days=12):
        kind = rng.random()
        if kind < 0.004:
            at += timedelta(minutes=rng.choice((61, 200, 800, 2500)))
        value = value if 0.2 < (at.hour % 11) / 11 < 0.9 and at.day % 3 == 0 else value + rng.gauss(0, 0.4)
        shown = value + rng.choice((8, -8)) if kind > 0.99 else value
        rows.append(("900", "72", "temperature", at, None if 0.02 < kind < 0.03 else round(shown, 1)))
        at += timedelta(minutes=5, seconds=rng.randrange(30))
    return rows


@pytest.mark.parametrize("seed", range(4))
def test_flags_equal_those_of_the_whole_series_in_order_shuffled_late_and_revised(seed):
    rng = random.Random(seed)
    rows = series(rng)
    parts = [rows[number : number + 311] for number in range(0, len(rows), 311)]
    if seed % 2:
        rng.shuffle(parts)
    if seed > 1:
        late = rng.sample(rows, 60)
        parts = [[row for row in part if row not in late] for part in parts] + [late[:30], late[30:]]
    for part in parts:
        store(part)
    assert len(table()) == len(rows)
    assert table() == recomputed()
    revised = [(*row[:4], row[4] + rng.choice((5, -5))) for row in rng.sample(rows, 40) if row[4] is not None]
    assert store(revised)["changed"] == len(revised)
    assert table() == recomputed()
    latest = model.Session.execute(
        sa.text(
            "select latest_time, latest_result, latest_quality"
            " from steamcity_sensors_datastream where channel = 'temperature'"
        )
    ).one()
    newest = max((row for row in table() if row[2] is not None), key=lambda row: row[1])
    assert tuple(latest) == newest[1:4]


def test_a_wet_sensor_of_which_a_quarter_says_full_scale_is_flagged_as_the_pure_tests_say():
    """As a DHT22 in the rain: 26 % of its values are 99.9 or 100."""
    humidity = {
        "sensor": "74", "sensor_type": "DHT22", "channel": "humidity", "property": "relative_humidity", "unit": "%"
    }  # fmt: skip
    rng = random.Random(7)
    values = [rng.choice((99.9, 100.0)) if number % 100 < 26 else rng.uniform(60, 99.8) for number in range(1000)]
    rows = [
        ("900", "74", "humidity", START + timedelta(minutes=5 * number), round(value, 1))
        for number, value in enumerate(values)
    ]
    run = claim()
    described = STATION | {"datastreams": [*STATION["datastreams"], humidity]}
    for first in range(0, len(rows), 130):
        part = rows[first : first + 130]
        ingest.ingest(model.Session, ingest.Batch(run["id"], run["attempt"], FEED, part, [(described, START)]))
    saturated = [row for row in table() if row[4] & quality.Test.SATURATION]
    assert len(saturated) == 260
    assert {row[3] for row in saturated} == {quality.SUSPECT}
    assert table() == recomputed()


def test_the_first_value_from_another_place_is_flagged_whatever_comes_later_or_late():
    run = claim()

    def moved(days, **place):
        described = (STATION | place, START + timedelta(days=days))
        ingest.ingest(model.Session, ingest.Batch(run["id"], run["attempt"], FEED, [], [described]))

    def ends():
        return [row[1] for row in table() if row[4] & quality.Test.LOCATION]

    moved(2, latitude=43.6)  # eight kilometres
    moved(4, latitude=43.601)  # a hundred metres on
    moved(6, latitude=43.529)  # and back, before anything came from there
    rows = temperatures([11.0, 11.1] * 130, minutes=60)
    store(rows[:40], run)
    assert ends() == []  # nothing from the other place yet
    store(rows[200:], run)
    store(rows[60:120], run)
    assert ends() == [rows[60][3], rows[200][3]]
    store(rows[40:60] + rows[120:200], run)
    assert ends() == [START + timedelta(days=2), START + timedelta(days=6)]
    assert [row[3] for row in table() if row[4] & quality.Test.LOCATION] == [quality.SUSPECT] * 2
    assert table() == recomputed()


def test_ahead_of_the_clock_is_said_when_it_comes_in_and_stays_said():
    soon = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=2)
    store(temperatures([20.0, 20.1], start=soon))
    store(temperatures([20.2], start=soon + timedelta(minutes=10)))
    assert [(row[3], row[4] & quality.Test.DATE) for row in table()] == [(4, 128)] * 3


def test_places_have_three_decimals_and_indoor_stations_only_a_cell():
    assert deployments.published(43.52912, 5.44748, "outdoor")[:2] == (43.529, 5.447)
    near = deployments.published(43.5291, 5.4475, "indoor")
    assert near == deployments.published(43.5293, 5.4476, "indoor")
    assert near[:2] != (43.529, 5.447)


def describe(run, days, **changes):
    """The station as it is described some days later."""
    described = [(STATION | changes, START + timedelta(days=days))]
    ingest.ingest(model.Session, ingest.Batch(run["id"], run["attempt"], FEED, [], described))


@pytest.mark.parametrize(
    ("former", "said", "moved"),
    [
        ((43.529, 5.447), (43.529, 5.447), False),
        ((43.529, 5.447), (43.53, 5.45), False),
        ((43.53, 5.45), (43.529, 5.447), False),
        ((43.525, 5.445), (43.53, 5.44), False),  # halves are rounded up or to the even
        ((43.529, 5.447), (43.53, 5.447), True),  # who rounds, rounds both
        ((43.529, 5.447), (43.529, 5.45), True),
        ((43.525, 5.449), (43.53, 5.449), True),
        ((43.529, 5.447), (43.52, 5.45), True),
        ((43.529, 5.447), (43.53, 5.44), True),
        ((43.53, 5.45), (43.536, 5.45), True),
        ((43.53, 5.45), (43.53, 5.46), True),
    ],
)
def test_coordinates_that_are_rounded_anew_are_no_move_and_others_are(former, said, moved):
    """43.529, 5.447 becomes 43.53, 5.45 under the same id: the place, its beginning and its areas stay."""
    run = claim()
    describe(run, 0, latitude=former[0], longitude=former[1])
    before = places()
    describe(run, 1, latitude=said[0], longitude=said[1])
    assert (places() != before) == moved
    assert len(places()) == 1 + moved


@pytest.mark.parametrize("later", [0, 1])
def test_a_station_that_does_not_stand_outdoors_after_all_is_shown_less_exactly_before_too(later):
    """Nothing has moved: the place of its beginning would give it away."""
    run = claim()
    middle = deployments.published(43.52912, 5.44748, "indoor")
    at = {"latitude": middle.latitude, "longitude": middle.longitude}  # the coordinates are the same, too
    describe(run, 0, **at)
    (exact,) = places()
    describe(run, later, exposure="indoor", **at)
    (coarse,) = places()
    assert coarse.valid_from == START
    assert coarse.place == middle.cell != exact.place
    describe(run, 2, exposure="outdoor", **at)  # and outdoors again
    assert [place.place for place in places()] == [coarse.place, exact.place]


@pytest.mark.parametrize("known", ["area", "cell"])
def test_a_station_that_stands_somewhere_indoors_in_a_wider_place_is_shown_less_exactly_before_too(known):
    """Of which no more is known than the area, or the large cell, where it was said to stand outdoors."""
    sensor_world.load_outlines()
    run = claim()
    describe(run, 0)
    (exact,) = places()
    middle = {"latitude": STATION["latitude"] + 0.012, "longitude": STATION["longitude"]}
    wider = f"area:{exact.areas[-1]}" if known == "area" else "cell:" + h3.cell_to_parent(exact.place[5:], 5)
    describe(run, 1, exposure="indoor", place=wider, **middle)
    before, after = places()
    assert after.place == wider
    assert before.place == deployments.published(STATION["latitude"], STATION["longitude"], "indoor").cell


def test_a_former_place_elsewhere_stays_as_it_was_published():
    run = claim()
    describe(run, 0)
    describe(run, 1, latitude=43.6, exposure="indoor")
    assert [h3.get_resolution(place.place.removeprefix("cell:")) for place in places()] == [9, 8]


def test_an_indoor_station_that_is_rounded_anew_has_not_moved():
    run = claim()
    found = 0
    for number in range(40):
        exact = (43.5 + number * 0.0017, 5.4 + number * 0.0013)
        said = tuple(round(part, 2) for part in exact)
        if deployments.published(*exact, "indoor") != deployments.published(*said, "indoor"):
            found += 1
            model.Session.execute(sa.text("delete from steamcity_sensors_deployment"))
            describe(run, 0, exposure="indoor", latitude=exact[0], longitude=exact[1])
            describe(run, 1, exposure="indoor", latitude=said[0], longitude=said[1])
            assert len(places()) == 1, exact
            describe(run, 2, exposure="indoor", latitude=said[0] + 0.0231, longitude=said[1])
            assert len(places()) == 2, exact
    assert found > 5


def test_corrected_coordinates_open_a_deployment_and_the_same_ones_do_not():
    store(temperatures([1.0]))
    run = claim()
    moved = STATION | {"latitude": 43.531}
    batch = ingest.Batch(run["id"], run["attempt"], FEED, [], [(moved, START + timedelta(days=1))])
    ingest.ingest(model.Session, batch)
    ingest.ingest(model.Session, batch)
    shown = query.station(model.Session, stations.station_id("feed-1", "900"))
    assert shown
    assert [place["latitude"] for place in shown["deployments"]] == [43.531, 43.529]


@pytest.mark.parametrize(
    "action",
    [
        "steamcity_feed_known",
        "steamcity_observation_ingest",
        "steamcity_run_claim",
        "steamcity_run_finish",
        "steamcity_run_live",
        "steamcity_run_release",
        "steamcity_run_renew",
        "steamcity_station_refresh",
        "steamcity_station_upsert",
    ],
)
def test_not_even_a_sysadmin_writes_past_the_feed(action):
    admin = tk.get_action("get_site_user")({"ignore_auth": True}, {})["name"]
    for user in ("", admin):
        with pytest.raises(tk.NotAuthorized):
            tk.get_action(action)({"user": user}, {})
