"""Versions of one concept, withdrawal, addresses, downloads, and what machines read."""

from __future__ import annotations

import csv
import io
import json
import re

import ckan.model as model
import ckan.plugins.toolkit as tk
import pytest
import rdflib
from citation_world import ROWS, publish, set_files
from ckan.tests import factories
from ckan.tests.helpers import call_action
from ckanext.steamcity.citation import canonical
from rdflib.namespace import DCAT, DCTERMS

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")


@pytest.fixture
def two(make_draft, version):
    """Two versions of one concept."""
    draft = make_draft("a-new-draft")
    set_files(draft, ROWS + "2026-03-03T07:15:00Z,700,1\n", concept=version["concept"])
    second = publish(draft)
    model.Session.remove()
    return version, second


def anonymous(action: str, **data):
    return call_action(action, context={"ignore_auth": False, "user": ""}, **data)


class TestConcept:
    """One package per version."""

    def test_numbers_and_names(self, two):
        """Counted up; the concept has an identifier of its own."""
        first, second = two
        assert (second["version"], second["name"]) == (2, "co2-in-our-classroom-v2")
        assert first["concept_identifier"] == second["concept_identifier"]
        assert len({first["identifier"], second["identifier"], first["concept_identifier"]}) == 3

    def test_both_keep_their_rows(self, two):
        """The first is not touched by the second."""
        totals = []
        for one in two:
            record = call_action("steamcity_version_show", id=one["id"])["record"]
            data = next(file for file in record["files"] if file["role"] == "data")
            assert data["rows"] == call_action("datastore_search", resource_id=data["id"])["total"]
            totals.append(data["rows"])
        assert totals == [3, 4]

    def test_search_shows_the_newest(self, two):
        """The older one is found when it is asked for."""
        first, second = two
        found = anonymous("package_search", q="climbs")["results"]
        assert [p["id"] for p in found] == [second["id"]]
        assert anonymous("package_search", fq=f"name:{first['name']}")["count"] == 1
        assert anonymous("package_search", q="climbs", extras={"ext_all_versions": "1"})["count"] == 2

    @pytest.mark.parametrize("address", ["/experiment/co2-in-our-classroom", "/dataset/co2-in-our-classroom"])
    def test_the_concept_leads_to_the_newest(self, app, two, address):
        """302, and again to the first when the second is withdrawn."""
        answer = app.get(address, follow_redirects=False)
        assert answer.status_code == 302
        assert answer.headers["Location"].endswith("/co2-in-our-classroom-v2")
        admin = factories.Sysadmin()["name"]
        call_action(
            "steamcity_version_withdraw", context={"user": admin}, id=two[1]["id"], reason="The sensor was broken."
        )
        assert app.get(address, follow_redirects=False).headers["Location"].endswith("/co2-in-our-classroom-v1")
        assert [p["id"] for p in anonymous("package_search", q="climbs")["results"]] == [two[0]["id"]]

    def test_identifiers_resolve(self, app, two):
        """A version's to the version, a concept's to the newest, anything else to nothing."""
        first, second = two
        location = [
            app.get(f"/id/{i}", follow_redirects=False).headers.get("Location")
            for i in (first["identifier"], first["concept_identifier"])
        ]
        assert location[0].endswith(first["name"])
        assert location[1].endswith(second["name"])
        assert app.get("/id/steamcity:2026.00000000").status_code == 404


