"""Pages and files of protocols, and the pages of what is observed. Part of the frame's blueprint (``views``)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import Response
from ckanext.steamcity import downloads, protocols, twinning, wording
from ckanext.steamcity.protocols import concepts
from flask import Blueprint, make_response, request

_JSON_LD = "application/ld+json"


def add_to(blueprint: Blueprint) -> None:
    """Give the blueprint these addresses."""
    for rule, view in (
        ("/protocol", protocol_list),
        ("/protocol/<slug>", protocol),
        ("/protocol/<slug>/twins", protocol_twins),
        ("/protocol/<slug>/fieldsheet", protocol_fieldsheet),
        ("/property", property_list),
        ("/property/<identifier>", property_),
        ("/property.jsonld", property_list_data),
        ("/property/<identifier>.jsonld", property_data),
    ):
        blueprint.add_url_rule(rule, view.__name__.rstrip("_"), view)
    for kind, download in downloads.KINDS.items():
        if download.file:
            blueprint.add_url_rule(f"/protocol/<slug>/{download.file}", f"protocol_{kind}", _file_view(kind))


def protocol_list() -> str:
    return tk.render("steamcity/protocols.html", {"protocols": tk.get_action("steamcity_protocol_list")({}, {})})


def protocol(slug: str) -> str:
    found = _shown(slug)
    values = {"protocol": found, "twin_cities": len(found["city"]), "example": downloads.example_charts(found["slug"])}
    return tk.render("steamcity/protocol.html", values)


def protocol_twins(slug: str) -> str:
    """The same protocol in several cities, side by side."""
    template, compare = _template(slug), tk.get_action("steamcity_protocol_twins")
    found = {kind: compare({}, {"id": slug, "width": width}) for kind, width in twinning.WIDTHS.items()}
    charts = [
        {"kind": wide["usermeta"]["kind"], "title": wide["title"], "wide": wide, "narrow": narrow}
        for wide, narrow in zip(found["wide"]["charts"], found["narrow"]["charts"], strict=True)
    ]
    values = {"twins": found["wide"], "charts": charts, "protocol": template.to_dict(), "table": _figures(charts)}
    return tk.render("steamcity/twins.html", values)


def _figures(charts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The bars of a comparison as lines of a table: group, series, value by city."""
    lines: dict[tuple[str, str], dict[str, Any]] = {}
    for chart in charts:
        for bar in chart["wide"]["data"]["values"] if chart["kind"] == "group" else ():
            share = chart["wide"]["usermeta"]["share"]
            line = lines.setdefault((bar["x"], bar["g"]), {"x": bar["x"], "g": bar["g"], "share": share, "by_city": {}})
            line["by_city"][bar["city"]] = bar["y"]
    return list(lines.values())


def protocol_fieldsheet(slug: str) -> str:
    """A sheet of paper to write measurements on."""
    return tk.render("steamcity/sheet/fieldsheet.html", downloads.sheet_values(_template(slug)))


def _file_view(kind: str) -> Callable[[str], Response]:
    def view(slug: str) -> Response:
        template, download = _template(slug), downloads.KINDS[kind]
        response = make_response(downloads.content(kind, template))
        response.headers["Content-Type"] = download.media_type
        if download.attached:
            name = f"{template.slug}-{download.ending.format(language=wording.language())}"
            response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    return view


def property_list() -> str | Response:
    """Everything that is observed, by name; programs get the scheme."""
    if _wants_data():
        return property_list_data()
    listed = sorted(concepts.all_of_them(wording.language()), key=lambda entry: entry["title"].casefold())
    return tk.render("steamcity/properties.html", {"properties": listed})


def property_list_data() -> Response:
    return _json_ld(concepts.scheme())


def property_(identifier: str) -> str | Response:
    """One observed property: its names, the same idea elsewhere, the protocols that measure it."""
    if _wants_data():
        return property_data(identifier)
    return tk.render("steamcity/property.html", {"property": _property(identifier)})


def property_data(identifier: str) -> Response:
    _property(identifier)
    return _json_ld(concepts.concept(identifier))


def _property(identifier: str) -> dict[str, Any]:
    found = concepts.described(identifier, wording.language())
    if found is None:
        tk.abort(404, tk._("There is no observed property with this name."))
        raise KeyError(identifier)
    return found


def _wants_data() -> bool:
    best = request.accept_mimetypes.best_match(["text/html", _JSON_LD, "application/json"])
    return best in (_JSON_LD, "application/json")


def _json_ld(data: dict[str, Any]) -> Response:
    response = make_response(json.dumps(data, ensure_ascii=False, indent=1))
    response.headers["Content-Type"] = _JSON_LD
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.vary.add("Accept")
    return response


def _shown(slug: str) -> dict[str, Any]:
    try:
        return tk.get_action("steamcity_protocol_show")({}, {"id": slug})
    except tk.ObjectNotFound:
        tk.abort(404, tk._("There is no protocol with this name."))
        raise


def _template(slug: str) -> protocols.Protocol:
    found = wording.protocol(slug)
    if found is None:
        tk.abort(404, tk._("There is no protocol with this name."))
        raise KeyError(slug)
    return found
