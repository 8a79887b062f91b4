"""Publishing: order, idempotence, and what is left when a step fails."""

from __future__ import annotations

import datetime
import json
import os
import signal
import subprocess
import sys
import threading
import time

import ckan.model as model
import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from citation_world import ROWS, publish, set_files
from ckan.cli.cli import ckan as ckan_command
from ckan.lib import jobs, search
from ckan.tests.helpers import CKANCliRunner, call_action
from ckanext.datastore.backend.postgres import get_write_engine
from ckanext.steamcity import blobs
from ckanext.steamcity.citation import outbox
from rq.job import Job

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")


def resource(package_id: str, role: str = "data") -> dict:
    package = call_action("package_show", context={"use_cache": False}, id=package_id)
    return next(r for r in package["resources"] if r["role"] == role)


class TestPublish:
    """A draft becomes version 1."""

    def test_the_version_is_the_preview(self, make_draft):
        """What was looked at is what is frozen, byte for byte."""
        draft = make_draft()
        preview = call_action("steamcity_version_preview", id=draft)
        published = call_action("steamcity_version_publish", id=draft, sha256=preview["sha256"], approved_by="x")
        shown = call_action("steamcity_version_show", id=draft)
        assert shown["record"] == preview["record"]
        assert published["record_sha256"] == preview["sha256"] == shown["record_sha256"]
        assert published["name"] == "co2-in-our-classroom-v1"
        assert "approved_by" not in published

    def test_package_fields(self, version):
        """Active, public, with number, concept and identifier."""
        package = call_action("package_show", id=version["id"])
        assert (package["state"], package["private"]) == ("active", False)
        assert (package["version"], package["concept"]) == ("1", "co2-in-our-classroom")
        assert package["identifier"] == version["identifier"]
        assert package["name"] == "co2-in-our-classroom-v1"

    def test_it_is_found(self, version):
        """By text, at once."""
        found = call_action("package_search", q="climbs", fq="dataset_type:experiment")
        assert [p["id"] for p in found["results"]] == [version["id"]]

    def test_file_and_table_hold_the_same_rows(self, version):
        """The DataStore has the types of the description, and a data dictionary."""
        data = resource(version["id"])
        assert blobs.read(data["sha256"]).decode() == ROWS
        rows = call_action("datastore_search", resource_id=data["id"])
        assert rows["total"] == 3
        types = {f["id"]: f["type"] for f in rows["fields"]}
        assert types == {"_id": "int", "time": "timestamp", "co2": "numeric", "quality_flag": "int8"}
        assert [float(r["co2"]) if r["co2"] is not None else None for r in rows["records"]] == [612, 1548.5, None]
        info = {f["id"]: f.get("info") for f in call_action("datastore_info", id=data["id"])["fields"]}
        assert info["co2"]["unit"] == "ppm"
        assert call_action("datastore_search", resource_id=data["id"], q="1548.5")["total"] == 1

    def test_its_search_words_are_those_of_ckan(self, version):
        """One statement makes what CKAN's trigger makes row by row; rows keep their order; the trigger is there."""
        table = resource(version["id"])["id"]
        trigger = "select to_tsvector(string_agg(value, ' ')) from json_each_text(row_to_json(t.*)) where key !~ '^_'"
        with get_write_engine().connect() as connection:
            rows = connection.execute(
                sa.text(f'select _full_text, ({trigger}), time from "{table}" t order by _id')
            ).all()
            methods = "select amname from pg_index join pg_class c on c.oid = indexrelid join pg_am a on a.oid = relam"
            where = f" where indrelid = '\"{table}\"'::regclass order by 1"
            assert connection.execute(sa.text(methods + where.replace("::", r"\:\:"))).scalars().all() == [
                "btree",
                "gin",
            ]
            named = f"select tgname from pg_trigger where tgrelid = cast('\"{table}\"' as regclass)"
            assert connection.execute(sa.text(named)).scalars().all() == ["zfulltext"]
        assert len(rows) == 3
        assert all(found and found == wanted for found, wanted, _time in rows)
        assert [row.time for row in rows] == sorted(row.time for row in rows)

    def test_an_anonymous_reader_searches_the_table(self, app, version):
        """Ownership changed; reading did not."""
        answer = app.get("/api/3/action/datastore_search", query_string={"resource_id": resource(version["id"])["id"]})
        assert len(answer.json["result"]["records"]) == 3

    def test_nobody_calls_it(self, make_draft, sysadmin):
        """Not even a sysadmin: only an approval does, from inside."""
        draft = make_draft()
        with pytest.raises(tk.NotAuthorized):
            call_action(
                "steamcity_version_publish",
                context={"user": sysadmin["name"], "ignore_auth": False},
                id=draft, sha256="0" * 64, approved_by="x",
            )  # fmt: skip

    def test_a_changed_draft_is_looked_at_again(self, make_draft):
        """The checksum of the approval is that of the draft, or nothing happens."""
        draft = make_draft()
        sha256 = call_action("steamcity_version_preview", id=draft)["sha256"]
        set_files(draft, ROWS + "2026-03-03T07:15:00Z,700,1\n")
        with pytest.raises(tk.ValidationError) as error:
            call_action("steamcity_version_publish", id=draft, sha256=sha256, approved_by="x")
        assert "sha256" in error.value.error_dict
        assert model.Package.get(draft).state == "draft"

    def test_twice_is_once(self, make_draft):
        """The second call answers with the same version."""
        draft = make_draft()
        first, second = publish(draft), publish(draft)
        assert first == second
        assert len(call_action("steamcity_version_list", concept=first["concept"])) == 1


