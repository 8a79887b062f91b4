"""The developer's journey: data by an unmodified CKAN client, from documented addresses, without a key."""

from __future__ import annotations

import csv
import io
import json
import urllib.request

import frictionless
import pytest
import rdflib
from ckanapi import RemoteCKAN

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def portal(site) -> RemoteCKAN:
    return RemoteCKAN(site, user_agent="ckanapi (journey of the developer)")


@pytest.fixture(scope="module")
def result(portal) -> dict:
    found = portal.action.package_search(q="co2", fq="dataset_type:experiment", rows=1)
    assert found["count"] >= 2
    return found["results"][0]


def fetch(url: str, accept: str = "*/*", origin: str = "") -> tuple[bytes, dict[str, str]]:
    headers = {"Accept": accept, **({"Origin": origin} if origin else {})}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60) as answer:
        return answer.read(), {name.lower(): value for name, value in answer.getheaders()}


def resource(result: dict, role: str) -> dict:
    return next(one for one in result["resources"] if one["role"] == role)


def test_search_by_text_facet_and_box(portal, result):
    """Each narrows to what it says."""
    box = portal.call_action(
        "package_search", {"q": "co2", "fq": "dataset_type:experiment", "ext_bbox": "5.2,43.4,5.6,43.7", "rows": 50}
    )
    assert {one["city"] for one in box["results"]} == {"aix-en-provence"}
    facet = portal.action.package_search(
        fq=f"steamcity_protocol:{result['protocol']}", **{"facet.field": ["steamcity_outcomes"]}, rows=0
    )
    assert facet["count"] >= 2
    assert set(facet["facets"]["steamcity_outcomes"]) <= {"supported", "refuted", "inconclusive", "not_measurable"}
    period = portal.action.package_search(fq="steamcity_period:[2026-03-01 TO 2026-03-31]", rows=50)
    assert all(
        one["period_start"] <= "2026-03-31" <= "9999" and one["period_end"] >= "2026-03-01" for one in period["results"]
    )
    assert 0 < period["count"] < portal.action.package_search(fq="dataset_type:experiment", rows=0)["count"]


def test_csv_schema_and_datastore_hold_the_same(portal, result):
    """Rows and types: the file, its Table Schema and the DataStore table."""
    data, dictionary = resource(result, "data"), resource(result, "dictionary")
    body, headers = fetch(data["url"], origin="https://example.org")
    assert headers["x-content-type-options"] == "nosniff"
    assert "csv" in headers["content-type"]
    assert headers["access-control-allow-origin"] == "*"
    schema = json.loads(fetch(dictionary["url"])[0])
    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8"))))
    report = frictionless.Resource(
        data=body, format="csv", encoding="utf-8", schema=frictionless.Schema.from_descriptor(schema)
    ).validate()
    assert report.valid, report.flatten(["rowNumber", "fieldName", "note"])[:5]
    table = portal.action.datastore_search(resource_id=data["id"], limit=5)
    assert table["total"] == len(rows)
    names = [field["id"] for field in table["fields"] if field["id"] != "_id"]
    assert names == [field["name"] for field in schema["fields"]] == list(rows[0])
    types = {field["id"]: field["type"] for field in table["fields"]}
    expected = {
        "number": {"numeric", "float8"},
        "integer": {"int4", "int8", "numeric"},
        "datetime": {"timestamp", "timestamptz"},
        "string": {"text"},
    }
    for field in schema["fields"]:
        if field["type"] in expected:
            assert types[field["name"]] in expected[field["type"]], field


def test_it_is_described_for_machines(site, result):
    """schema.org in the page and DCAT beside it, with title, identifier, licence, place, period and file."""
    page = fetch(f"{site}/experiment/{result['name']}")[0].decode()
    blocks = [part.split("</script>")[0] for part in page.split('<script type="application/ld+json">')[1:]]
    documents = [one for block in blocks for one in (lambda d: d.get("@graph", [d]))(json.loads(block))]
    dataset = next(one for one in documents if "Dataset" in str(one.get("@type")))
    for name in ("name", "identifier", "license", "spatialCoverage", "temporalCoverage", "distribution", "creator"):
        assert dataset.get(name) or dataset.get(f"schema:{name}"), f"schema.org {name} is missing"
    graph = rdflib.Graph().parse(data=fetch(f"{site}/dataset/{result['name']}.ttl")[0], format="turtle")
    dcat, dct = rdflib.Namespace("http://www.w3.org/ns/dcat#"), rdflib.Namespace("http://purl.org/dc/terms/")
    subject = next(graph.subjects(rdflib.RDF.type, dcat.Dataset))
    for predicate in (dct.title, dct.identifier, dct.spatial, dct.temporal, dcat.distribution, dct.publisher):
        assert list(graph.objects(subject, predicate)), f"DCAT {predicate} is missing"
    licences = [*graph.objects(None, dct.license)]
    assert any("creativecommons.org" in str(one) for one in licences), licences


def test_every_result_is_marked_synthetic(site, portal):
    """In the metadata, in the page and in the file's name."""
    found = portal.action.package_search(fq="dataset_type:experiment", rows=100)
    assert found["count"] >= 25
    assert len({one["protocol"] for one in found["results"]}) >= 12
    assert len({one["city"] for one in found["results"]}) >= 6
    assert {one["cluster"] for one in found["results"]} == {
        "governance",
        "environment",
        "mobility",
        "energy",
        "technology",
    }
    assert {"refuted", "inconclusive"} <= {outcome for one in found["results"] for outcome in one["outcomes"]}
    for one in found["results"]:
        assert one["synthetic"] is True
        assert "demo" in resource(one, "data")["url"].rsplit("/", 1)[-1], one["name"]
    page = fetch(f"{site}/experiment/{found['results'][0]['name']}")[0].decode()
    assert "Demo data, generated" in page


def test_the_examples_of_the_page_for_developers_work(site):
    """Every curl line on the page answers."""
    page = fetch(f"{site}/developers")[0].decode().replace("&amp;", "&").replace("&#34;", '"').replace("\\$", "$")
    addresses = [part.split('"')[0] for part in page.split('curl "')[1:]]
    assert len(addresses) >= 5
    for address in addresses:
        assert fetch(address)[0]


def test_no_person_is_found(site, portal, passwords):
    """No account's name, author or e-mail in anything public."""
    found = portal.action.package_search(fq="dataset_type:experiment", rows=100)
    text = json.dumps(found)
    assert "demo-teacher" not in text
    assert "demo-coordinator" not in text
    for one in found["results"]:
        assert not any(one.get(name) for name in ("author", "author_email", "maintainer", "maintainer_email"))
        assert "creator_user_id" not in one or not one["creator_user_id"]
