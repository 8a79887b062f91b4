"""SensorThings over the real tables: what a client sees."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from ckan import model
from ckan.tests import factories
from ckanext.steamcity.sensors.sensorthings import paging, reading
from sensor_world import START, course, description, station, store

pytestmark = pytest.mark.usefixtures("clean_db")

ROOT = "/sensorthings/v1.1"


@pytest.fixture
def ask(app):
    """The JSON at a path; `ask.refused` the status and the words of an error."""

    def asked(path, status=200):
        answer = app.get(ROOT + path, status=status)
        assert answer.headers["Content-Type"].startswith("application/json")
        return json.loads(answer.body)

    return asked


@pytest.fixture
def two():
    """Two stations in Aix, with two datastreams each; the second begins a month later."""
    store(course("900", days=2))
    store(course("901", days=1, seed=2, start=START + timedelta(days=30)), since=START + timedelta(days=30))


def rows(statement, **values):
    return model.Session.execute(sa.text(statement), values).all()


def names(answer):
    return [one["name"] for one in answer["value"]]


def test_the_root_names_every_set(ask):
    root = ask("/")
    assert [one["name"] for one in root["value"]] == [
        "Things", "Locations", "HistoricalLocations", "Datastreams", "Sensors", "ObservedProperties",
        "Observations", "FeaturesOfInterest",
    ]  # fmt: skip
    assert ask("") == root
    for one in root["value"]:
        assert one["url"].endswith(f"{ROOT}/{one['name']}")
        assert ask("/" + one["name"]) == {"value": []}


def test_every_entity_is_where_its_links_say(two, ask, app):
    """From each set on, every self link gives the same entity again and every navigation link an answer."""
    for name in [one["name"] for one in ask("/")["value"]]:
        found = ask(f"/{name}?$top=3")["value"]
        assert found, name
        for one in found:
            path = one["@iot.selfLink"].partition(ROOT)[2]
            assert ask(path) == one
            for key, link in one.items():
                if key.endswith("@iot.navigationLink"):
                    answer = ask(link.partition(ROOT)[2] + "")
                    assert answer.get("value") or answer["@iot.id"], link


def test_observations_of_a_datastream_are_the_rows(two, ask):
    stream = ask("/Datastreams?$filter=properties/channel eq 'temperature' and Thing/name eq 'SC-900'")["value"][0]
    found = ask(f"/Datastreams({stream['@iot.id']})/Observations?$orderby=phenomenonTime asc&$top=10000")
    stored = rows(
        "select phenomenon_time, result, quality from steamcity_sensors_observation"
        " where datastream_id = :id order by phenomenon_time", id=stream["@iot.id"]
    )  # fmt: skip
    assert "@iot.nextLink" not in found
    shown = [(one["phenomenonTime"], one["result"], one["parameters"]["quality"]) for one in found["value"]]
    assert shown == [(t.isoformat().replace("+00:00", "Z"), r, q) for t, r, q in stored]
    assert stream["unitOfMeasurement"] == {"name": "degrees Celsius", "symbol": "°C", "definition": "ucum:Cel"}


@pytest.mark.parametrize(
    ("path", "codes"),
    [
        ("name eq 'SC-900'", ["SC-900"]),
        ("name ne 'SC-900'", ["SC-901"]),
        ("not (name eq 'SC-900' or name eq 'SC-901')", []),
        ("properties/exposure eq 'outdoor' and properties/synthetic eq false", ["SC-900", "SC-901"]),
        ("startswith(name, 'SC-') and endswith(name, '1')", ["SC-901"]),
        ("substringof('900', name)", ["SC-900"]),
        ("contains(tolower(name), 'sc-901')", ["SC-901"]),
        ("length(name) eq 6 and indexof(name, '9') eq 3", ["SC-900", "SC-901"]),
        ("concat(substring(name, 3), '!') eq '900!'", ["SC-900"]),
        ("Datastreams/ObservedProperty/id eq 'sound_level'", ["SC-900", "SC-901"]),
        ("Datastreams/phenomenonTime gt 2026-03-20T00:00:00Z", ["SC-901"]),
        ("Datastreams/Observations/phenomenonTime ge 2026-04-01", ["SC-901"]),
        ("st_within(Locations/location, geography'POLYGON((5.4 43.5,5.45 43.5,5.45 43.6,5.4 43.5))')", ["SC-900"]),
        ("geo.distance(Locations/location, geography'POINT(5.447 43.529)') lt 100", ["SC-900"]),
        ("geo.distance(Locations/location, geography'POINT(5.447 43.529)') gt 100", ["SC-901"]),
        ("id eq 'nobody' or @iot.id eq 'x'", []),
        ("st_relate(Locations/location, geography'POINT(5.447 43.529)', '0FFFFFFF2')", ["SC-900"]),
        ("geo.length(Locations/location) eq 0", ["SC-900", "SC-901"]),
    ],
)  # fmt: skip
def test_things_are_chosen(two, ask, path, codes):
    assert names(ask(f"/Things?$orderby=name&$filter={quote(path)}")) == codes


def test_filters_work_on_the_published_place(two, ask):
    """The place that was handed in, five decimals, is not to be found by asking with smaller and smaller circles."""
    exact, published = "POINT(5.44748 43.52912)", "POINT(5.447 43.529)"
    asked = "/Things?$select=name&$filter=geo.distance(Locations/location, geography'{}') lt 1"
    assert names(ask(asked.format(published))) == ["SC-900"]
    assert names(ask(asked.format(exact))) == []
    assert "5.44748" not in json.dumps(ask("/Things?$expand=Locations,HistoricalLocations($expand=Locations)"))


def test_observations_by_time_value_quality_and_id(two, ask):
    stream = ask("/Datastreams?$filter=Thing/name eq 'SC-900'&$orderby=id")["value"][0]["@iot.id"]
    path = f"/Datastreams({stream})/Observations?$top=10000&$filter="
    whole = ask(path.removesuffix("&$filter="))["value"]

    def chosen(text):
        return [one["@iot.id"] for one in ask(path + quote(text))["value"]]

    def expected(fits):
        return [one["@iot.id"] for one in whole if fits(one)]

    noon = "2026-03-03T12:00:00Z"
    assert chosen(f"phenomenonTime lt {noon}") == expected(lambda one: one["phenomenonTime"] < noon)
    assert chosen("phenomenonTime lt 2026-03-03T13:00:00+01:00") == chosen(f"phenomenonTime lt {noon}")
    assert chosen("date(phenomenonTime) eq 2026-03-04") == expected(
        lambda one: one["phenomenonTime"][:10] == "2026-03-04"
    )
    assert chosen("hour(phenomenonTime) eq 7") == expected(lambda one: one["phenomenonTime"][11:13] == "07")
    night = "time(phenomenonTime) lt 04:30:00"
    assert chosen(night) == expected(lambda one: one["phenomenonTime"][11:19] < "04:30:00")
    during = "during(phenomenonTime, 2026-03-03T12:00:00Z/2026-03-03T13:00:00Z)"
    assert chosen(during) == expected(lambda one: one["phenomenonTime"][:13] == "2026-03-03T12")
    assert chosen("result gt 12.5") == expected(lambda one: one["result"] is not None and one["result"] > 12.5)
    assert chosen("result eq null") == expected(lambda one: one["result"] is None)
    assert chosen("result mul 2 sub 1 gt 24") == chosen("result gt 12.5")
    assert chosen("parameters/quality le 3") == expected(lambda one: one["parameters"]["quality"] <= 3)
    assert chosen(f"id eq '{whole[3]['@iot.id']}'") == [whole[3]["@iot.id"]]
    assert chosen("FeatureOfInterest/name eq 'SC-900'") == [one["@iot.id"] for one in whole]
    assert len(whole) > 200


@pytest.mark.parametrize(
    "order", ["", "phenomenonTime asc", "phenomenonTime desc", "id desc", "result desc", "result,id"]
)
@pytest.mark.parametrize("start", ["/Datastreams({})/Observations", "/Observations"])
def test_pages_hold_every_observation_once(two, ask, order, start):
    stream = ask("/Datastreams?$orderby=id")["value"][0]["@iot.id"]
    words = f"$orderby={quote(order)}&" if order else ""
    path = f"{start.format(stream)}?{words}$filter=phenomenonTime lt 2026-03-04T00:00:00Z&$select=id"
    whole = ask(path + "&$top=10000")
    assert "@iot.nextLink" not in whole
    paged, following = [], path + "&$top=37&$skip=5"
    while following:
        page = ask(following)
        paged += page["value"]
        link = page.get("@iot.nextLink", "")
        following = link.partition(ROOT)[2]
        assert not link or ("$skiptoken" in link) == ("result" not in order)
    assert paged == whole["value"][5:]
    assert len(paged) > 80


def test_expanding_costs_one_statement_for_each_level(two, ask, app):
    for number in range(3):
        store([("902", "72", "temperature", START + timedelta(minutes=number), 3.0)])

    def statements(path):
        seen = []
        watch = lambda *args: seen.append(args[2])  # noqa: E731
        sa.event.listen(model.meta.engine, "before_cursor_execute", watch)
        try:
            found = ask(path)
        finally:
            sa.event.remove(model.meta.engine, "before_cursor_execute", watch)
        return found, [text for text in seen if "steamcity_sensors" in text]

    levels = "Datastreams($expand=ObservedProperty,Sensor,Observations($top=2;$orderby=phenomenonTime desc))"
    found, asked = statements(f"/Things?$orderby=name&$expand=Locations,{levels}")
    levels = [one for one in asked if not one.startswith("select distinct s.dataset_id")]  # what is hidden, asked once
    assert (len(levels), len(asked)) == (6, 7)
    assert [len(thing["Datastreams"]) for thing in found["value"]] == [2, 2, 2]
    first = found["value"][0]["Datastreams"][0]
    assert first["ObservedProperty"]["@iot.id"] == "air_temperature"
    times = [one["phenomenonTime"] for one in first["Observations"]]
    assert times == sorted(times, reverse=True)
    following = ask(first["Observations@iot.nextLink"].partition(ROOT)[2])["value"]
    assert len(following) == 2
    assert following[0]["phenomenonTime"] < times[-1]
    assert "Locations@iot.navigationLink" not in found["value"][0]


def test_counting(two, ask):
    (number,) = rows("select count(*) from steamcity_sensors_observation")[0]
    assert ask("/Observations?$count=true&$top=0") == {"@iot.count": number, "value": []}
    assert "@iot.count" not in ask("/Observations")
    hot = ask(f"/Observations?$count=true&$top=1&$filter={quote('result gt 50')}")
    assert hot["@iot.count"] == rows("select count(*) from steamcity_sensors_observation where result > 50")[0][0]
    for stream in ask("/Datastreams?$count=true&$expand=Observations($count=true;$top=1;$filter=result gt 0)")["value"]:
        query = "select count(*) from steamcity_sensors_observation where datastream_id = :id"
        (whole,) = rows(query, id=stream["@iot.id"])[0]
        (positive,) = rows(query + " and result > 0", id=stream["@iot.id"])[0]
        assert stream["Observations@iot.count"] == positive
        assert ask(f"/Datastreams({stream['@iot.id']})/Observations?$count=true&$top=1")["@iot.count"] == whole
        assert len(stream["Observations"]) == 1


def test_more_than_may_be_counted_is_said(two, ask, monkeypatch):
    monkeypatch.setattr(reading, "MOST_COUNTED", 10)
    assert "10" in ask("/Observations?$count=true&$filter=result gt 0", 400)["message"]
    assert ask("/Observations?$count=true")["@iot.count"] > 10


def test_data_arrays_hold_the_same(two, ask):
    plain = ask("/Observations?$top=500&$orderby=phenomenonTime")
    array = ask("/Observations?$top=500&$orderby=phenomenonTime&$resultFormat=dataArray&$select=id,result")
    cells = {row[0]: row[1] for group in array["value"] for row in group["dataArray"]}
    assert {one["@iot.id"]: one["result"] for one in plain["value"]} == cells
    assert {tuple(group["components"]) for group in array["value"]} == {("id", "result")}
    assert array["@iot.nextLink"]
    whole = ask("/Observations?$top=1&$resultFormat=dataArray")["value"][0]
    assert whole["components"] == ["id", "phenomenonTime", "resultTime", "result", "resultQuality", "parameters"]
    assert whole["dataArray@iot.count"] == 1


def test_select_addresses_and_single_properties(two, ask, app):
    thing = ask("/Things?$select=id,name,Datastreams&$orderby=name")["value"][0]
    assert sorted(thing) == ["@iot.id", "@iot.selfLink", "Datastreams@iot.navigationLink", "name"]
    path = f"/Things('{station()}')"
    assert ask(path + "/name") == {"name": "SC-900"}
    plain = app.get(f"{ROOT}{path}/name/$value")
    assert (plain.body, plain.headers["Content-Type"]) == ("SC-900", "text/plain; charset=utf-8")
    links = ask(path + "/Datastreams/$ref?$top=1")
    assert list(links["value"][0]) == ["@iot.selfLink"]
    assert "/Datastreams/$ref?" in links["@iot.nextLink"]
    assert ask(links["@iot.nextLink"].partition(ROOT)[2])["value"] != links["value"]
    assert ask(path + "/$ref")["@iot.selfLink"].endswith(quote(path, safe="/()'"))


def test_a_station_that_moved_keeps_its_places(ask):
    store([("900", "72", "temperature", START, 1.0)])
    moved = START + timedelta(days=2)
    store([("900", "72", "temperature", moved - timedelta(hours=1), 2.0)])
    run_at = dict(description("900"), latitude=43.6, longitude=5.5)
    from ckanext.steamcity.sensors import stations
    from sensor_world import FEED

    stations.upsert(model.Session, FEED, run_at, moved)
    model.Session.commit()
    store([("900", "72", "temperature", moved + timedelta(hours=1), 3.0)])  # and back, as described before
    thing = ask("/Things?$expand=Locations,HistoricalLocations($orderby=time desc;$expand=Locations)")["value"][0]
    assert len(thing["Locations"]) == 1
    places = [one["Locations"][0]["location"]["coordinates"] for one in thing["HistoricalLocations"]]
    assert [5.5, 43.6] in places
    by_place = {
        tuple(place["feature"]["coordinates"]): [one["result"] for one in place["Observations"]]
        for place in ask("/FeaturesOfInterest?$expand=Observations")["value"]
    }
    assert by_place[(5.447, 43.529)][:2] == [1.0, 2.0]
    assert sum(len(found) for found in by_place.values()) == 3
    for one in ask("/Observations?$expand=FeatureOfInterest")["value"]:
        assert one["result"] in by_place[tuple(one["FeatureOfInterest"]["feature"]["coordinates"])]


def test_nothing_of_a_dataset_that_is_not_public(two, ask):
    organization = factories.Organization()
    dataset = factories.Dataset(owner_org=organization["id"], private=True)
    changed = "update package set type = 'monitoring' where id = :id"
    model.Session.execute(sa.text(changed), {"id": dataset["id"]})
    model.Session.execute(
        sa.text("update steamcity_sensors_station set dataset_id = :id where code = 'SC-901'"), {"id": dataset["id"]}
    )
    model.Session.commit()
    hidden = station("901")
    ask(f"/Things('{hidden}')", 404)
    ask(f"/Things('{hidden}')/Datastreams", 404)
    streams = [one[0] for one in rows("select id from steamcity_sensors_datastream where station_id = :id", id=hidden)]
    for stream in streams:
        ask(f"/Datastreams({stream})", 404)
        ask(f"/Datastreams({stream})/Observations", 404)
        assert ask(f"/Observations?$filter=Datastream/id eq {stream}")["value"] == []
    for name in [one["name"] for one in ask("/")["value"]]:
        assert "SC-901" not in json.dumps(ask(f"/{name}?$top=1000"))
    april = quote("phenomenonTime gt 2026-04-01")
    assert ask(f"/Observations?$filter={april}")["value"] == []
    seen = rows("select count(*) from steamcity_sensors_observation where datastream_id <> all(:ids)", ids=streams)
    assert ask("/Observations?$count=true&$top=0")["@iot.count"] == seen[0][0]


_NESTED = "(" * 50 + "1 eq 1" + ")" * 50


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/Nothing", 404),
        ("/things", 404),
        ("/Things('nobody')", 404),
        ("/Things(1)", 404),
        ("/Datastreams('x')", 404),
        ("/Datastreams(99999999999999999999999999)", 404),
        ("/Datastreams(9223372036854775807)/Observations", 404),
        ("/Datastreams(-1)", 404),
        ("/Datastreams(2147483648)", 404),
        ("/Observations('1-99999999999999999')", 404),
        ("/Observations('99999999999-1')", 404),
        ("/Observations('x')", 404),
        ("/Datastreams(1", 400),
        ("/Datastreams(1)x", 404),
        ("/Things('", 400),
        ("/Things(x)", 400),
        ("/Things/Datastreams", 404),
        ("/Things/name", 404),
        ("/Things('a')/Datastreams(1)/Thing(2)", 404),
        ("/$ref", 404),
        ("/Datastreams?$top=-1", 400),
        ("/Datastreams?$top=x", 400),
        ("/Datastreams?$top=99999999999999999999", 400),
        ("/Datastreams?$skip=-5", 400),
        ("/Datastreams?$top=1&$top=2", 400),
        ("/Datastreams?$count=maybe", 400),
        ("/Datastreams?$search=x", 501),
        ("/Datastreams?$resultFormat=CSV", 501),
        ("/Datastreams?$resultFormat=dataArray", 400),
        ("/Datastreams?$select=secret", 400),
        ("/Datastreams?$select=id;drop", 400),
        ("/Datastreams?$expand=Nothing", 400),
        ("/Datastreams?$expand=Thing($expand=Nothing)", 400),
        ("/Datastreams?$expand=Thing(", 400),
        ("/Datastreams?$expand=Thing($expand=Datastreams($expand=Thing($expand=Datastreams($expand=Thing))))", 400),
        ("/Datastreams?$expand=" + ",".join(["Thing($expand=Datastreams)"] * 20), 400),
        ("/Datastreams?$orderby=unitOfMeasurement", 400),
        ("/Datastreams?$orderby=name sideways", 400),
        ("/Things?$orderby=Datastreams/name", 400),
        ("/Datastreams?$skiptoken=x", 400),
        ("/Observations?$skiptoken=x", 400),
        ("/Observations?$orderby=result&$skiptoken=1-1", 400),
        ("/Datastreams?$filter=name eq 'unclosed", 400),
        ("/Datastreams?$filter=name eq", 400),
        ("/Datastreams?$filter=name", 400),
        ("/Datastreams?$filter=eq eq eq", 400),
        ("/Datastreams?$filter=station_id eq 'x'", 400),
        ("/Datastreams?$filter=name eq 5", 400),
        ("/Datastreams?$filter=id eq 'x'", 400),
        ("/Datastreams?$filter=name add 1 eq 2", 400),
        ("/Datastreams?$filter=Thing eq 1", 400),
        ("/Datastreams?$filter=" + _NESTED, 400),
        ("/Datastreams?$filter=" + "not " * 100 + "true", 400),
        ("/Datastreams?$filter=" + " and ".join(["id eq 1"] * 300), 400),
        ("/Datastreams?$filter=id eq 1" + " add 1" * 100 + " ", 400),
        ("/Things?$filter=" + "Datastreams/Thing/" * 200 + "name eq 'x'", 400),
        ("/Things?$filter=" + " or ".join(["Datastreams/name eq 'x'"] * 50), 400),
        ("/Datastreams?$orderby=" + "/".join(["Thing/Datastreams"] * 20) + "/name", 400),
        ("/Datastreams?$filter=nonsense(name)", 501),
        ("/Datastreams?$filter=st_relate(observedArea, geography'POINT(1 1)', 'x')", 400),
        ("/Datastreams?$filter=st_relate(observedArea, observedArea, name)", 400),
        ("/Observations?$filter=time(phenomenonTime) gt 25:00:00", 400),
        ("/Datastreams?$filter=name eq Thing/name", 501),
        ("/Datastreams?$filter=length(name, name) eq 1", 400),
        ("/Locations?$filter=st_within(location, geography'POINT(1 1')", 400),
        ("/Locations?$filter=st_within(location, geography'POLYGON((0 0,1 1,1 0,0 1,0 0))')", 400),
        ("/Locations?$filter=st_within(location, geography'POINT(500 500)')", 400),
        ("/Locations?$filter=st_within(location, geography'POINT(nan nan)')", 400),
        ("/Locations?$filter=st_within(location, geography'')", 400),
        ("/Locations?$filter=location eq 'x'", 400),
        ("/Observations?$filter=phenomenonTime gt 2026-13-45T00:00:00Z", 400),
        ("/Observations?$filter=phenomenonTime gt 0001-01-01T00:00:00%2B14:00", 400),
        ("/Observations?$filter=phenomenonTime gt 'yesterday'", 400),
        ("/Observations?$filter=phenomenonTime add duration'P9999999D' gt now()", 400),
        ("/Observations?$filter=maxdatetime() sub maxdatetime() gt duration'PT1S'", 400),
        ("/Observations?$filter=result gt 1e999", 400),
        ("/Observations?$filter=resultQuality eq 1", 400),
        ("/Observations('1-1')?$top=3", 400),
        ("/Things?$filter=%ff", 400),
        ("/Things?$filter=" + "x" * 9000, 400),
    ],
)
def test_what_cannot_be_answered_is_said(ask, path, status):
    answer = ask(quote(path, safe="/?&=$%'(),;:+"), status)
    assert (answer["code"], answer["type"]) == (status, "error")
    assert answer["message"]
    assert len(answer["message"]) < 300


@pytest.mark.parametrize(
    "text",
    [
        "name eq 'x'' or ''1''=''1'",
        "name eq '; drop table package; --'",
        "name eq ':hidden'",
        "name eq '%s %(v0)s \\'",
        "id eq 99999999999999999999999999999",
        "id lt 99999999999999999999999999999 and name eq 'x'",
        "id div 0 eq 1",
        "id mod 0 eq 1",
        "substring(name, 9223372036854775807, 9223372036854775807) eq 'x'",
        "phenomenonTime lt 0002-01-01T00:00:00Z",
        "result_is_not_here eq null or true",
    ],
)
def test_hostile_texts_are_texts(two, ask, text):
    status = 400 if "not_here" in text else 200
    answer = ask(f"/Datastreams?$filter={quote(text)}", status)
    assert status == 400 or answer["value"] == []


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_is_written(app, method):
    for path in ("", "/", "/Things", "/Things(1)"):
        answer = app.test_client().open(ROOT + path, method=method, json={"name": "x"})
        assert answer.status_code == answer.json["code"] == 405
        assert "GET" in answer.headers["Allow"]


def test_a_page_is_never_longer_than_the_server_allows(two, ask, monkeypatch):
    monkeypatch.setattr(paging, "MOST_OBSERVATIONS", 50)
    monkeypatch.setattr(paging, "MOST_EXPANDED", 40)
    assert len(ask("/Observations?$top=1000000")["value"]) == 50
    streams = ask("/Datastreams?$expand=Observations($top=1000000)")["value"]
    assert [len(one["Observations"]) for one in streams] == [10, 10, 10, 10]
    assert all("Observations@iot.nextLink" in one for one in streams)


def test_what_stands_in_an_answer_many_times_counts_many_times(two, ask, monkeypatch):
    """Fifty observations lead to one datastream, which would hold the same thousands of observations fifty times."""
    monkeypatch.setattr(paging, "MOST_EXPANDED", 200)
    stream = ask("/Datastreams?$orderby=id")["value"][0]["@iot.id"]
    path = f"/Datastreams({stream})/Observations?$top=50&$expand=Datastream"
    bomb = ask(f"{path}($expand=Observations($top=10000;$select=result))")["value"]
    assert [len(one["Datastream"]["Observations"]) for one in bomb] == [3] * 50
    ask(f"{path}($expand=Thing,Sensor,ObservedProperty,Observations)", 400)
    ask(f"{path},FeatureOfInterest($expand=Observations($expand=Datastream($expand=Thing)))", 400)


@pytest.mark.parametrize("ended_by", ["the database", "the portal"])
def test_a_question_that_takes_too_long_is_ended(two, ask, monkeypatch, ended_by):
    from ckanext.steamcity.sensors.sensorthings import views

    monkeypatch.setattr(views, "_LONGEST", 1)
    now = 0.0 if ended_by == "the database" else float("inf")
    monkeypatch.setattr(reading, "time", SimpleNamespace(monotonic=lambda: now))
    places = "st_within(FeatureOfInterest/feature, geography'POLYGON((0 40,9 40,9 50,0 50,0 40))')"
    answer = ask(f"/Observations?$filter={quote(places + ' and result gt 9000')}&$count=true", 503)
    assert answer["code"] == 503
    monkeypatch.undo()
    assert ask("/Things")["value"]


def test_errors_speak_the_readers_language_and_links_none(two, app):
    assert app.get(f"/fr{ROOT}/Nothing", status=404).json["message"] == "Il n’y a rien à cette adresse."
    thing = app.get(f"/fr{ROOT}/Things?$top=1").json
    assert f"/fr{ROOT}" not in json.dumps(thing)
    assert thing == app.get(f"{ROOT}/Things?$top=1").json


def test_it_is_open_to_pages_of_other_sites(ask, app):
    for path in ("/", "/Things", "/Nothing"):
        answer = app.test_client().get(ROOT + path)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert app.test_client().head(ROOT + path).status_code == answer.status_code
