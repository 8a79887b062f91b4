"""The clock of the feeds: what is due starts, what died is taken up, what nobody works on is closed."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from ckan import model
from ckan.tests import factories
from ckanext.harvest.model import HarvestGatherError, HarvestJob
from ckanext.steamcity.demo import feed as demo
from ckanext.steamcity.harvesters import jobs, watch
from ckanext.steamcity.harvesters.cli import steamcity_feed
from click.testing import CliRunner
from sensor_world import call_action

pytestmark = pytest.mark.usefixtures("clean_db", "clean_index")


@pytest.fixture
def woken(monkeypatch):
    """The feeds a worker is woken for."""
    found = []
    monkeypatch.setattr(jobs, "enqueue_once", lambda source_id: found.append(source_id) or True)
    return found


def make_feed(archive, frequency="MANUAL"):
    demo.write_archive(archive.folder, days=1)
    return call_action(
        "harvest_source_create",
        url=archive.url,
        name="feed-demo",
        title="Demo stations",
        owner_org=factories.Organization()["id"],
        source_type="steamcity_feed",
        frequency=frequency,
        config=json.dumps({"provider": "sensor_community"}),
    )["id"]


def age(minutes):
    step = sa.text("update steamcity_sensors_run set created = created - make_interval(mins => :m),"
                   " finished = finished - make_interval(mins => :m)")  # fmt: skip
    model.Session.execute(step, {"m": minutes})
    model.Session.commit()


def test_a_feed_starts_when_it_is_due_and_not_before(archive, woken):
    feed = make_feed(archive, "DAILY")
    assert watch.look()["started"] == [feed]
    call_action("steamcity_feed_run", source_id=feed, wait=True)
    assert watch.look()["started"] == []
    age(23 * 60)
    assert watch.look()["started"] == []
    age(2 * 60)
    assert watch.look()["started"] == [feed]
    assert woken == [feed, feed]


def test_a_failed_feed_is_tried_again_soon_and_then_less_and_less_often(archive, woken):
    """After 5, 15 and 60 minutes and then every six hours, until it goes well again."""
    feed = make_feed(archive, "DAILY")
    archive.answers[""] = (403, b"no")
    for minutes in (5, 15, 60, 360, 360):
        assert call_action("steamcity_feed_run", source_id=feed, wait=True)["state"] == "failed"
        age(minutes - 1)
        assert watch.look()["started"] == []
        age(2)
        assert watch.look()["started"] == [feed]
    del archive.answers[""]
    assert call_action("steamcity_feed_run", source_id=feed, wait=True)["state"] == "finished"
    age(22 * 60)
    assert watch.look()["started"] == []
    archive.answers[""] = (403, b"no")
    assert call_action("steamcity_feed_run", source_id=feed, wait=True)["state"] == "failed"
    age(6)
    assert watch.look()["started"] == [feed]


def test_a_feed_by_hand_is_left_alone(archive, woken):
    make_feed(archive)
    assert watch.look() == {"started": [], "taken_up": [], "closed": []}
    assert woken == []


def test_a_run_whose_worker_died_is_taken_up_and_said_so(archive, woken, logged):
    feed = make_feed(archive)
    call_action("steamcity_run_claim", feed=feed)
    assert watch.look()["taken_up"] == []
    model.Session.execute(sa.text("update steamcity_sensors_run set lease_until = now()"))
    model.Session.commit()
    assert watch.look()["taken_up"] == [feed]
    assert "had stopped" in logged.text
    assert jobs.work(feed) == {"state": "finished"}
    assert watch.look()["taken_up"] == []


def test_a_job_nobody_works_on_is_closed_and_says_why(archive, woken):
    feed = make_feed(archive)
    job = HarvestJob(source_id=feed, status="Running")
    job.save()
    assert watch.look()["closed"] == []
    model.Session.execute(sa.text("update harvest_job set created = created - interval '1 hour'"))
    model.Session.commit()
    assert watch.look()["closed"] == [feed]
    assert model.Session.query(HarvestJob).filter_by(id=job.id).one().status == "Finished"
    assert "interrupted" in model.Session.query(HarvestGatherError).one().message


def test_a_job_whose_message_was_lost_starts_again(archive, woken):
    feed = make_feed(archive)
    HarvestJob(source_id=feed, status="New").save()
    model.Session.execute(sa.text("update harvest_job set created = created - interval '1 hour'"))
    model.Session.commit()
    assert watch.look()["started"] == [feed]


def test_a_waiting_job_is_not_doubled(archive):
    feed = make_feed(archive)
    assert jobs.enqueue_once(feed) is True
    assert jobs.enqueue_once(feed) is False


def test_the_commands_show_drop_and_watch(archive, tmp_path):
    feed = make_feed(archive)
    tried = CliRunner().invoke(steamcity_feed, ["preview", feed, "--files", "1"])
    assert tried.exit_code == 0, (tried.output, tried.exception)
    shown = json.loads(tried.stdout[tried.stdout.index("{") :])
    assert shown["files"] == 1
    assert shown["readings"] > 1000
    pushed = call_action(
        "harvest_source_create",
        url="https://portal.example/own",
        name="feed-own",
        title="Own",
        owner_org=factories.Organization()["id"],
        source_type="steamcity_feed",
        config=json.dumps(
            {
                "provider": "push",
                "profile": "csv",
                "license_id": "CC-BY-4.0",
                "place": "cell:881f1d4895fffff",
                "mapping": {"time": "time", "t": {"property": "air_temperature", "unit": "C"}},
            }
        ),
    )["id"]
    (tmp_path / "a.csv").write_text("time,t\n2026-03-02T08:00:00Z,12\n")
    (tmp_path / "b.csv").write_text("nonsense")
    dropped = CliRunner().invoke(steamcity_feed, ["drop", pushed, str(tmp_path)])
    lines = [json.loads(line) for line in dropped.stdout.splitlines() if line.startswith("{")]
    assert [line.get("new") for line in lines] == [1, None], (dropped.output, dropped.exception)
    assert dropped.exit_code == 1
    assert CliRunner().invoke(steamcity_feed, ["token", pushed]).stdout.strip().startswith("sc_")
    assert json.loads(CliRunner().invoke(steamcity_feed, ["watch"]).stdout)["started"] == []
