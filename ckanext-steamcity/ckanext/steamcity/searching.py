"""The search page in words: facets as links, what is filtered, one sentence. The frame's plugin and helpers only."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any
from urllib.parse import urlencode

import ckan.plugins.toolkit as tk
from ckan.lib.search import SearchError
from ckanext.steamcity import cards, protocols, wording
from ckanext.steamcity.messages import N_

FACETS = {
    "steamcity_cluster": N_("Topic"),
    "steamcity_city": N_("City"),
    "steamcity_protocol": N_("Protocol"),
    "steamcity_outcomes": N_("Outcome"),
    "steamcity_school_year": N_("School year"),
    "steamcity_level": N_("Level"),
    "organization": N_("School"),
    "license_id": N_("Licence"),
    "dataset_type": N_("Kind of data"),
}
# Filters that come from links elsewhere (a place on a map) and are shown, but are no list of choices.
_PLACES = ("steamcity_area", "steamcity_cell")
KINDS = {
    "experiment": N_("Class results"),
    "monitoring": N_("Sensor networks"),
    "dataset": N_("Reference data"),
}
SORTS = (
    ("score desc, metadata_modified desc", N_("Best match")),
    ("metadata_modified desc", N_("Newest first")),
    ("metadata_modified asc", N_("Oldest first")),
    ("title_string asc", N_("By title")),
)
_SHOWN = 6
# How core begins what it hands on from the index.
_UNREADABLE = ("SOLR returned an error", "Could not parse", "Query parsers", "Local parameters", "Magic fields")
Pair = tuple[str, str]


def refused(error: SearchError) -> SearchError:
    """Why a search found nothing, without the index's own words; core's other sentences stay."""
    said = str(error)
    if said.startswith('Invalid "sort"'):
        return type(error)(tk._("Results cannot be put into this order."))
    if not said.startswith(_UNREADABLE):
        return error
    if said.startswith("SOLR returned an error") and "SyntaxError" not in said and "annot parse" not in said:
        return SearchError(tk._("The search does not work right now. Please try again in a few minutes."))
    return type(error)(
        tk._(
            "This search could not be understood: leave out signs such as : [ ( or a single quotation mark, or try "
            "other words."
        )
    )


def dataset_facets(facets: OrderedDict[str, Any], package_type: str) -> OrderedDict[str, Any]:
    """The facets of every search page; areas only shade the map."""
    return OrderedDict([*((name, tk._(title)) for name, title in FACETS.items()), ("steamcity_area", tk._("Place"))])


def label(facet: str, value: str, display_name: str = "") -> str:
    """A value of a facet in the reader's language."""
    if facet == "steamcity_cluster":
        return (wording.cluster(value) or {}).get("title") or value
    if facet == "steamcity_protocol":
        found = wording.protocol(value)
        return found.title(wording.language()) if found else value
    if facet in ("steamcity_city", "steamcity_area"):
        return wording.area_name(value)
    if facet == "license_id":
        return cards.licence_name(value)
    words = {"steamcity_outcomes": wording.OUTCOMES, "steamcity_level": wording.LEVELS, "dataset_type": KINDS}.get(
        facet, {}
    )
    if value in words:
        return tk._(words[value])
    return display_name or value


def address(add: Pair | None = None, remove: Pair | None = None, replace: dict[str, str] | None = None) -> str:
    """This search with one filter more or less, from its first page."""
    new = replace or {}
    pairs = [(k, v) for k, v in tk.request.args.items(multi=True) if k != "page" and k not in new and v]
    if remove in pairs:
        pairs.remove(remove)
    if add:
        pairs.append(add)
    pairs += [(name, value) for name, value in new.items() if value]
    path = wording.here()
    return f"{path}?{urlencode(pairs)}" if pairs else path