class TestWithdraw:
    """A tombstone."""

    REASON = "The sensor was broken, so the values are wrong."

    @pytest.fixture
    def gone(self, version, school):
        context = {"user": school["coordinator"]["name"], "ignore_auth": False}
        call_action("steamcity_version_withdraw", context=context, id=version["name"], reason=self.REASON)
        model.Session.remove()
        return version

    def test_who_may(self, version, school):
        """The school's coordinators; not its teachers, not strangers; and never without a reason."""
        for who in ("teacher", "member"):
            with pytest.raises(tk.NotAuthorized):
                call_action(
                    "steamcity_version_withdraw",
                    context={"user": school[who]["name"], "ignore_auth": False},
                    id=version["id"], reason=self.REASON,
                )  # fmt: skip
        with pytest.raises(tk.ValidationError):
            call_action(
                "steamcity_version_withdraw",
                context={"user": school["coordinator"]["name"], "ignore_auth": False},
                id=version["id"], reason="no",
            )  # fmt: skip

    @pytest.mark.parametrize("who", ["", "teacher", "sysadmin"])
    def test_every_page_says_so(self, app, gone, school, who):
        """410 with the reason and the citation, for everybody."""
        headers = _headers(who, school)
        package = call_action("package_show", id=gone["id"])
        resource = package["resources"][0]["id"]
        for path in (
            f"/experiment/{gone['name']}", f"/dataset/{gone['id']}", f"/fr/dataset/{gone['id']}",
            f"/dataset/{gone['id']}/resource/{resource}", f"/dataset/{gone['id']}.ttl", f"/dataset/edit/{gone['id']}",
            f"/dataset/{gone['id']}/resource/{resource}/download/data.csv", f"/datastore/dump/{resource}",
            f"/experiment/{gone['id']}/record.json",
        ):  # fmt: skip
            answer = app.get(path, headers=headers)
            assert answer.status_code == 410, path
            assert self.REASON in answer.body
            assert gone["identifier"] in answer.body

    @pytest.mark.parametrize("who", ["", "teacher", "sysadmin"])
    def test_the_api_says_so(self, app, gone, school, who):
        """410, with the sentence in the error."""
        resource = call_action("package_show", id=gone["id"])["resources"][0]["id"]
        for action, key, value in (
            ("package_show", "id", gone["id"]), ("package_show", "id", gone["name"]), ("resource_show", "id", resource),
            ("datastore_search", "resource_id", resource), ("datastore_info", "id", resource),
        ):  # fmt: skip
            answer = app.get(f"/api/3/action/{action}", query_string={key: value}, headers=_headers(who, school))
            assert answer.status_code == 410, action
            assert self.REASON in answer.json["error"]["message"]

    @pytest.mark.parametrize("who", ["", "teacher", "coordinator", "sysadmin"])
    def test_no_search_finds_it(self, gone, school, who):
        """Not even its own people's, with private datasets included."""
        user = "" if not who else factories.Sysadmin()["name"] if who == "sysadmin" else school[who]["name"]
        for more in ({}, {"include_private": True}, {"include_private": True, "include_drafts": True}):
            found = call_action("package_search", context={"ignore_auth": False, "user": user}, q="climbs", **more)
            assert found["count"] == 0

    def test_it_stays_citable(self, app, gone):
        """Those who cited it still find how."""
        shown = anonymous("steamcity_version_show", id=gone["identifier"])
        assert shown["state"] == "withdrawn"
        assert "record" not in shown
        assert shown["tombstone"]["withdrawn_by"] == "school"
        assert app.get(f"/experiment/{gone['name']}/cite.bib").status_code == 200

    def test_it_stays_frozen(self, gone):
        """Withdrawn is not free."""
        admin = factories.Sysadmin()["name"]
        for action in ("package_delete", "dataset_purge"):
            with pytest.raises(tk.NotAuthorized):
                call_action(action, context={"user": admin}, id=gone["id"])
            model.Session.rollback()


