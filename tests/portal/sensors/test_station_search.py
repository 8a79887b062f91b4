"""Finding stations by their published place, quantity and activity; their health; observations page by page."""

from __future__ import annotations

import json
from datetime import timedelta

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan import model
from ckan.tests import factories
from ckanext.steamcity.sensors import deployments, stations
from sensor_world import FEED, START, course, description, load_outlines, station, store

pytestmark = pytest.mark.usefixtures("clean_db")


@pytest.fixture
def three():
    """Two stations in Aix (the second began a month later), one in Sofia."""
    store(course("900", days=2))
    store(course("901", days=1, seed=2, start=START + timedelta(days=30)), since=START + timedelta(days=30))
    store(course("902", days=1, seed=3))


def codes(**wanted):
    return [one["code"] for one in tk.get_action("steamcity_station_search")({}, wanted)["results"]]


def test_near_gives_the_nearest_first_with_its_distance(three):
    assert codes(near="43.541,5.461", radius="5000") == ["SC-901", "SC-900"]
    assert codes(near="43.541,5.461", radius="500") == ["SC-901"]
    found = tk.get_action("steamcity_station_search")({}, {"near": "42.698,23.322", "radius": 50})["results"][0]
    assert found["code"] == "SC-902"
    assert found["distance"] == 0, "the distance is to the published place, which is three decimals"


def test_within_an_area_or_a_polygon(three):
    box = {"type": "Polygon", "coordinates": [[[5.4, 43.5], [5.45, 43.5], [5.45, 43.6], [5.4, 43.6], [5.4, 43.5]]]}
    assert codes(polygon=json.dumps(box)) == ["SC-900"]
    model.Session.execute(
        sa.text("update steamcity_sensors_deployment set areas = '{centre,sofia}' where station_id = :id"),
        {"id": station("902")},
    )
    assert codes(area="sofia") == codes(area="area:centre") == ["SC-902"]
    cell = tk.get_action("steamcity_station_show")({}, {"id": station("900")})["place"]
    assert codes(area=cell) == ["SC-900"]
    assert codes(area="nowhere") == []


def test_by_quantity_activity_feed_and_page(three):
    assert codes(active_since="2026-04-01") == ["SC-901"]
    assert codes(property="sound_level") == ["SC-900", "SC-901", "SC-902"]
    assert codes(property="wind_speed") == []
    assert codes(feed="feed-2") == []
    assert codes(limit=1, offset=1) == ["SC-901"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"near": "north"},
        {"near": "99,5"},
        {"near": "nan,nan"},
        {"near": "43,5", "radius": "inf"},
        {"near": "43,5", "radius": -1},
        {"polygon": "{"},
        {"polygon": '{"type": "Point", "coordinates": [5, 43]}'},
        {"polygon": '{"type": "Polygon", "coordinates": [[[5, 43], [6, 44]]]}'},
        {"polygon": '{"type": "Polygon", "coordinates": "x"}'},
        {"polygon": '{"type": "Polygon"}'},
        {"polygon": json.dumps({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]})},
        {"active_since": "yesterday"},
    ],
)
def test_what_cannot_be_asked_is_told(wrong):
    with pytest.raises(tk.ValidationError):
        tk.get_action("steamcity_station_search")({}, wrong)


def test_geojson_shows_the_published_place(three, app):
    answer = app.get("/api/3/action/steamcity_station_search?format=geojson&city=aix-en-provence").json["result"]
    assert answer["type"] == "FeatureCollection"
    assert answer["features"][0]["geometry"] == {"type": "Point", "coordinates": [5.447, 43.529]}
    assert "5.44748" not in json.dumps(answer)


def test_health_tells_the_last_value_and_the_days_without_any():
    readings = [("900", "72", "temperature", START + timedelta(days=day), 10.0) for day in (0, 1, 4, 5)]
    store(readings)
    health = tk.get_action("steamcity_station_show")({}, {"id": station()})["health"]
    assert health["gaps"] == [{"from": "2026-03-05", "to": "2026-03-06"}]
    assert (health["last_seen"], health["silent"], health["days"]) == ("2026-03-08T07:00:00Z", True, 4)
    assert health["battery"] is None


def test_the_page_tells_when_it_was_heard_what_is_missing_and_how_its_battery_is(app):
    """In words: the moment, the silence since, the days without values, the charge where the device tells it."""
    charge = {
        "sensor": "74", "sensor_type": "unknown", "channel": "charge", "property": "battery_charge", "unit": "%"
    }  # fmt: skip
    readings = [("900", "72", "temperature", START + timedelta(days=day), 10.0) for day in (0, 1, 4, 5)]
    store(readings)
    page = app.get(f"/station/{station()}").body
    for words in ("8 March 2026, 07:00 UTC", "Silent since", "1 gap of whole days"):
        assert words in page, words
    assert "Battery" not in page
    stations.upsert(model.Session, FEED, description() | {"datastreams": [charge]}, START)
    model.Session.commit()
    store([("900", "74", "charge", START + timedelta(days=5, minutes=step), 81.0 - step) for step in range(3)])
    shown = tk.get_action("steamcity_station_show")({}, {"id": station()})["health"]["battery"]
    assert (shown["property"], shown["result"], shown["unit"]) == ("battery_charge", 79.0, "%")
    assert "<dt>Battery</dt><dd>79 %</dd>" in app.get(f"/station/{station()}").body


