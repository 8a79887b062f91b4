"""Publishing: order, idempotence, and what is left when a step fails."""

from __future__ import annotations

import ckan.model as model
import ckan.plugins.toolkit as tk
import pytest
from citation_world import ROWS, publish, set_files
from ckan.tests.helpers import call_action
from ckanext.steamcity import blobs

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