class TestDownloads:
    """Files, citations, the record."""

    def test_a_file(self, app, version):
        """The bytes of the record, as an attachment no browser runs."""
        record = call_action("steamcity_version_show", id=version["id"])["record"]
        data = next(file for file in record["files"] if file["role"] == "data")
        answer = app.get(f"/dataset/{version['id']}/resource/{data['id']}/download/data.csv")
        assert answer.bytes == ROWS.encode()
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert len(list(csv.reader(io.StringIO(answer.body)))) == data["rows"] + 1

    def test_files_are_named_after_their_version(self, app, make_draft):
        """In the preview, the record, the resources and the download, whatever the address says."""
        draft = make_draft(synthetic=True)
        seen = call_action("steamcity_version_preview", id=draft)["record"]
        version = publish(draft)
        expected = {f"{version['name']}-demo.csv", f"{version['name']}-dictionary-demo.json"}
        package = call_action("package_show", context={"use_cache": False}, id=draft)
        assert {file["name"] for file in seen["files"]} == expected
        assert {resource["name"] for resource in package["resources"]} == expected
        assert {resource["url"].rsplit("/", 1)[-1] for resource in package["resources"]} == expected
        for resource in package["resources"]:
            address = f"/dataset/{draft}/resource/{resource['id']}/download"
            for ending in ("", f"/{resource['name']}", "/else.exe"):
                disposition = app.get(address + ending).headers["Content-Disposition"]
                assert disposition == f"attachment; filename={resource['name']}", ending

    @pytest.mark.parametrize("generated", [True, False])
    def test_what_is_generated_says_so_to_catalogues(self, app, make_draft, generated):
        """In DCAT and in schema.org; what was measured does not."""
        version = publish(make_draft(synthetic=generated))
        turtle = app.get(f"/dataset/{version['id']}.ttl").body
        page = app.get(f"/experiment/{version['name']}").body
        described = page[page.index("application/ld+json") :].split("</script>")[0]
        assert ("generated demo data" in turtle) == generated
        assert ("données de démonstration générées" in turtle) == generated
        assert ("generated demo data" in described) == generated

    def test_only_generated_files_say_demo(self, make_draft):
        """And each version has its number in the name."""
        version = publish(make_draft())
        names = {r["name"] for r in call_action("package_show", id=version["id"])["resources"]}
        assert names == {f"{version['name']}.csv", f"{version['name']}-dictionary.json"}

    def test_a_draft_is_not_for_strangers(self, app, make_draft):
        """Its files neither."""
        draft = make_draft()
        resource = call_action("package_show", id=draft)["resources"][0]["id"]
        assert app.get(f"/dataset/{draft}/resource/{resource}/download/data.csv").status_code in (403, 404)

    def test_a_checksum_from_outside_is_ignored(self, school, make_draft, version):
        """Else whoever knows a checksum could read the file it belongs to."""
        mine = make_draft("my-own-draft")
        package = call_action("package_show", id=mine)
        before = [r["sha256"] for r in package["resources"]]
        for resource in package["resources"]:
            resource["sha256"] = "0" * 64
        context = {"user": school["teacher"]["name"], "ignore_auth": False}
        call_action("package_patch", context=context, id=mine, notes="x", resources=package["resources"])
        assert [r["sha256"] for r in call_action("package_show", id=mine)["resources"]] == before

    def test_an_upload_to_a_draft(self, app, school, make_draft):
        """A draft's file can be replaced as often as one likes; its checksum follows."""
        mine = make_draft("my-own-draft")
        resource = call_action("package_show", id=mine)["resources"][0]
        answer = app.post(
            "/api/3/action/resource_patch",
            data={"id": resource["id"], "upload": (io.BytesIO(b"a,b\n1,2\n"), "new.csv")},
            headers=_headers("teacher", school),
        )
        assert answer.status_code == 200, answer.body
        after = call_action("package_show", context={"use_cache": False}, id=mine)["resources"][0]
        assert after["sha256"] != resource["sha256"]
        assert after["size"] == 8

    @pytest.mark.parametrize(("extension", "beginning"), [("bib", "@misc{"), ("ris", "TY  - DATA"), ("json", "[")])
    def test_citations(self, app, version, extension, beginning):
        """As files, also under the concept's name."""
        for name in (version["name"], version["concept"]):
            answer = app.get(f"/experiment/{name}/cite.{extension}")
            assert answer.status_code == 200
            assert answer.body.startswith(beginning)
            assert version["identifier"].split(".")[1] in answer.body
        assert app.get(f"/experiment/{version['name']}/cite.docx").status_code == 404

    def test_no_person_is_cited(self, version, school):
        """Class and school, not the account that made the draft."""
        text = anonymous("steamcity_citation_show", id=version["id"])["citation"]
        assert text.startswith("Team Kingfisher, & Demo school Aix A (20")
        record = json.dumps(call_action("steamcity_version_show", id=version["id"]))
        for who in ("teacher", "coordinator"):
            assert school[who]["name"] not in record
            assert school[who]["id"] not in record

    def test_the_record_proves_itself(self, app, version):
        """Its bytes have the checksum of the ledger."""
        answer = app.get(f"/experiment/{version['name']}/record.json")
        assert canonical.sha256(answer.json) == version["record_sha256"]
        assert answer.headers["ETag"] == f'"{version["record_sha256"]}"'