def test_stations_that_came_before_the_boundaries_are_found_by_area_afterwards():
    store(course(days=1))
    model.Session.execute(sa.text("update steamcity_sensors_deployment set areas = '{}'"))
    model.Session.commit()
    search = tk.get_action("steamcity_station_search")
    assert search({}, {"area": "aix-en-provence"})["count"] == 0
    load_outlines()
    assert search({}, {"area": "aix-en-provence"})["count"] == 1


@pytest.mark.parametrize("resolution", ["raw", "hour", "day"])
def test_pages_hold_every_observation_once(resolution):
    store(course(days=2))
    search = tk.get_action("steamcity_observation_search")
    wanted = {"station": station(), "from": "2026-03-03", "to": "2026-03-06", "resolution": resolution}
    whole = search({}, {**wanted, "limit": 10000})["observations"]
    paged, after = [], ""
    while after is not None:
        page = search({}, {**wanted, "limit": 7, "after": after})
        paged, after = paged + page["observations"], page["next"]
    assert paged == whole
    assert len(whole) > 3


def test_only_good_or_usable_observations():
    store(course(days=2))
    search = tk.get_action("steamcity_observation_search")
    wanted = {"station": station(), "from": "2026-03-03", "to": "2026-03-06", "limit": 10000}
    codes = {name: {one["quality"] for one in search({}, {**wanted, "quality": name})["observations"]}
             for name in ("all", "usable", "good")}  # fmt: skip
    assert codes["good"] == {1}
    assert codes["usable"] <= {1, 2, 3}
    assert {4, 9} <= codes["all"]


@pytest.mark.parametrize("change", [{"private": True}, {"state": "deleted"}])
def test_stations_of_a_network_that_is_not_public_are_for_those_who_may_see_it(three, app, change):
    member, stranger = factories.User(), factories.User()
    organization = factories.Organization(users=[{"name": member["name"], "capacity": "admin"}])
    dataset = factories.Dataset(owner_org=organization["id"])
    model.Session.execute(sa.text("update package set type = 'monitoring' where id = :id"), {"id": dataset["id"]})
    model.Session.execute(
        sa.text("update steamcity_sensors_station set dataset_id = :id where code = 'SC-902'"), {"id": dataset["id"]}
    )
    model.Session.commit()
    hidden = station("902")

    def seen(user):
        found = tk.get_action("steamcity_station_list")({"user": user}, {})
        searched = tk.get_action("steamcity_station_search")({"user": user}, {"city": "aix-en-provence"})
        assert found["count"] == len(found["results"]) == searched["count"] == len(searched["results"])
        return "SC-902" in {one["code"] for one in found["results"]}

    assert seen("")
    ((name, value),) = change.items()
    model.Session.execute(
        sa.text(f"update package set {name} = :value where id = :id"), {"value": value, "id": dataset["id"]}
    )
    model.Session.commit()
    assert not seen("")
    assert not seen(stranger["name"])
    assert seen(member["name"])
    for action, asked in (
        ("steamcity_station_show", {"id": hidden}),
        ("steamcity_observation_search", {"station": hidden}),
        (
            "steamcity_observation_window",
            {"station": hidden, "from": "2026-03-03", "to": "2026-03-04", "protocol": "x"},
        ),
        ("steamcity_latest_list", {"feed": FEED["feed_id"]}),
        ("steamcity_coverage_show", {"feed": FEED["feed_id"]}),
        ("steamcity_month_list", {"feed": FEED["feed_id"]}),
    ):
        with pytest.raises(tk.ObjectNotFound):
            tk.get_action(action)({"user": ""}, asked)
    assert tk.get_action("steamcity_station_show")({"user": member["name"]}, {"id": hidden})["code"] == "SC-902"
    for address in ("", "/window", "/observations.csv", "/observations.parquet"):
        app.get(f"/station/{hidden}{address}", status=404)
    newest = tk.get_action("steamcity_latest_list")({"user": member["name"]}, {"feed": FEED["feed_id"]})
    assert "SC-902" in {one["code"] for one in newest}
    assert "SC-902" not in app.get("/stations.geojson").get_data(as_text=True)


def test_a_station_is_in_the_city_of_its_place_where_its_feed_states_none(clean_db):
    """Whether the boundaries come before or after it."""
    feed = FEED | {"city": ""}

    def in_sofia():
        return [one["code"] for one in tk.get_action("steamcity_station_list")({}, {"city": "sofia"})["results"]]

    stations.upsert(model.Session, feed, description("902"), START)
    model.Session.commit()
    assert in_sofia() == []
    load_outlines()
    assert in_sofia() == ["SC-902"]
    stations.refresh(model.Session, feed)
    stations.upsert(model.Session, feed, description("902"), START)
    assert in_sofia() == ["SC-902"]


def test_the_city_of_a_place_is_asked_for_once_and_follows_the_feed(clean_db, monkeypatch):
    """Every run describes every station: what is known of its place by then is not asked for again."""

    def city():
        return model.Session.scalar(sa.text("select city from steamcity_sensors_station where code = 'SC-902'"))

    load_outlines()
    stated, silent = FEED | {"city": "aix-en-provence"}, FEED | {"city": ""}
    stations.upsert(model.Session, stated, description("902"), START)
    assert city() == "aix-en-provence"
    stations.refresh(model.Session, silent)
    assert city() == "sofia"
    monkeypatch.setattr(deployments, "city_of", None)
    for _run in range(2):
        stations.refresh(model.Session, silent)
        stations.upsert(model.Session, silent, description("902"), START)
    assert city() == "sofia"
    stations.refresh(model.Session, stated)
    assert city() == "aix-en-provence"
