"""A worker killed in the middle of a run: the next run ends with the tables of an undisturbed one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan import model
from ckan.tests import factories
from ckanext.harvest.model import HarvestJob
from ckanext.steamcity.demo import feed as demo

pytestmark = pytest.mark.usefixtures("clean_db", "clean_index")

WORKER = """
import sys
from ckan.cli.cli import ckan
import ckanext.steamcity.harvesters.run as run
run.BATCH_READINGS = 6000
sys.argv = ["ckan", "-c", sys.argv[1], "steamcity-feed", "run", sys.argv[2]]
ckan()
"""


def make_feed(archive, name):
    user = tk.get_action("get_site_user")({"ignore_auth": True}, {})["name"]
    fields = {
        "url": f"{archive.url}{name}/",
        "name": name,
        "title": name,
        "owner_org": factories.Organization()["id"],
        "source_type": "steamcity_feed",
        "config": json.dumps({"provider": "sensor_community"}),
    }
    return tk.get_action("harvest_source_create")({"user": user, "ignore_auth": True}, fields)["id"]


def stored(feed):
    """What a feed has in the tables, without the ids that only count upwards."""
    rows = model.Session.execute(
        sa.text(
            "select s.source_id, d.sensor, d.channel, o.phenomenon_time, o.result, o.quality, o.tests"
            " from steamcity_sensors_observation o join steamcity_sensors_datastream d on d.id = o.datastream_id"
            " join steamcity_sensors_station s on s.id = d.station_id where s.feed_id = :feed order by 1, 2, 3, 4"
        ),
        {"feed": feed},
    ).all()
    model.Session.rollback()
    return [tuple(row) for row in rows]


def run(feed):
    return tk.get_action("steamcity_feed_run")({"ignore_auth": True}, {"source_id": feed, "wait": True})


def start(feed, archive, pytestconfig):
    """A worker in a process of its own, which runs the feed."""
    port = archive.url.split(":")[2].strip("/")
    text = Path(str(pytestconfig.getoption("ckan_ini"))).read_text()
    mine = Path(archive.folder).parent / "worker.ini"
    mine.write_text(
        "\n".join(
            f"steamcity.net.allow_hosts = 127.0.0.1:{port}" if line.startswith("steamcity.net.allow_hosts") else line
            for line in text.splitlines()
        )
    )
    environment = {**os.environ, "PYTHONPATH": ""}
    return subprocess.Popen([sys.executable, "-c", WORKER, str(mine), feed], env=environment)


@pytest.mark.parametrize(
    ("held", "batches"),
    [
        ("2026-03-03/", 0),
        ("2026-03-03/2026-03-03_sds011_sensor_90000031", 0),
        ("2026-03-02/2026-03-02_sds011_sensor_90000041", 1),
    ],
    ids=["listing", "gather", "readings"],
)
def test_a_run_killed_anywhere_is_finished_by_the_next(archive, held, batches, pytestconfig):
    for name in ("calm", "killed"):
        demo.write_archive(archive.folder / name, days=2)
    calm, killed = make_feed(archive, "calm"), make_feed(archive, "killed")
    assert run(calm) == {"state": "finished"}

    archive.hold = (f"killed/{held}", threading.Event())
    worker = start(killed, archive, pytestconfig)
    try:
        waited = time.monotonic()
        # The file is asked for while the batch before it is still being written.
        while not any(archive.hold[0] in path for path in archive.asked) or (batches and not stored(killed)):
            assert worker.poll() is None, "the worker ended before it was killed"
            assert time.monotonic() - waited < 60
            time.sleep(0.05)
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    archive.hold[1].set()
    archive.hold = None

    undisturbed = stored(calm)
    before = stored(killed)
    assert bool(before) == bool(batches)
    assert len(before) < len(undisturbed)
    assert run(killed) == {"state": "busy"}  # the lease still holds
    model.Session.execute(sa.text("update steamcity_sensors_run set lease_until = now() where state = 'running'"))
    model.Session.commit()
    assert run(killed) == {"state": "finished"}
    assert stored(killed) == undisturbed
    assert {job.status for job in model.Session.query(HarvestJob)} == {"Finished"}
    assert model.Session.scalar(sa.text("select count(*) from steamcity_sensors_revision")) == 0


def test_two_workers_at_once_read_a_feed_once(archive, pytestconfig):
    for name in ("calm", "both"):
        demo.write_archive(archive.folder / name, days=2)
    calm, both = make_feed(archive, "calm"), make_feed(archive, "both")
    assert run(calm) == {"state": "finished"}
    # The first to come waits for a listing until the other has been sent away.
    archive.hold = ("both/2026-03-03/", threading.Event())
    workers = [start(both, archive, pytestconfig) for _number in range(2)]
    try:
        waited = time.monotonic()
        while all(worker.poll() is None for worker in workers):
            assert time.monotonic() - waited < 120
            time.sleep(0.05)
        assert sum(worker.poll() is None for worker in workers) == 1
        asked = [path for path in archive.asked if path == "both/2026-03-03/"]
        assert len(asked) == 1
        archive.hold[1].set()
        assert sorted(worker.wait(120) for worker in workers)[0] == 0
    finally:
        archive.hold[1].set()
        for worker in workers:
            worker.kill()
            worker.wait()
    assert stored(both) == stored(calm)
    assert model.Session.scalar(sa.text("select count(*) from steamcity_sensors_revision")) == 0
    counts = "select count(*) from steamcity_sensors_run where feed_id = :feed and state = 'finished'"
    assert model.Session.scalar(sa.text(counts), {"feed": both}) == 1