class TestMachines:
    """schema.org and DCAT."""

    def test_schema_org(self, app, version):
        """In the page, one block, complete."""
        page = app.get(f"/experiment/{version['name']}").body
        blocks = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
        datasets = [block for block in map(json.loads, blocks) if block.get("@type") == "Dataset"]
        assert len(datasets) == 1
        data = datasets[0]
        assert data["name"].startswith("CO2 climbs")
        assert version["identifier"] in data["identifier"]
        assert data["license"].startswith("https://creativecommons.org/licenses/by/4.0")
        assert data["temporalCoverage"] == "2026-03-03/2026-03-14"
        assert {d["encodingFormat"] for d in data["distribution"]} == {"text/csv", "application/json"}
        for download in data["distribution"]:
            assert app.get(download["contentUrl"]).status_code == 200

    @pytest.mark.parametrize(("extension", "form"), [("ttl", "turtle"), ("jsonld", "json-ld"), ("xml", "xml")])
    def test_dcat(self, app, version, extension, form):
        """Title, identifier, licence, time, version, creators, distributions with licence and checksum."""
        answer = app.get(f"/dataset/{version['id']}.{extension}")
        assert answer.status_code == 200, answer.body
        graph = rdflib.Graph().parse(data=answer.body, format=form)
        (dataset,) = set(graph.subjects(rdflib.RDF.type, DCAT.Dataset))

        def one(predicate):
            (value,) = set(graph.objects(dataset, predicate))
            return value

        assert str(one(DCTERMS.title)).startswith("CO2 climbs")
        assert str(one(DCTERMS.identifier)) == version["identifier"]
        assert str(one(DCTERMS.license)).startswith("https://creativecommons.org/licenses/by/4.0")
        assert str(one(DCAT.version)) == "1"
        assert str(graph.value(one(DCTERMS.temporal), DCAT.startDate)) == "2026-03-03"
        names = {str(graph.value(a, rdflib.FOAF.name)) for a in graph.objects(dataset, DCTERMS.creator)}
        assert names == {"Team Kingfisher", "Demo school Aix A"}
        distributions = list(graph.objects(dataset, DCAT.distribution))
        assert len(distributions) == 2
        for distribution in distributions:
            assert graph.value(distribution, DCTERMS.license) is not None

    def test_place(self, app, make_draft):
        """The published place's name and box, in both, and nothing finer."""
        cell = "881fa28d4dfffff"
        version = publish(make_draft(published_place=f"cell:{cell}"))
        record = call_action("steamcity_version_show", id=version["id"])["record"]
        assert record["place"]["value"] == f"cell:{cell}"
        graph = rdflib.Graph().parse(data=app.get(f"/dataset/{version['id']}.ttl").body, format="turtle")
        (where,) = set(graph.objects(None, DCTERMS.spatial))
        assert str(graph.value(where, DCAT.bbox)).startswith("POLYGON((")
        page = app.get(f"/experiment/{version['name']}").body
        assert '"@type": "GeoShape"' in page


def _headers(who: str, school: dict) -> dict[str, str]:
    if not who:
        return {}
    name = factories.Sysadmin()["name"] if who == "sysadmin" else school[who]["name"]
    token = call_action("api_token_create", context={"user": name}, user=name, name=f"t-{who}")["token"]
    return {"Authorization": token}


def test_the_reason_of_a_withdrawal_names_nobody(version):
    """It stays public for ever."""
    for reason in ("Please ask lea.martin@example.org about it.", "Call +33 6 12 34 56 78 to learn why."):
        with pytest.raises(tk.ValidationError):
            tk.get_action("steamcity_version_withdraw")({"ignore_auth": True}, {"id": version["id"], "reason": reason})