class TestTwoAtOnce:
    """Two people press the same button."""

    def test_one_version(self, app, make_draft):
        """Both get the same answer; the ledger has one line."""
        draft = make_draft()
        sha256 = call_action("steamcity_version_preview", id=draft)["sha256"]
        model.Session.remove()
        answers: list[object] = []

        def press() -> None:
            with app.flask_app.test_request_context():
                try:
                    answers.append(
                        call_action("steamcity_version_publish", id=draft, sha256=sha256, approved_by="x")["identifier"]
                    )
                except Exception as error:  # noqa: BLE001  shown by the assertion below
                    answers.append(error)
                finally:
                    model.Session.remove()

        threads = [threading.Thread(target=press) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(answers) == 2
        assert len(set(answers)) == 1
        assert isinstance(answers[0], str)
        lines = model.Session.execute(sa.text("select count(*) from steamcity_citation_version")).scalar()
        assert lines == 1


def still_a_draft(package_id: str) -> None:
    """Nothing of a failed publication can be seen."""
    model.Session.remove()
    package = call_action("package_show", context={"use_cache": False}, id=package_id)
    assert (package["state"], package.get("identifier")) == ("draft", None)
    assert package["name"] == "co2-in-our-classroom"
    assert model.Session.execute(sa.text("select count(*) from steamcity_citation_version")).scalar() == 0
    assert model.Session.execute(sa.text("select count(*) from steamcity_citation_outbox")).scalar() == 0
    assert call_action("package_search", q="climbs")["count"] == 0
    with pytest.raises((tk.NotAuthorized, tk.ObjectNotFound)):
        call_action(
            "datastore_search", context={"ignore_auth": False, "user": ""}, resource_id=resource(package_id)["id"]
        )
    model.Session.remove()


class TestAStepFails:
    """Real faults at each step: nothing half-written is seen, and the same call finishes it later."""

    def test_damaged_file(self, make_draft):
        """The bytes are looked at again before anything else."""
        draft = make_draft()
        sha256 = call_action("steamcity_version_preview", id=draft)["sha256"]
        blob = blobs.path(resource(draft)["sha256"])
        blob.chmod(0o644)
        whole = blob.read_bytes()
        blob.write_bytes(b"damaged")
        try:
            with pytest.raises(tk.ValidationError) as error:
                call_action("steamcity_version_publish", id=draft, sha256=sha256, approved_by="x")
        finally:
            blob.write_bytes(whole)
            blob.chmod(0o444)
        assert "damaged" in str(error.value.error_dict)
        still_a_draft(draft)

    def test_the_datastore_refuses(self, make_draft):
        """Something with the table's name is in the way; when it is gone the same call publishes."""
        draft = make_draft()
        table = resource(draft)["id"]
        with get_write_engine().begin() as connection:
            connection.execute(sa.text(f'create view "{table}" as select 1 as x'))
        with pytest.raises(tk.ValidationError) as error:
            publish(draft)
        assert "data store" in str(error.value.error_dict)
        still_a_draft(draft)
        with get_write_engine().begin() as connection:
            connection.execute(sa.text(f'drop view "{table}"'))
        assert publish(draft)["version"] == 1

    def test_a_value_of_the_wrong_type(self, make_draft):
        """PostgreSQL refuses the row, and with it the whole table."""
        draft = make_draft(rows=ROWS + "2026-03-03T07:15:00Z,much,1\n")
        with pytest.raises(tk.ValidationError):
            publish(draft)
        still_a_draft(draft)

    def test_the_commit_fails(self, make_draft):
        """At the very last moment: the frozen table of the first attempt is used by the second."""
        draft = make_draft()
        with model.meta.engine.begin() as connection:
            connection.execute(sa.text(
                "create function steamcity_test_refuse() returns trigger language plpgsql as"
                " $$ begin raise exception 'the disk is full'; end $$"
            ))  # fmt: skip
            connection.execute(sa.text(
                "create constraint trigger steamcity_test_refuse after insert on steamcity_citation_outbox"
                " deferrable initially deferred for each row execute function steamcity_test_refuse()"
            ))  # fmt: skip
        try:
            with pytest.raises(Exception, match="disk is full"):
                publish(draft)
            still_a_draft(draft)
        finally:
            with model.meta.engine.begin() as connection:
                connection.execute(sa.text("drop trigger steamcity_test_refuse on steamcity_citation_outbox"))
                connection.execute(sa.text("drop function steamcity_test_refuse()"))
        assert publish(draft)["version"] == 1

    def test_killed_between_table_and_commit(self, make_draft):
        """kill -9 after the DataStore's commit: still a draft; changed and published again, the table is new."""
        draft = make_draft()
        sha256 = call_action("steamcity_version_preview", id=draft)["sha256"]
        table = resource(draft)["id"]
        model.Session.remove()
        with model.meta.engine.connect() as blocker:
            # Reading the ledger is allowed, writing has to wait: that is where the process is killed.
            blocker.execute(sa.text("lock table steamcity_citation_version in exclusive mode"))
            child = subprocess.Popen([sys.executable, "-c", KILLED, tk.config["__file__"], draft, sha256])
            try:
                deadline = time.monotonic() + 90
                while not frozen(table) and time.monotonic() < deadline and child.poll() is None:
                    time.sleep(0.2)
                assert frozen(table)
            finally:
                os.kill(child.pid, signal.SIGKILL)
                child.wait()
            blocker.rollback()
        still_a_draft(draft)
        set_files(draft, ROWS + "2026-03-03T07:15:00Z,700,1\n")
        publish(draft)
        assert call_action("datastore_search", resource_id=table)["total"] == 4

    def test_the_index_is_away(self, make_draft):
        """It is published all the same; the reconciler brings it into the index."""
        draft = make_draft()
        right = tk.config["solr_url"]
        tk.config["solr_url"] = "http://127.0.0.1:9/solr/none"
        try:
            version = publish(draft)
        finally:
            tk.config["solr_url"] = right
        model.Session.remove()
        assert call_action("package_search", q="climbs")["count"] == 0
        sql("update steamcity_citation_outbox set next_attempt = now()")
        assert call_cli("reconcile")["outbox"]["failed"] == 0
        assert [p["id"] for p in call_action("package_search", q="climbs")["results"]] == [version["id"]]

    def test_the_index_lost_it(self, version):
        """Nothing in the outbox, and yet the reconciler finds what is missing."""
        call_cli("reconcile")
        search.clear(version["id"])
        assert call_action("package_search", q="climbs")["count"] == 0
        assert call_cli("reconcile")["indexed"] == [version["name"]]
        assert call_action("package_search", q="climbs")["count"] == 1
        assert call_cli("reconcile")["indexed"] == []

    def test_unfinished_tables_go(self, make_draft):
        """The frozen table of a publication nobody finished is taken away, a version's never."""
        draft = make_draft()
        other = publish(make_draft("another-result", title="Another"))
        table = resource(draft)["id"]
        with get_write_engine().begin() as connection:
            connection.execute(sa.text(f'create table "{table}" (_id int)'))
            connection.execute(sa.text("select steamcity_datastore_freeze(:name)"), {"name": table})
        model.Session.remove()
        removed = call_cli("reconcile")["removed"]
        assert table in removed
        assert not frozen(table)
        assert frozen(resource(other["id"])["id"])


KILLED = """
import sys
from ckan.cli import load_config
from ckan.config.middleware import make_app
with make_app(load_config(sys.argv[1]))._wsgi_app.test_request_context():
    import ckan.plugins.toolkit as tk
    tk.get_action("steamcity_version_publish")(
        {"ignore_auth": True, "user": ""}, {"id": sys.argv[2], "sha256": sys.argv[3], "approved_by": "x"})
"""


def frozen(table: str) -> bool:
    """Whether the DataStore's table belongs to the role nobody logs in as."""
    query = sa.text("select pg_get_userbyid(relowner) from pg_class where relname = :name")
    with get_write_engine().connect() as connection:
        return connection.execute(query, {"name": table}).scalar() == "datastore_owner"


def sql(statement: str) -> None:
    model.Session.execute(sa.text(statement))
    model.Session.commit()


def call_cli(command: str) -> dict:
    """A command of the plugin, its report read."""
    model.Session.remove()
    words = ["-c", tk.config["__file__"], "steamcity-citation", command]
    result = CKANCliRunner().invoke(ckan_command, words, catch_exceptions=False)
    model.Session.remove()
    return json.loads(result.stdout[result.stdout.index("{") :])


class TestTheReconcilerRunsByItself:
    """Every ten minutes, whoever or whatever winds it."""

    @pytest.fixture(autouse=True)
    def no_turn_yet(self):
        queue = jobs.get_queue()
        for job_id in queue.scheduled_job_registry.get_job_ids():
            queue.scheduled_job_registry.remove(job_id, delete_job=True)
        yield queue
        for job_id in queue.scheduled_job_registry.get_job_ids():
            queue.scheduled_job_registry.remove(job_id, delete_job=True)

    def test_a_publication_sets_one_turn(self, make_draft, no_turn_yet):
        """Two publications too; it is due within ten minutes."""
        publish(make_draft())
        publish(make_draft("another-draft"))
        (job_id,) = no_turn_yet.scheduled_job_registry.get_job_ids()
        assert job_id.startswith("steamcity-reconcile-")
        due = no_turn_yet.scheduled_job_registry.get_scheduled_time(job_id)
        assert 0 < (due - datetime.datetime.now(datetime.UTC)).total_seconds() <= 600

    def test_a_visitor_of_the_site_does(self, app, no_turn_yet):
        """After a loss of Redis nobody has to publish first."""
        outbox._CLOCK.seen = 0
        app.get("/about")
        assert len(no_turn_yet.scheduled_job_registry.get_job_ids()) == 1

    def test_its_turn_puts_the_index_right_and_sets_the_next(self, version, no_turn_yet):
        """The job itself, as a worker runs it."""
        (job_id,) = no_turn_yet.scheduled_job_registry.get_job_ids()
        job = Job.fetch(job_id, connection=no_turn_yet.connection)
        no_turn_yet.scheduled_job_registry.remove(job_id, delete_job=True)
        search.clear(version["id"])
        assert call_action("package_search", q="climbs")["count"] == 0
        report = job.func(*job.args, **job.kwargs)
        assert report["indexed"] == [version["name"]]
        assert call_action("package_search", q="climbs")["count"] == 1
        assert len(no_turn_yet.scheduled_job_registry.get_job_ids()) == 1