def facets(search_facets: dict[str, Any]) -> list[dict[str, Any]]:
    """Every facet that can narrow this search: title, items with label, count, address, and whether they are chosen."""
    chosen = set(tk.request.args.items(multi=True))
    listed = []
    for name, title in FACETS.items():
        items = [_item(name, entry, chosen) for entry in (search_facets.get(name) or {}).get("items", [])]
        items.sort(key=lambda item: (not item["chosen"], -item["count"], item["label"]))
        if len(items) > 1 or any(item["chosen"] for item in items):
            listed.append({"name": name, "title": tk._(title), "items": items[:_SHOWN], "more": items[_SHOWN:]})
    return listed


def _item(facet: str, entry: dict[str, Any], chosen: set[tuple[str, str]]) -> dict[str, Any]:
    pair = (facet, entry["name"])
    is_chosen = pair in chosen
    return {
        "value": entry["name"],
        "label": label(facet, entry["name"], entry.get("display_name", "")),
        "count": entry["count"],
        "chosen": is_chosen,
        "url": address(remove=pair) if is_chosen else address(add=pair),
    }


def filters(search_facets: dict[str, Any]) -> list[dict[str, str]]:
    """The filters in force, each with the address of the search without it."""
    names = {
        (facet, item["name"]): item.get("display_name", "")
        for facet, found in (search_facets or {}).items()
        for item in found.get("items", [])
    }
    shown = [
        {"label": label(name, value, names.get((name, value), "")), "url": address(remove=(name, value))}
        for name, value in tk.request.args.items(multi=True)
        if value and (name in FACETS or name in _PLACES)
    ]
    if tk.request.args.get("ext_bbox"):
        shown.append({"label": tk._("Part of the map"), "url": address(replace={"ext_bbox": ""})})
    return shown


def sentence(count: int, query: str) -> str:
    """What was found, said as a person would: 12 results about noise in Marseille."""
    args = tk.request.args
    results = tk.ungettext("{number} result", "{number} results", count).format(number=wording.number(count))
    topics = [tk._("“{words}”").format(words=query)] if query else []
    topics += [
        label(facet, value) for facet in ("steamcity_cluster", "steamcity_protocol") for value in args.getlist(facet)
    ]
    places = [label(facet, value) for facet in ("steamcity_area", "steamcity_city") for value in args.getlist(facet)]
    values = {"results": results, "topic": ", ".join(topics), "place": ", ".join(dict.fromkeys(places))}
    if topics and places:
        return tk._("{results} about {topic} in {place}").format(**values)
    if topics:
        return tk._("{results} about {topic}").format(**values)
    if places:
        return tk._("{results} in {place}").format(**values)
    return results


def feed() -> str:
    """Address of the Atom feed of this search."""
    pairs = [(k, v) for k, v in tk.request.args.items(multi=True) if k in ("q", *FACETS, *_PLACES) and v]
    return f"{tk.h.url_for('feeds.custom')}?{urlencode(pairs)}"


def fitting_protocols(query: str) -> list[dict[str, str]]:
    """Protocols that would measure what was searched for: slug and title, at most four."""
    words = [word for word in query.casefold().split() if len(word) > 2]
    found = []
    for one in map(protocols.load, protocols.slugs()):
        said = " ".join([*one.titles.values(), *one.summary.values()]).casefold()
        if any(word in said for word in words):
            found.append({"slug": one.slug, "title": one.title(wording.language())})
    return found[:4]


def places_with_results() -> list[dict[str, Any]]:
    """Cities with results, the most first; for a search that found nothing."""
    data = {"rows": 0, "fq": "+dataset_type:experiment", "facet.field": ["steamcity_city"], "facet.mincount": 1}
    counts = tk.get_action("package_search")({}, data)["facets"].get("steamcity_city") or {}
    most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:6]
    return [{"city": city, "name": wording.area_name(city), "count": count} for city, count in most]


def kept(*leave_out: str) -> list[tuple[str, str]]:
    """The parameters of this search that a form must carry along."""
    return [(k, v) for k, v in tk.request.args.items(multi=True) if k not in ("page", *leave_out) and v]
