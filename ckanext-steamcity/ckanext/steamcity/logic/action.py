"""Actions of the frame: protocols with what was done by them, the home page, everything the page of a result shows."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import ckan.plugins.toolkit as tk
from ckan.lib.search import SearchError, SearchQueryError
from ckan.types import Action, Context, DataDict
from ckanext.steamcity import blobs, downloads, protocols, results, searching, twinning
from ckanext.steamcity.arguments import check, checked

__all__ = [
    "steamcity_file_check",
    "steamcity_home",
    "steamcity_protocol_list",
    "steamcity_protocol_show",
    "steamcity_protocol_twins",
    "steamcity_quality_show",
    "steamcity_result_show",
    "package_search",
    "user_autocomplete",
]

log = logging.getLogger(__name__)

# Published results of classes, of each concept the newest version only.
RESULTS = "+dataset_type:experiment -steamcity_superseded:true"
_NEWEST = "metadata_modified desc"
_MOST_FACETS = 1000
_SHORTEST_ACCOUNT_SEARCH = 3
_RESOURCE_FILE = re.compile(r"/resource/(?P<id>[0-9a-f-]{36})(/|$)")


def _search(context: Context, **query: Any) -> dict[str, Any]:
    data = {"fq": RESULTS, "sort": _NEWEST, "facet.limit": _MOST_FACETS, "facet.mincount": 1, **query}
    return tk.get_action("package_search")(tk.fresh_context(context), data)


def _counts(found: dict[str, Any], facet: str) -> dict[str, int]:
    return dict(found["facets"].get(facet) or {})


@tk.side_effect_free
@checked
def steamcity_protocol_list(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """Every protocol with its titles, summary, topics, level and shape, and the number of published results.

    :param cluster: only protocols of this topic
    """
    tk.check_access("steamcity_protocol_list", context, data_dict)
    counts = _counts(_search(context, rows=0, **{"facet.field": ["steamcity_protocol"]}), "steamcity_protocol")
    wanted = data_dict.get("cluster")
    names = ("slug", "titles", "summary", "clusters", "level", "shape", "privacy", "digest")
    listed = [protocols.load(slug).to_dict() for slug in protocols.slugs()]
    return [
        {**{name: entry[name] for name in names}, "results": counts.get(entry["slug"], 0)}
        for entry in listed
        if not wanted or wanted in entry["clusters"]
    ]


@tk.side_effect_free
@checked
def steamcity_protocol_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """One protocol as its template says, with what was found by it (`results`, `latest`, `city`, `outcomes`, `area`)
    and the addresses of its files (`downloads`).

    :param id: the protocol's slug
    """
    tk.check_access("steamcity_protocol_show", context, data_dict)
    protocol = _protocol(data_dict)
    facets = ["steamcity_city", "steamcity_outcomes", "steamcity_area"]
    found = _search(context, rows=6, fq=f'{RESULTS} +steamcity_protocol:"{protocol.slug}"', **{"facet.field": facets})
    return {
        **protocol.to_dict(),
        "results": found["count"],
        "latest": found["results"],
        **{name.removeprefix("steamcity_"): _counts(found, name) for name in facets},
        "downloads": downloads.addresses(protocol.slug),
    }


def _protocol(data_dict: DataDict) -> protocols.Protocol:
    try:
        return protocols.load(str(tk.get_or_bust(data_dict, "id")))
    except KeyError as error:
        raise tk.ObjectNotFound(tk._("There is no protocol with this name.")) from error


@tk.side_effect_free
@checked
def steamcity_protocol_twins(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Results of one protocol compared between cities: of each city its figures and how sure they are, and charts as
    Vega-Lite specifications with the numbers inside. Cities stand in the order of their names: nobody is ranked.

    :param id: the protocol's slug
    :param width: width of the charts in pixels (720; from 200 to 2000)
    """
    tk.check_access("steamcity_protocol_twins", context, data_dict)
    protocol = _protocol(data_dict)
    try:
        width = min(2000, max(200, int(data_dict.get("width") or twinning.WIDTHS["wide"])))
    except (TypeError, ValueError) as error:
        raise tk.ValidationError({"width": [tk._("Give a whole number.")]}) from error
    query = f'{RESULTS} +steamcity_protocol:"{protocol.slug}"'
    found = _search(context, rows=twinning.MOST_RESULTS, fq=query)
    cities, unread = twinning.cities_of(protocol, found["results"])
    told = twinning.described(protocol, cities, found["count"], unread)
    return {**told, "charts": twinning.specs(protocol, cities, width)}


