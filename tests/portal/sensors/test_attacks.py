"""What strangers, other schools, devices and sources tried on stations, feeds and the reading API, and what came of
it: a clear refusal, in good time, and nothing that was not public before."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from urllib.parse import quote

import ckan.plugins.toolkit as tk
import pytest
import sensor_world
import sqlalchemy as sa
from ckan import model
from ckan.tests import factories
from ckanext.steamcity import turns
from ckanext.steamcity.harvesters import drafts, trial
from ckanext.steamcity.sensors import deployments
from ckanext.steamcity.sensors import views as files
from ckanext.steamcity.sensors.cli import steamcity_sensors
from ckanext.steamcity.sensors.sensorthings import views as questions
from click.testing import CliRunner
from h3 import latlng_to_cell
from sensor_world import FEED, START, call_action, course, station, store

pytestmark = pytest.mark.usefixtures("clean_db", "clean_index")

DATASET = "5b1f7d0e-0000-4000-8000-000000000002"
ROOT = "/sensorthings/v1.1"
PHONE = "call 06 12 34 56 78"


def rows(statement, **values):
    found = model.Session.execute(sa.text(statement), values).all()
    model.Session.rollback()
    return [tuple(row) for row in found]


@pytest.fixture
def school():
    teacher = factories.User()
    organization = factories.Organization(users=[{"name": teacher["name"], "capacity": "editor"}])
    return organization | {"teacher": {"user": teacher["name"], "auth_user_obj": model.User.get(teacher["name"])}}


@pytest.fixture
def feed(school):
    """A feed that devices push to, added by the teacher."""
    asked = {
        "owner_org": school["id"], "provider": "push", "profile": "senml", "exposure": "outdoor", "key": "1",
        "place": "cell:" + latlng_to_cell(43.529, 5.447, 8), "title": "Air around our school", "attribution": "Us",
    }  # fmt: skip
    return tk.get_action("steamcity_feed_create")(dict(school["teacher"]), asked)["id"]


def push(app, feed, body, status=202):
    token = tk.get_action("steamcity_feed_token_create")({"ignore_auth": True}, {"source_id": feed, "key": "1"})
    headers = {"X-Push-Token": token["token"]}
    return app.post(f"/api/steamcity/push/{feed}", data=json.dumps(body), headers=headers, status=status).json


def test_questions_nobody_can_reckon_are_answered_in_a_sentence(app):
    store(course("900", days=1))
    for path in (
        "/Things?$filter=geography'CIRCULARSTRING(0 0,1 1,2 0)'", "/HistoricalLocations?$orderby=Thing",
        "/Locations?$filter=id ge year(mindatetime())", "/Things?$orderby=year(maxdatetime())",
        "/Observations?$filter=result mul 1e308 gt 1e308 mul 10", "/Observations?$orderby=Datastream",
        "/Locations?$filter=st_relate(location, geography'POINT(5 43)', 'x')",
    ):  # fmt: skip
        answer = app.get(ROOT + quote(path, safe="/?$=&"), status=400)
        assert json.loads(answer.body)["message"], path
    here = station("900")
    for action, asked in (
        ("steamcity_observation_search", {"station": here, "from": []}),
        ("steamcity_observation_search", {"station": here, "after": "2026-03-03~" + "9" * 5000}),
        ("steamcity_station_search", {"near": []}),
        ("steamcity_station_search", {"polygon": {"type": "Polygon", "coordinates": [[[10**400, 0], [1, 1], [0, 1]]]}}),
        ("steamcity_coverage_show", {"feed": "feed-1", "year": float("inf")}),
    ):
        app.post(f"/api/3/action/{action}", data=json.dumps(asked), content_type="application/json", status=409)
    deep = '{"a":' * 50_000
    app.post("/api/3/action/steamcity_station_search", data=deep, content_type="application/json", status=400)
    app.get("/station/" + "x" * 3000, status=404)
    app.get(f"/monitoring/{'x' * 3000}/months/y.csv", status=404)


def test_while_long_answers_hold_all_turns_further_ones_are_refused_and_pages_are_not(app, monkeypatch):
    store(course("900", days=1))
    monkeypatch.setattr(turns, "_PATIENCE", 0.05)
    held = [questions._TURNS.take() for _turn in range(tk.config["steamcity.sensors.questions_at_once"])]
    held += [files._TURNS.take() for _turn in range(tk.config["steamcity.sensors.files_at_once"])]
    try:
        time.sleep(0.1)
        answer = app.get(f"{ROOT}/Things", status=503)
        assert int(answer.headers["Retry-After"]) > 0
        app.get(f"/station/{station('900')}/observations.csv", status=503)
        app.get(f"/station/{station('900')}", status=200)
    finally:
        for give_back in held:
            give_back()
    assert json.loads(app.get(f"{ROOT}/Things").body)["value"]
    for _file in range(tk.config["steamcity.sensors.files_at_once"] + 1):  # each gives its turn back
        assert app.get(f"/station/{station('900')}/observations.csv").body.startswith("station,")


def test_looking_for_stations_takes_turns_too(school, monkeypatch):
    monkeypatch.setattr(turns, "_PATIENCE", 0.05)
    held = [trial._TURNS.take() for _turn in range(tk.config["steamcity.feed.tries_at_once"])]
    time.sleep(0.1)
    asked = {"owner_org": school["id"], "provider": "sensorthings", "address": "https://sensors.example/v1.1"}
    try:
        with pytest.raises(tk.ValidationError, match="half a minute"):
            tk.get_action("steamcity_feed_try")(dict(school["teacher"]), asked)
    finally:
        for give_back in held:
            give_back()


def test_stations_of_a_dataset_that_was_purged_are_nobodys(app, monkeypatch):
    monkeypatch.setattr(sensor_world, "FEED", FEED | {"dataset_id": DATASET})
    sensor_world.make_network(DATASET)
    store(course("900", days=1))
    app.get(f"/station/{station('900')}", status=200)
    call_action("dataset_purge", id=DATASET)
    app.get(f"/station/{station('900')}", status=404)
    assert json.loads(app.get(f"{ROOT}/Things").body)["value"] == []
    assert json.loads(app.get(f"{ROOT}/Observations?$count=true").body)["@iot.count"] == 0
    assert json.loads(app.get("/stations.geojson").body)["features"] == []
    with pytest.raises(tk.ObjectNotFound):
        tk.get_action("steamcity_latest_list")({"user": ""}, {"feed": "feed-1"})


def test_reading_writes_nothing(app, monkeypatch):
    """The days of a month that has changed are counted for the reader, and kept by whoever ends the run."""
    store([("900", "72", "temperature", START + timedelta(days=n), 11.0) for n in (0, 2)])
    state = "select month, days, counted, changes from steamcity_sensors_month"
    before = rows(state)
    assert before[0][1] == {}
    found = tk.get_action("steamcity_coverage_show")({"user": ""}, {"feed": "feed-1"})
    assert found["days_with"] == 2
    assert rows(state) == before
    run = tk.get_action("steamcity_run_claim")({"ignore_auth": True}, {"feed": "feed-1"})
    tk.get_action("steamcity_run_finish")({"ignore_auth": True}, {"run_id": run["id"], "attempt": run["attempt"]})
    assert len(rows(state)[0][1]) == 2
    assert tk.get_action("steamcity_coverage_show")({"user": ""}, {"feed": "feed-1"}) == found


def test_places_that_are_older_than_their_areas_are_given_them(monkeypatch):
    store(course("900", days=1))
    store(course("902", days=1))
    model.Session.execute(sa.text("update steamcity_sensors_deployment set areas = '{}'"))
    model.Session.commit()
    aix = rows("select place from steamcity_sensors_deployment where station_id = :id", id=station("900"))[0][0]
    monkeypatch.setattr(deployments, "areas_of", lambda place: ["jas-de-bouffan", "aix"] if place == aix else [])
    done = CliRunner().invoke(steamcity_sensors, ["areas"])
    assert done.exit_code == 0, done.output
    assert done.output.startswith("1 ")
    kept = dict(rows("select station_id, areas from steamcity_sensors_deployment"))
    assert kept == {station("900"): ["jas-de-bouffan", "aix"], station("902"): []}


def test_words_of_a_source_and_its_network_are_looked_at_through_every_door(app, school, feed):
    """Not only on the pages on which a feed is added."""
    push(app, feed, [{"n": "temperature", "u": "Cel", "v": 20}])
    shown = tk.get_action("harvest_source_show")({"ignore_auth": True}, {"id": feed})
    config = json.dumps({"provider": "push", "profile": "senml", "license_id": "CC-BY-4.0", "attribution": PHONE})
    form = {name: shown[name] for name in ("id", "url", "name", "title", "owner_org")}
    form |= {"source_type": "steamcity_feed", "frequency": "MANUAL"}
    for change in (
        {"title": PHONE}, {"notes": "anna@school.example"}, {"config": config}, {"url": "javascript:alert(1)"},
        {"url": "http://["},
    ):  # fmt: skip
        with pytest.raises(tk.ValidationError):
            tk.get_action("harvest_source_update")(dict(school["teacher"]), form | change)
    dataset = tk.get_action("steamcity_feed_show")(dict(school["teacher"]), {"source_id": feed})["dataset_id"]
    for change in ({"title": PHONE}, {"notes": PHONE}, {"attribution": PHONE}, {"notes_translated": {"fr": PHONE}}):
        with pytest.raises(tk.ValidationError):
            tk.get_action("package_patch")(dict(school["teacher"]), {"id": dataset} | change)
    changed = tk.get_action("package_patch")(dict(school["teacher"]), {"id": dataset, "title": "Air around us"})
    assert changed["title"] == "Air around us"
    assert PHONE not in json.dumps([shown, changed])


def test_a_stranger_starts_and_writes_nothing_of_ckanext_harvest(app, feed):
    other = factories.APIToken(user=factories.User()["name"])["token"]
    for action in (
        "harvest_source_reindex", "harvest_sources_reindex", "harvest_objects_import", "harvest_jobs_run",
        "harvest_source_delete", "harvest_source_update", "steamcity_feed_run", "steamcity_feed_stop",
        "steamcity_feed_token_create", "steamcity_feed_upload", "steamcity_feed_preview",
    ):  # fmt: skip
        for headers in ({}, {"Authorization": other}):
            asked = {"id": feed, "source_id": feed}
            app.post(f"/api/3/action/{action}", json=asked, headers=headers, status=403)


def test_rubbish_for_a_feed_is_the_callers_mistake(school, feed):
    for action, asked in (
        ("steamcity_feed_preview", {"files": "abc"}), ("steamcity_feed_upload", {"text": [1]}),
        ("steamcity_feed_upload", {"upload": {"a": 1}}), ("steamcity_feed_upload", {"text": "[]", "dry_run": "x"}),
        ("steamcity_feed_try", {"provider": "sensorthings", "address": "http://["}),
        ("steamcity_feed_create", {"provider": "sensor_community", "title": "Air around", "sensors": "٣"}),
    ):  # fmt: skip
        with pytest.raises(tk.ValidationError):
            tk.get_action(action)(dict(school["teacher"]), {"source_id": feed, "owner_org": school["id"]} | asked)


def test_a_token_makes_no_stations_without_end_and_no_value_that_stops_the_feed(app, feed, monkeypatch):
    monkeypatch.setitem(tk.config, "steamcity.feed.max_stations", 3)
    body = [{"bn": f"box{n}:", "n": "CO2", "u": "ppm", "v": 400 + n} for n in range(5)]
    receipt = push(app, feed, body)
    assert (receipt["accepted"], receipt["rejected"]) == (3, 2)
    assert {row["reason"] for row in receipt["rows"] if row["state"] == "rejected"} == {"devices"}
    assert push(app, feed, body[3:])["accepted"] == 0
    assert push(app, feed, [{**body[0], "v": 1e300}])["rejected"] == 1
    assert push(app, feed, [{**body[0], "v": 10**400}])["rejected"] == 1
    assert push(app, feed, body[:3])["accepted"] == 3
    assert rows("select count(*) from steamcity_sensors_station") == [(3,)]


def test_a_school_ends_its_feed_and_keeps_what_it_read(app, school, feed):
    push(app, feed, [{"n": "temperature", "u": "Cel", "v": 20}])
    tk.get_action("harvest_source_delete")(dict(school["teacher"]), {"id": feed})
    with pytest.raises(tk.ObjectNotFound):
        tk.get_action("steamcity_feed_show")(dict(school["teacher"]), {"source_id": feed})
    asked = tk.get_action("steamcity_station_list")({"user": ""}, {"feed": feed})["results"]
    app.get(f"/station/{asked[0]['id']}", status=200)
    assert tk.get_action("package_show")({"user": ""}, {"id": asked[0]["dataset_id"]})["state"] == "active"
    app.post(f"/api/steamcity/push/{feed}", data="[]", headers={"X-Push-Token": "sc_x"}, status=401)


def test_of_a_persons_files_only_the_newest_wait():
    tokens = [drafts.keep("person", b"time\n%d" % n) for n in range(5)]
    assert [drafts.kept("person", token) is not None for token in tokens] == [False, False, True, True, True]
    assert drafts.kept("person", tokens[-1]) == b"time\n4"
    assert drafts.kept("somebody else", tokens[-1]) is None
    drafts.remember("person", tokens[-1], {"device": "roof"})
    assert [drafts.answers(who, tokens[-1]) for who in ("person", "somebody else")] == [{"device": "roof"}, {}]
    drafts.forget("person", tokens[-1])
    assert (drafts.kept("person", tokens[-1]), drafts.answers("person", tokens[-1])) == (None, {})
