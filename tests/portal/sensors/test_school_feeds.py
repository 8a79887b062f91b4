"""A school adds a feed from its own page, step by step, and looks after it."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckan.tests import factories
from ckanext.harvest.model import HarvestSource
from ckanext.steamcity.harvesters import columns, drafts, jobs, pauses, watch
from h3 import cell_to_center_child
from sensor_world import as_user, call_action, headers
from werkzeug.datastructures import MultiDict

pytestmark = pytest.mark.usefixtures("clean_db", "clean_index")

BOX, WARM, DUST = "5386e44d5f0822040000a001", "5386e44d5f0822040000b001", "5386e44d5f0822040000b002"
NAME = "Balcon de Jeanne-Marguerite"
PAGE = "/school/demo-school-aix-a/feeds"
HOSTILE = '<script>alert("1")</script>\'; drop table package; -- {{ 7*7 }}'


def box(identifier=BOX, **changes):
    described = {
        "_id": identifier,
        "createdAt": "2026-03-01T00:00:00.000Z",
        "name": NAME,
        "exposure": "outdoor",
        "currentLocation": {"coordinates": [5.44748, 43.52912], "timestamp": "2026-03-01T00:00:00.000Z"},
        "sensors": [
            {"_id": WARM, "title": "Temperatur", "unit": "°C", "sensorType": "HDC1008"},
            {"_id": DUST, "title": "PM2.5", "unit": "µg/m³", "sensorType": "SDS 011"},
            {"_id": "5386e44d5f0822040000b003", "title": NAME, "unit": "Stück", "sensorType": NAME},
        ],
    }
    return described | changes


class Service(dict):
    """What an openSenseMap of our own answers: descriptions by address, measurements for any window."""

    def __contains__(self, path):
        return path.startswith("boxes") or super().__contains__(path)

    def __getitem__(self, path):
        plain, _mark, query = path.partition("?")
        if "/data/" in plain:
            asked = parse_qs(query)
            begin, end = (datetime.fromisoformat(asked[name][0]) for name in ("from-date", "to-date"))
            last = min(end, datetime.now(UTC))
            times = [last - timedelta(minutes=10 * n) for n in range(6)] if plain.endswith(WARM) else []
            rows = [{"createdAt": t.isoformat(), "value": "21.5"} for t in times if begin <= t]
            return 200, json.dumps(rows).encode()
        if plain in self.keys():
            return self.get(plain)
        return self.get("boxes?bbox", (404, b"")) if plain == "boxes" and "bbox" in query else (404, b"")


@pytest.fixture
def service(archive, monkeypatch):
    archive.answers = Service({f"boxes/{BOX}": (200, json.dumps(box()).encode())})
    monkeypatch.setitem(tk.config, "steamcity.feed.opensensemap_url", archive.url)
    monkeypatch.setitem(tk.config, "steamcity.feed.sensor_community_live_url", archive.url)
    monkeypatch.setitem(tk.config, "steamcity.feed.sensor_community_url", archive.url)
    monkeypatch.setitem(tk.config, "steamcity.feed.opensensemap_archive_url", "")
    return archive


@pytest.fixture
def woken(monkeypatch):
    """The feeds a worker is woken for."""
    found = []
    monkeypatch.setattr(jobs, "enqueue_once", lambda source_id: found.append(source_id) or True)
    return found


def fields(body):
    """Hidden fields of the form of a step, as a browser would send them."""
    form = body[body.index('<div class="sch-screen">') :]
    return re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form)


def test_from_the_pasted_address_of_a_box_to_the_page_of_its_dataset(app, school, service, woken):
    """The whole path, as the plain forms go it."""
    token = headers(school["teacher"])
    page = app.get("/organization/demo-school-aix-a", headers=token)
    assert f"{PAGE}/new" in page.body
    assert "opensensemap" in app.get(f"{PAGE}/new", headers=token).body
    assert 'name="boxes"' in app.get(f"{PAGE}/new/where?provider=opensensemap", headers=token).body
    asked = {"provider": "opensensemap", "boxes": f"https://opensensemap.org/explore/{BOX}", "since": "month"}
    page = app.get(f"{PAGE}/new/stations", query_string=asked, headers=token)
    assert "1 station was found" in page.body
    assert "OSM-00a001" in page.body
    assert "21.5" in page.body
    assert "1 sensor whose quantity" in page.body
    assert "Jeanne" not in page.body
    page = app.get(f"{PAGE}/new/licence", query_string=fields(page.body), headers=token)
    assert "PDDL 1.0" in page.body
    form = dict(fields(page.body)) | {"title": "Air around our school", "license_id": "PDDL-1.0"}
    answer = app.post(f"{PAGE}/new/licence", data=form, headers=token, follow_redirects=False)
    assert answer.status_code == 302, answer.body
    (feed,) = [source.id for source in model.Session.query(HarvestSource)]
    assert woken == [feed]
    assert call_action("steamcity_feed_run", source_id=feed, wait=True) == {"state": "finished"}
    page = app.get(f"/feed/{feed}", headers=token)
    assert "waiting for the next run" in page.body
    shown = as_user(school["teacher"], "steamcity_feed_show", source_id=feed)
    assert shown["last"]["new"] > 0
    assert datetime.fromisoformat(shown["next_run"]) > datetime.now(UTC)
    public = app.get(f"/feed/{feed}", follow_redirects=False)
    assert public.status_code == 302
    page = app.get(public.headers["Location"])
    assert "Air around our school" in page.body
    assert "OSM-00a001" in page.body
    assert "Jeanne" not in page.body + json.dumps(shown, default=str)


def create(user, school, **more):
    given = {"provider": "opensensemap", "boxes": BOX, "title": "Air around our school", "key": "k"} | more
    return as_user(user, "steamcity_feed_create", owner_org=school["organization"]["id"], **given)


def test_a_double_click_makes_one_feed(school, service, woken):
    def click(_number):
        try:
            return create(school["teacher"], school)["id"]
        finally:
            model.Session.remove()

    with ThreadPoolExecutor(2) as pool:
        ids = set(pool.map(click, range(2)))
    assert len(ids) == 1
    assert model.Session.query(HarvestSource).count() == 1
    with pytest.raises(tk.ValidationError) as refused:
        create(school["teacher"], school, key="another")
    assert "already" in str(refused.value)


def test_who_may(school, service, woken):
    """Teachers and coordinators of the school; no plain member, no stranger, nobody from another school."""
    feed = create(school["coordinator"], school)["id"]
    other = factories.User()
    factories.Organization(users=[{"name": other["name"], "capacity": "admin"}])
    for user in (school["member"], factories.User(), other):
        for name in ("try", "create", "list"):
            with pytest.raises(tk.NotAuthorized):
                as_user(user, f"steamcity_feed_{name}", owner_org=school["organization"]["id"], provider="opensensemap")
        for name in ("steamcity_feed_show", "steamcity_feed_pause", "steamcity_feed_resume", "steamcity_feed_stop"):
            with pytest.raises(tk.NotAuthorized):
                as_user(user, name, source_id=feed)
    for user in (school["teacher"], school["coordinator"]):
        listed = as_user(user, "steamcity_feed_list", owner_org=school["organization"]["name"])
        assert [one["id"] for one in listed] == [feed]
    with pytest.raises(tk.NotAuthorized):
        as_user(school["teacher"], "steamcity_run_stop", feed=feed)
    with pytest.raises(tk.NotAuthorized):
        as_user(school["teacher"], "steamcity_station_gone", feed=feed, present=[])


def test_pages_of_a_stranger_and_of_an_anonymous_reader(app, school, service, woken):
    feed = create(school["teacher"], school)["id"]
    stranger = headers(factories.User())
    for address in (PAGE, f"{PAGE}/new", f"{PAGE}/new/where?provider=push"):
        assert app.get(address, headers=stranger, expect_errors=True).status_code == 403
        assert "/user/login" in app.get(address, follow_redirects=False).headers["Location"]
    assert app.get(f"/feed/{feed}", expect_errors=True).status_code == 404
    assert "Sensor feeds" not in app.get("/organization/demo-school-aix-a").body


REFUSED = {
    "nothing there": ({"boxes": "aaaaaaaaaaaaaaaaaaaaaaaa"}, None, "no box with this id"),
    "two words": ({"boxes": "my box"}, None, "“my box” is no address of a box"),
    "no address": ({"boxes": "https://example.org/x"}, None, "is no address of a box"),
    "not that provider": ({}, (200, b"<html>hello</html>"), "answers, but not like openSenseMap"),
    "an error": ({}, (403, b"no"), "but not with data"),
    "moves": ({}, (200, json.dumps(box(exposure="mobile")).encode()), "moves about"),
    "unknown": ({}, (200, json.dumps(box(sensors=[{"_id": WARM, "title": "x"}])).encode()), "known to the portal"),
    "nothing chosen": ({"boxes": ""}, None, "Paste the address"),
    "too large": ({"boxes": "", "box": "0,40,10,50"}, None, "too large"),
    "no rectangle": ({"boxes": "", "box": "north"}, None, "no area"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_said_in_a_sentence(app, school, service, case):
    changes, answer, sentence = REFUSED[case]
    if answer:
        service.answers[f"boxes/{BOX}"] = answer
    asked = {"provider": "opensensemap", "boxes": BOX} | changes
    page = app.get(f"{PAGE}/new/stations", query_string=asked, headers=headers(school["teacher"]))
    assert page.status_code == 422
    assert sentence in page.body


def test_private_unreachable_and_slow_servers(school, service, monkeypatch):
    def attempt(**more):
        with pytest.raises(tk.ValidationError) as refused:
            as_user(school["teacher"], "steamcity_feed_try", owner_org=school["organization"]["id"], **more)
        return str(refused.value.error_dict["source"])

    address = {"provider": "sensorthings", "address": "http://127.0.0.1:1/v1.1"}
    assert "is no public address" in attempt(**address)
    monkeypatch.setitem(tk.config, "steamcity.net.allow_hosts", ["127.0.0.1:1"])
    monkeypatch.setitem(tk.config, "steamcity.feed.try_seconds", 2)
    assert "127.0.0.1 " in attempt(**address)


def test_more_stations_than_a_feed_may_read(school, service, monkeypatch, woken):
    monkeypatch.setitem(tk.config, "steamcity.feed.max_stations", 1)
    many = [box(f"5386e44d5f0822040000a00{n}") for n in range(3)]
    service.answers["boxes?bbox"] = (200, json.dumps(many).encode())
    asked = {"provider": "opensensemap", "box": "5.4,43.5,5.5,43.6"}
    with pytest.raises(tk.ValidationError) as refused:
        as_user(school["teacher"], "steamcity_feed_try", owner_org=school["organization"]["id"], **asked)
    assert "There are 3 stations" in str(refused.value)
    feed = create(school["teacher"], school, boxes="", box=asked["box"])["id"]
    assert call_action("steamcity_feed_run", source_id=feed, wait=True)["state"] == "failed"
    trouble = as_user(school["teacher"], "steamcity_feed_show", source_id=feed)["last"]["trouble"]
    assert trouble["kind"] == "too_many"
    assert call_action("steamcity_station_list", feed=feed)["count"] == 0


def test_the_licence_is_one_the_network_allows(app, school, service):
    for chosen in ("LO-2.0", "nonsense"):
        with pytest.raises(tk.ValidationError) as refused:
            create(school["teacher"], school, license_id=chosen)
        assert "license_id" in refused.value.error_dict
    page = app.get(
        f"{PAGE}/new/licence", query_string={"provider": "sensor_community", "sensors": "5331"},
        headers=headers(school["teacher"]),
    )  # fmt: skip
    assert "ODbL-1.0-DbCL-1.0" in page.body
    assert "CC-BY-4.0" not in page.body


@pytest.mark.parametrize("title", ["", "x" * 200, "write to jeanne@example.org", "the teacher Mme Jeanne Dupont"])
def test_a_name_that_is_none_or_a_persons_is_refused(school, service, title):
    with pytest.raises(tk.ValidationError) as refused:
        create(school["teacher"], school, title=title)
    assert "title" in refused.value.error_dict


def test_a_person_is_not_named_as_the_source_either(school, service):
    with pytest.raises(tk.ValidationError) as refused:
        create(school["teacher"], school, attribution="Mme Jeanne Dupont, jeanne@example.org")
    assert "attribution" in refused.value.error_dict


@pytest.mark.parametrize("title", ["Sensors of Léa Martin", "Capteur de Léa", "Emma's sensor"])
def test_what_may_be_a_name_is_asked_about(app, school, service, woken, title):
    """A feed is public at once, and nobody else looks at it before."""
    with pytest.raises(tk.ValidationError) as refused:
        create(school["teacher"], school, title=title)
    assert set(refused.value.error_dict) == {"title", "no_person"}
    form = {"provider": "opensensemap", "boxes": BOX, "title": title, "license_id": "PDDL-1.0", "key": "k"}
    page = app.post(f"{PAGE}/new/licence", data=form, headers=headers(school["teacher"]))
    assert page.status_code == 422
    assert 'name="no_person"' in page.body
    with pytest.raises(tk.ValidationError):
        create(school["teacher"], school, attribution=title)
    feed = create(school["teacher"], school, title=title, no_person=True)["id"]
    # What was said once is not asked again
    as_user(school["teacher"], "steamcity_feed_update", source_id=feed, since="month")
    with pytest.raises(tk.ValidationError):
        as_user(school["teacher"], "steamcity_feed_update", source_id=feed, title="The sensor of Nathan")


@pytest.mark.usefixtures("with_request_context")
def test_quantities_are_offered_with_units_people_know():
    labels = {one["value"]: one["label"] for one in columns.measured()}
    assert labels["bicycle_count|1"] == "Bicycles counted"
    assert labels["relative_humidity|%"] == "Relative humidity (%)"
    assert labels["relative_humidity|1"] == "Relative humidity (0–1)"


def test_hostile_words_stay_words(app, school, service, woken):
    token = headers(school["teacher"])
    feed = create(school["teacher"], school, title=HOSTILE)["id"]
    for address in (f"/feed/{feed}", PAGE, "/organization/demo-school-aix-a"):
        body = app.get(address, headers=token).body
        assert "<script>alert(" not in body
        assert "{{ 7*7 }}" in body
    asked = {"provider": "opensensemap", "boxes": HOSTILE, "place": HOSTILE, "title": HOSTILE, "since": HOSTILE}
    page = app.get(f"{PAGE}/new/stations", query_string=asked, headers=token)
    assert page.status_code == 422
    assert "<script>alert(" not in page.body


def test_pause_start_again_stop_and_read_now(app, school, service, woken):
    token = headers(school["teacher"])
    feed = create(school["teacher"], school)["id"]
    woken.clear()

    def press(what):
        return app.post(f"/feed/{feed}", data={"do": what}, headers=token, follow_redirects=False)

    assert press("run").status_code == 302
    assert woken == [feed]
    claimed = call_action("steamcity_run_claim", feed=feed)
    shown = as_user(school["teacher"], "steamcity_feed_show", source_id=feed)
    assert (shown["state"], shown["running"]["new"]) == ("running", 0)
    assert "Stop this run" in app.get(f"/feed/{feed}", headers=token).body
    press("stop")
    with pytest.raises(tk.ValidationError):  # whoever was at it cannot write any more
        call_action("steamcity_run_renew", run_id=claimed["id"], attempt=claimed["attempt"])
    assert as_user(school["teacher"], "steamcity_feed_show", source_id=feed)["last"]["state"] == "stopped"
    press("pause")
    assert pauses.since(feed)
    assert "paused" in app.get(f"/feed/{feed}", headers=token).body
    assert press("run").status_code == 422
    assert call_action("steamcity_feed_show", source_id=feed)["next_run"] is None
    woken.clear()
    watch.look()
    assert woken == []
    press("resume")
    assert woken == [feed]
    assert pauses.since(feed) is None
    assert call_action("steamcity_feed_run", source_id=feed, wait=True) == {"state": "finished"}


def test_a_failed_run_is_told_in_words_with_a_next_step(app, school, service, woken):
    feed = create(school["teacher"], school)["id"]
    service.answers[f"boxes/{BOX}"] = (403, b"no")
    assert call_action("steamcity_feed_run", source_id=feed, wait=True)["state"] == "failed"
    body = app.get(f"/feed/{feed}", headers=headers(school["teacher"])).body
    assert "the last run failed" in body
    assert "The source answered, but gave no data." in body
    assert "the portal asks again by itself" in body


def test_sensors_of_an_area_are_looked_for_live_and_read_from_the_archive(app, school, service, woken):
    live = [{
        "timestamp": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "sensor": {"id": 5331, "sensor_type": {"name": "SDS011"}},
        "location": {"id": 31, "latitude": "43.529", "longitude": "5.447", "indoor": 0},
        "sensordatavalues": [{"value_type": "P1", "value": "11.0"}],
    }]  # fmt: skip
    path = "airrohr/v1/filter/box=43.5,5.4,43.6,5.5"
    service.answers = {path: (200, json.dumps(live).encode())}
    asked = {"provider": "sensor_community", "box": "5.4,43.5,5.5,43.6"}
    page = app.get(f"{PAGE}/new/stations", query_string=asked, headers=headers(school["teacher"]))
    assert "1 station was found" in page.body
    carried = dict(fields(page.body))
    assert (carried["sensors"], "box" in carried) == ("5331", False)
    made = create(school["teacher"], school, boxes="", provider="sensor_community", sensors=carried["sensors"])
    settings = json.loads(HarvestSource.get(made["id"]).config)
    assert (settings["provider"], settings["sensors"]) == ("sensor_community", ["5331"])


def test_devices_get_a_token_that_is_shown_once_and_works(app, school, place, woken):
    token = headers(school["teacher"])
    asked = {"provider": "push", "profile": "steamcity", "exposure": "outdoor", "place": place}
    page = app.get(f"{PAGE}/new/stations", query_string=asked, headers=token)
    form = dict(fields(page.body)) | {"title": "Our boxes", "license_id": "CC-BY-4.0", "attribution": "Demo school"}
    page = app.post(f"{PAGE}/new/licence", data=form, headers=token)
    assert "Make a token" in page.body
    feed = model.Session.query(HarvestSource).one().id
    shown = [app.post(f"/feed/{feed}", data={"do": "token", "key": "same"}, headers=token).body for _ in range(2)]
    opening = {re.search(r"sc_[\w-]+", body)[0] for body in shown}
    assert len(opening) == 1  # a double click makes one token
    assert opening.pop() not in app.get(f"/feed/{feed}", headers=token).body
    secret = re.search(r"sc_[\w-]+", shown[0])[0]
    example = re.search(r"-d &#39;(.+?)&#39;|-d '(.+?)'", shown[0])
    body = (example[1] or example[2]).replace("&#34;", '"')
    path = urlsplit(re.search(r"http\S+/api/steamcity/push/\S+?(?=<)", shown[0])[0]).path
    receipt = app.post(path, data=body.encode(), headers={"X-Push-Token": secret}, status=202).json
    assert receipt["accepted"] == 1
    as_user(school["teacher"], "steamcity_feed_pause", source_id=feed)
    assert app.post(path, data=body.encode(), headers={"X-Push-Token": secret}, status=409).json["error"]
    identifier = call_action("steamcity_feed_token_list", source_id=feed)[0]["id"]
    app.post(f"/feed/{feed}", data={"do": "revoke", "id": identifier}, headers=token)
    app.post(path, data=body.encode(), headers={"X-Push-Token": secret}, status=401)


FILE = "Zeit;Temperatur (°F);Name\n2026-03-03 08:00;70,0;Jeanne\n2026-03-03 09:00;71,6;Jeanne\nlater;1;Jeanne\n"


def test_a_file_with_its_columns_becomes_a_feed(app, school, place, woken, city):
    token, user = headers(school["teacher"]), model.User.get(school["teacher"]["name"])
    draft = drafts.keep(user.id, FILE.encode())
    page = app.get(f"{PAGE}/new/where", query_string={"provider": "file", "draft": draft}, headers=token)
    assert re.search(r'value="air_temperature\|\[degF\]" selected', page.body)
    assert re.search(r'value="time" selected', page.body)
    assert re.search(r'value="Europe/Paris" selected', page.body)  # the clock of the school's city
    asked = [("provider", "file"), ("draft", draft), ("place", place), ("exposure", "outdoor"),
             ("timezone", "Europe/Madrid"), ("device", "roof"), ("column", "Zeit"), ("means", "time"),
             ("column", "Temperatur (°F)"), ("means", "air_temperature|[degF]"), ("column", "Name"),
             ("means", "")]  # fmt: skip
    answer = app.post(f"{PAGE}/new/where", data=MultiDict(asked), headers=token, follow_redirects=False)
    address = answer.headers["Location"]
    assert not any(word in unquote(address) for word in ("Zeit", "Name", "roof"))
    page = app.get(address, headers=token)
    assert "without a readable time" in page.body
    page = app.get(f"{PAGE}/new/licence", query_string=fields(page.body), headers=token)
    form = fields(page.body)
    more = [("title", "Logger of class"), ("license_id", "CC-BY-4.0"), ("attribution", "Demo school")]
    app.post(f"{PAGE}/new/licence", data=MultiDict(form + more), headers=token)
    feed = model.Session.query(HarvestSource).one().id
    station = call_action("steamcity_station_list", feed=feed)["results"][0]
    found = call_action("steamcity_observation_search", station=station["id"])["observations"]
    assert [round(one["result"], 1) for one in found] == [21.1, 22.0]
    assert [one["time"][:16] for one in found] == ["2026-03-03T07:00", "2026-03-03T08:00"]
    assert drafts.kept(user.id, draft) is None
    dump = HarvestSource.get(feed).config + app.get(f"/feed/{feed}", headers=token).body
    assert "Jeanne" not in dump


def test_a_station_that_is_gone_at_the_source_is_marked_and_never_deleted(school, service, woken):
    other = "5386e44d5f0822040000a002"
    second = box(other, sensors=[{"_id": "5386e44d5f0822040000b009", "title": "Temperatur", "unit": "°C"}])
    service.answers["boxes?bbox"] = (200, json.dumps([box(), second]).encode())
    feed = create(school["teacher"], school, boxes="", box="5.4,43.5,5.5,43.6")["id"]

    def gone():
        assert call_action("steamcity_feed_run", source_id=feed, wait=True) == {"state": "finished"}
        found = call_action("steamcity_station_search", feed=feed)["results"]
        return {one["code"]: bool(one["gone_since"]) for one in found}

    assert gone() == {"OSM-00a001": False, "OSM-00a002": False}
    service.answers["boxes?bbox"] = (200, json.dumps([box()]).encode())
    assert gone() == {"OSM-00a001": False, "OSM-00a002": True}
    assert as_user(school["teacher"], "steamcity_feed_show", source_id=feed)["gone"] == 1
    service.answers["boxes?bbox"] = (200, b"<html>under repair</html>")  # no list at all says nothing
    call_action("steamcity_feed_run", source_id=feed, wait=True)
    found = call_action("steamcity_station_search", feed=feed)["results"]
    assert {one["code"]: bool(one["gone_since"]) for one in found} == {"OSM-00a001": False, "OSM-00a002": True}
    service.answers["boxes?bbox"] = (200, json.dumps([box(), second]).encode())
    assert gone() == {"OSM-00a001": False, "OSM-00a002": False}


def test_a_column_named_after_a_person_is_refused(school, place):
    mapping = {"time": "time", "sensor of Mme Jeanne Dupont": {"property": "air_temperature", "unit": "°C"}}
    with pytest.raises(tk.ValidationError) as refused:
        create(school["teacher"], school, provider="file", place=place, exposure="indoor", mapping=mapping,
               attribution="Demo school")  # fmt: skip
    assert "mapping" in refused.value.error_dict


def test_every_step_speaks_every_language(app, school, service):
    token = headers(school["teacher"])
    for language in ("fr", "it", "es", "bg"):
        for kind in ("opensensemap", "sensor_community", "sensorthings", "push", "file"):
            body = app.get(f"/{language}{PAGE}/new/where?provider={kind}", headers=token).body
            assert "Go on" not in body, (language, kind)


def settings_of(feed):
    model.Session.expire_all()
    return json.loads(HarvestSource.get(feed).config)


def test_the_boxes_of_a_feed_are_changed_on_the_pages_they_were_chosen_on(app, school, service, woken):
    token = headers(school["teacher"])
    feed = create(school["teacher"], school, attribution="Demo school")["id"]
    call_action("steamcity_feed_run", source_id=feed, wait=True)
    before = settings_of(feed)
    (station,) = call_action("steamcity_station_list", feed=feed)["results"]
    page = app.get(f"/feed/{feed}", headers=token)
    assert f"/feed/{feed}/settings" in page.body
    page = app.get(f"/feed/{feed}/settings", headers=token)
    assert re.search(rf">\s*{BOX}</textarea>", page.body)
    other = "5386e44d5f0822040000a002"
    service.answers[f"boxes/{other}"] = (200, json.dumps(box(other, sensors=box()["sensors"][:1])).encode())
    asked = dict(fields(page.body)) | {"boxes": f"{BOX} {other}", "grouptag": "", "place": "", "box": ""}
    page = app.get(f"{PAGE}/new/stations", query_string=asked, headers=token)
    assert "2 stations were found" in page.body
    assert settings_of(feed) == before  # nothing changes by looking
    page = app.get(f"{PAGE}/new/licence", query_string=fields(page.body), headers=token)
    assert 'value="Air around our school"' in page.body
    woken.clear()
    form = dict(fields(page.body)) | {"title": "Air around us", "license_id": "PDDL-1.0"}
    for _press in range(2):
        answer = app.post(f"{PAGE}/new/licence", data=form, headers=token, follow_redirects=False)
        assert answer.headers["Location"].endswith(f"/feed/{feed}")
    assert set(woken) == {feed}
    assert settings_of(feed) == before | {"boxes": [BOX, other]}
    assert model.Session.query(HarvestSource).count() == 1
    call_action("steamcity_feed_run", source_id=feed, wait=True)
    found = call_action("steamcity_station_list", feed=feed)["results"]
    assert {one["code"] for one in found} == {"OSM-00a001", "OSM-00a002"}
    assert station["id"] in {one["id"] for one in found}
    network = found[0]["dataset_id"]
    assert call_action("package_show", id=network)["title"] == "Air around us"
    words = {"title": "The air around our two schools", "notes": "One box stands on each roof."}
    as_user(school["teacher"], "package_patch", id=network, **words)
    call_action("steamcity_feed_run", source_id=feed, wait=True)
    as_user(school["teacher"], "steamcity_feed_update", source_id=feed, attribution="Both schools")
    shown = call_action("package_show", id=network)
    assert ({name: shown[name] for name in words}, shown["attribution"]) == (words, "Both schools")


def test_an_area_is_filled_in_as_it_was_drawn_and_what_no_page_asks_for_stays(app, school, service, woken):
    service.answers["boxes?bbox"] = (200, json.dumps([box()]).encode())
    feed = create(school["teacher"], school, boxes="", box="5.4,43.5,5.5,43.6", since="all")["id"]
    settings = settings_of(feed) | {"last_day": "2030-01-01", "synthetic": True, "most_stations": 3}
    call_action("harvest_source_patch", id=feed, config=json.dumps(settings))
    page = app.get(f"/feed/{feed}/settings", headers=headers(school["teacher"]))
    assert 'value="5.4,43.5,5.5,43.6"' in page.body
    assert 'name="since"' not in page.body
    as_user(school["teacher"], "steamcity_feed_update", source_id=feed, title="Another name")
    assert settings_of(feed) == settings
    as_user(school["teacher"], "steamcity_feed_update", source_id=feed, box="5.4,43.5,5.45,43.55")
    changed = settings_of(feed)
    assert changed["bbox"] == [5.4, 43.5, 5.45, 43.55]
    assert (changed["last_day"], changed["synthetic"], "first_day" in changed) == ("2030-01-01", True, False)
    assert changed["most_stations"] == tk.config["steamcity.feed.max_stations"]
    with pytest.raises(tk.ValidationError) as refused:
        as_user(school["teacher"], "steamcity_feed_update", source_id=feed, box="0,40,10,50")
    assert "box" in refused.value.error_dict
    assert settings_of(feed) == changed


def test_a_servers_own_filter_stays_until_an_area_is_chosen(school, service, woken):
    made = create(school["teacher"], school, provider="sensorthings", boxes="", address="https://sta.example.org/v1.1",
                  attribution="City of Example", license_id="CC-BY-4.0")["id"]  # fmt: skip
    settings = settings_of(made) | {"things": "properties/topic eq 'air'"}
    call_action("harvest_source_patch", id=made, config=json.dumps(settings))
    as_user(school["teacher"], "steamcity_feed_update", source_id=made, address="https://sta.example.org/v1.0")
    assert settings_of(made) == settings
    assert HarvestSource.get(made).url == "https://sta.example.org/v1.0"
    as_user(school["teacher"], "steamcity_feed_update", source_id=made, box="5.4,43.5,5.5,43.6")
    assert settings_of(made)["things"].startswith("st_within(")
    as_user(school["teacher"], "steamcity_feed_update", source_id=made, box="")
    assert "things" not in settings_of(made)


def test_who_may_change_settings(app, school, service, woken):
    feed = create(school["teacher"], school)["id"]
    other = factories.User()
    factories.Organization(name="other-school", users=[{"name": other["name"], "capacity": "admin"}])
    before = settings_of(feed)
    for user in (school["member"], factories.User(), other):
        with pytest.raises(tk.NotAuthorized):
            as_user(user, "steamcity_feed_update", source_id=feed, boxes="aaaaaaaaaaaaaaaaaaaaaaaa")
        assert app.get(f"/feed/{feed}/settings", headers=headers(user), expect_errors=True).status_code == 403
    with pytest.raises(tk.NotAuthorized):  # nor is it looked at through a school of one's own
        as_user(other, "steamcity_feed_try", owner_org="other-school", source_id=feed, provider="opensensemap")
    address = "/school/other-school/feeds/new/where"
    given = {"provider": "opensensemap", "feed": feed}
    assert app.get(address, query_string=given, headers=headers(other), expect_errors=True).status_code == 403
    form = given | {"boxes": BOX, "title": "Mine now", "license_id": "PDDL-1.0"}
    for name in ("other-school", "demo-school-aix-a"):
        answer = app.post(f"/school/{name}/feeds/new/licence", data=form, headers=headers(other), expect_errors=True)
        assert answer.status_code == 403
    given["provider"] = "push"  # a feed does not become one of another kind
    assert app.get(f"{PAGE}/new/where", query_string=given, headers=headers(school["teacher"])).status_code == 404
    assert "/user/login" in app.get(f"/feed/{feed}/settings", follow_redirects=False).headers["Location"]
    assert settings_of(feed) == before


LATER = "Zeit;Temperature;Name\n2026-03-04 08:00;70,0;Jeanne\n"


def file_feed(school, place, **more):
    mapping = {"Zeit": "time", "Temp": {"property": "air_temperature", "unit": "°C"}}
    given = {"provider": "file", "boxes": "", "place": place, "exposure": "outdoor", "mapping": mapping,
             "timezone": "Europe/Paris", "attribution": "Demo school", "license_id": "CC-BY-4.0"}  # fmt: skip
    return create(school["teacher"], school, **given | more)["id"]


def test_a_column_that_was_renamed_and_mapped_wrongly_is_put_right(app, school, place, woken):
    """The logger calls it otherwise now, and it was in degrees Fahrenheit all the time."""
    token, user = headers(school["teacher"]), model.User.get(school["teacher"]["name"])
    feed = file_feed(school, place)
    call_action("steamcity_feed_upload", source_id=feed, text="Zeit;Temp\n2026-03-03 08:00;20,0\n")
    page = app.get(f"/feed/{feed}/settings", headers=token)
    assert re.search(r'value="air_temperature\|Cel" selected', page.body)
    assert re.search(r'value="Europe/Paris" selected', page.body)
    draft = dict(fields(page.body))["draft"]
    drafts.replace(user.id, draft, LATER.encode())
    page = app.get(f"{PAGE}/new/where", query_string={"provider": "file", "draft": draft, "feed": feed}, headers=token)
    assert "not in this file" in page.body
    asked = [("provider", "file"), ("feed", feed), ("draft", draft), ("place", place), ("exposure", "indoor"),
             ("timezone", "Europe/Madrid"), ("column", "Zeit"), ("means", "time"), ("column", "Temperature"),
             ("means", "air_temperature|[degF]"), ("column", "Name"), ("means", ""), ("column", "Temp"),
             ("means", "")]  # fmt: skip
    answer = app.post(f"{PAGE}/new/where", data=MultiDict(asked), headers=token, follow_redirects=False)
    assert not any(word in unquote(answer.headers["Location"]) for word in ("Zeit", "Temp", "Name"))
    page = app.get(answer.headers["Location"], headers=token)
    assert "21.1" in page.body  # the dry run
    assert "Jeanne" not in page.body
    page = app.get(f"{PAGE}/new/licence", query_string=fields(page.body), headers=token)
    form = dict(fields(page.body)) | {"title": "Logger", "license_id": "CC-BY-4.0", "attribution": "Demo school"}
    app.post(f"{PAGE}/new/licence", data=form, headers=token)
    changed = settings_of(feed)
    assert changed["mapping"] == {"Zeit": "time", "Temperature": {"property": "air_temperature", "unit": "[degF]"}}
    assert (changed["timezone"], changed["exposure"]) == ("Europe/Madrid", "indoor")
    assert drafts.kept(user.id, draft) is None
    receipt = call_action("steamcity_feed_upload", source_id=feed, text=LATER)
    assert (receipt["new"], receipt["changed"]) == (1, 0)
    (station,) = call_action("steamcity_station_list", feed=feed)["results"]
    shown = call_action("steamcity_station_show", id=station["id"])
    assert sorted(one["latest"]["result"] for one in shown["datastreams"]) == [20.0, pytest.approx(21.111, abs=0.01)]
    assert shown["exposure"] == "indoor"


def test_stations_are_shown_less_exactly_at_once_when_the_feed_says_that_they_stand_indoors(school, place, woken):
    fine = f"cell:{cell_to_center_child(place.removeprefix('cell:'), 9)}"
    feed = file_feed(school, fine)
    call_action("steamcity_feed_upload", source_id=feed, text="Zeit;Temp\n2026-03-03 08:00;20,0\n")

    def place_and_licence():
        (station,) = call_action("steamcity_station_list", feed=feed)["results"]
        shown = call_action("steamcity_station_show", id=station["id"])
        return {one["place"] for one in shown["deployments"]}, shown["license_id"], shown["attribution"]

    dataset = call_action("steamcity_feed_show", source_id=feed)["dataset_id"]
    assert place_and_licence()[0] == {call_action("package_show", id=dataset)["published_place"]} == {fine}
    as_user(school["teacher"], "steamcity_feed_update", source_id=feed, exposure="indoor", license_id="CC0-1.0",
            attribution="Another school")  # fmt: skip
    assert place_and_licence() == ({place}, "CC0-1.0", "Another school")
    shown = call_action("package_show", id=dataset)
    assert (shown["license_id"], shown["attribution"]) == ("CC0-1.0", "Another school")
    assert shown["published_place"] == place  # the network is not placed more exactly than what stands in it


UPLINK = {
    "end_device_ids": {"device_id": "jeanne-1", "dev_eui": "70B3D57ED0000001"},
    "received_at": "2026-03-03T08:00:00Z",
    "uplink_message": {"f_cnt": 1, "session_key_id": "AA==", "decoded_payload": {"temp": 70.0, "child": "Jeanne"}},
}


def test_an_example_of_a_device_shows_what_would_be_stored(app, school, place, woken):
    token = headers(school["teacher"])
    given = {"provider": "push", "boxes": "", "profile": "ttn", "place": place, "exposure": "indoor",
             "mapping": {"temp": {"property": "air_temperature", "unit": "°C"}}, "timezone": "Europe/Sofia",
             "license_id": "CC-BY-4.0", "attribution": "Demo school"}  # fmt: skip
    feed = create(school["teacher"], school, **given)["id"]
    page = app.get(f"/feed/{feed}/settings", headers=token)
    assert re.search(r'value="air_temperature\|Cel" selected', page.body)
    hidden = dict(fields(page.body))
    about = list({"provider": "push", "feed": feed, "draft": hidden["draft"], "profile": "ttn", "place": place,
                  "exposure": "indoor"}.items())  # fmt: skip
    page = app.post(f"{PAGE}/new/where", data=MultiDict([*about, ("example", json.dumps(UPLINK))]), headers=token)
    assert page.status_code == 200, page.body
    said = [("column", "temp"), ("means", "air_temperature|[degF]"), ("column", "child"), ("means", "")]
    page = app.post(f"{PAGE}/new/where", data=MultiDict([*about, *said]), headers=token)
    assert "21.1" in page.body
    assert "Jeanne" not in page.body
    assert "jeanne" not in page.body
    page = app.get(f"{PAGE}/new/licence", query_string=fields(page.body), headers=token)
    form = dict(fields(page.body)) | {"title": "Ours", "license_id": "CC-BY-4.0", "attribution": "Demo school"}
    app.post(f"{PAGE}/new/licence", data=form, headers=token)
    changed = settings_of(feed)
    assert changed["mapping"] == {"temp": {"property": "air_temperature", "unit": "[degF]"}}
    assert changed["timezone"] == "Europe/Sofia"  # what the page does not ask for stays


def test_settings_that_were_forgotten_meanwhile_are_filled_in_again(app, school, place, woken):
    feed = file_feed(school, place)
    gone = {"provider": "file", "feed": feed, "draft": "x"}
    answer = app.get(f"{PAGE}/new/where", query_string=gone, headers=headers(school["teacher"]), follow_redirects=False)
    assert answer.headers["Location"].endswith(f"/feed/{feed}/settings")
    form = gone | {"title": "Ours", "license_id": "CC-BY-4.0", "attribution": "Demo school"}
    before = settings_of(feed)
    assert app.post(f"{PAGE}/new/licence", data=form, headers=headers(school["teacher"])).status_code == 422
    assert settings_of(feed) == before