@tk.side_effect_free
@checked
def steamcity_home(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """What the first page shows: the latest results, and numbers of results by topic, city and area."""
    tk.check_access("steamcity_home", context, data_dict)
    facets = ["steamcity_cluster", "steamcity_city", "steamcity_area", "organization"]
    found = _search(context, rows=7, **{"facet.field": facets})
    return {
        "results": found["count"],
        "latest": found["results"],
        "clusters": _counts(found, "steamcity_cluster"),
        "cities": _counts(found, "steamcity_city"),
        "areas": _counts(found, "steamcity_area"),
        "schools": len(_counts(found, "organization")),
        "protocols": len(protocols.slugs()),
        **_measured(context),
    }


def _measured(context: Context) -> dict[str, int]:
    """Number of stations, and about how many readings they sent (two digits: the database estimates)."""
    try:
        found = tk.get_action("steamcity_station_list")(tk.fresh_context(context), {"limit": 1})
    except KeyError:  # the sensors plugin is not loaded
        return {"stations": 0, "readings": 0}
    about = int(found.get("readings") or 0)
    return {"stations": int(found["count"]), "readings": round(about, 2 - len(str(about))) if about else 0}


@tk.side_effect_free
@checked
def steamcity_result_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Everything the page of a result shows: the frozen record (or, of a draft, what would be frozen), its versions,
    the values in figures, and related results.

    :param id: name or id of the result
    """
    tk.check_access("steamcity_result_show", context, data_dict)
    dataset = tk.get_action("package_show")(tk.fresh_context(context), {"id": tk.get_or_bust(data_dict, "id")})
    if dataset["type"] != "experiment":
        raise tk.ObjectNotFound(tk._("There is no such result."))
    return {**results.described(context, dataset), "related": _related(context, dataset)}


@tk.side_effect_free
def steamcity_quality_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """How good the data of a result are: completeness against the plan, share of rows marked by each test, repairs,
    instrument and calibration; in `words` and in figures.

    :param id: name or id of the result, published or a draft you may see
    """
    tk.check_access("steamcity_quality_show", context, data_dict)
    dataset = tk.get_action("package_show")(tk.fresh_context(context), {"id": tk.get_or_bust(data_dict, "id")})
    found = results.quality(context, dataset) if dataset["type"] == "experiment" else None
    if found is None:
        raise tk.ObjectNotFound(tk._("This dataset has no table that was checked."))
    return {"id": dataset["id"], "published": dataset["state"] == "active", **found}


def _related(context: Context, dataset: dict[str, Any]) -> list[dict[str, Any]]:
    """The same protocol elsewhere first, then the same city."""
    if not dataset.get("protocol"):
        return []
    near = f' OR steamcity_city:"{dataset["city"]}"' if dataset.get("city") else ""
    others = f'{RESULTS} -id:"{dataset["id"]}" +(steamcity_protocol:"{dataset["protocol"]}"^4{near})'
    found = _search(context, rows=4, fq=others, sort=_NEWEST)
    same = [
        entry
        for entry in found["results"]
        if entry.get("concept") != dataset.get("concept") or not entry.get("concept")
    ]
    return sorted(same, key=lambda entry: entry.get("protocol") != dataset["protocol"])[:3]


@checked
def steamcity_file_check(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """What the check of a protocol says about a file. Nothing is stored.

    :param protocol: the protocol's slug
    :param upload: the file (multipart), or :param text: its content as text, or
    :param url_of_draft_file: address of a file of a result on this portal that you may see, of a draft or published
        (`…/resource/<id>/download/<name>`)
    :param hints: {mapping, timezone, date_order, decimal, start_time, sheet, decisions}
    :param first_rows: look at so many rows only, to show something at once; such a report is never `ok`
    :returns: `{ok, rows, columns, questions, findings, repairs, …}`, sentences as messages (`docs/protocols.md`)
    """
    tk.check_access("steamcity_file_check", context, data_dict)
    slug = str(tk.get_or_bust(data_dict, "protocol"))
    if slug not in protocols.slugs():
        raise tk.ObjectNotFound(tk._("There is no protocol with this name: {value}").format(value=slug[:80]))
    hints = data_dict.get("hints") or {}
    if isinstance(hints, str):
        try:
            hints = json.loads(hints)
        except ValueError:
            hints = None
    if not isinstance(hints, dict):
        raise tk.ValidationError({"hints": [tk._("Give the hints as an object.")]})
    rows = data_dict.get("first_rows")
    try:
        first_rows = max(1, int(rows)) if rows not in (None, "") else None
    except (TypeError, ValueError):
        raise tk.ValidationError({"first_rows": [tk._("Please give a number.")]}) from None
    with _file_to_check(context, data_dict) as (content, name):
        report = protocols.check_file(content, protocols.load(slug), filename=name, hints=hints, first_rows=first_rows)
    return report.to_dict()


@contextmanager
def _file_to_check(context: Context, data_dict: DataDict) -> Iterator[tuple[Any, str]]:
    """The file that was given or is named, and its name."""
    upload, text, url = (data_dict.get(name) for name in ("upload", "text", "url_of_draft_file"))
    if upload is not None and hasattr(upload, "stream"):
        yield upload.stream, str(getattr(upload, "filename", "") or "")
    elif isinstance(text, str) and text:
        yield text.encode(), ""
    elif isinstance(url, str) and url:
        with _kept_file(context, url) as (file, name):
            yield file, name
    else:
        raise tk.ValidationError({"upload": [tk._("Choose a file, or paste the table.")]})


@contextmanager
def _kept_file(context: Context, url: str) -> Iterator[tuple[Any, str]]:
    """A file of a result, for those who may see the result."""
    missing = tk.ValidationError({"url_of_draft_file": [tk._("There is no file at this address that you may see.")]})
    try:
        address = urlsplit(url)
    except ValueError:  # brackets that do not close
        raise missing from None
    found = _RESOURCE_FILE.search(address.path)
    if found is None or address.netloc not in ("", urlsplit(tk.config["ckan.site_url"]).netloc):
        raise missing
    try:
        resource = tk.get_action("resource_show")(tk.fresh_context(context), {"id": found["id"]})
        path = blobs.path(resource.get("sha256") or "")
    except (tk.ObjectNotFound, tk.NotAuthorized, ValueError):
        raise missing from None
    if not path.exists():
        raise missing
    with path.open("rb") as file:
        yield file, resource.get("name") or ""


@tk.chained_action
@tk.side_effect_free
def package_search(next_action: Action, context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Core hands on what the index said of a search it could not read: classes of Java and the whole query. The kind
    of the refusal stays, for programs."""
    try:
        check(data_dict)
    except tk.ValidationError as error:  # core's page expects refusals of the search only
        raise SearchQueryError("; ".join(f"{name}: {text}" for name, text in error.error_summary.items())) from None
    if data_dict.get("start") == "":  # core makes nothing of it, and then compares that with a number
        data_dict.pop("start")
    try:
        return next_action(context, data_dict)
    except SearchError as error:
        log.info("Search refused: %s", error)
        raise searching.refused(error) from None


@tk.chained_action
@tk.side_effect_free
@checked
def user_autocomplete(next_action: Action, context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """A coordinator finds the colleague she means, and does not list all accounts by single letters or wildcards."""
    tk.check_access("user_autocomplete", context, data_dict)
    query = tk.get_or_bust(data_dict, "q")
    if not isinstance(query, str):
        raise tk.ValidationError({"q": [tk._("Write a text here.")]})
    query = query.strip()
    if len(query) < _SHORTEST_ACCOUNT_SEARCH:
        return []
    return next_action(context, {**data_dict, "q": re.sub(r"([\\%_])", r"\\\1", query)})
