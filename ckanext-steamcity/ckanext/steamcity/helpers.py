"""Template helpers of the frame. They say and draw; only the page of an empty search asks the index once more."""

from __future__ import annotations

import logging
import secrets
from typing import Any

import ckan.plugins.toolkit as tk
from ckanext.steamcity import cards, charting, config, gallery, maps, messages, refusals, results, searching, wording
from ckanext.steamcity import protocols as protocol_templates
from flask import has_request_context
from markupsafe import Markup

log = logging.getLogger(__name__)

__all__ = [
    "steamcity_area_name",
    "steamcity_card",
    "steamcity_cell",
    "steamcity_chart_svg",
    "steamcity_charts",
    "steamcity_cluster",
    "steamcity_clusters",
    "steamcity_column",
    "steamcity_column_header",
    "steamcity_contact",
    "steamcity_day",
    "steamcity_moment",
    "steamcity_headline",
    "steamcity_is_demo",
    "steamcity_language",
    "steamcity_languages",
    "steamcity_level",
    "steamcity_licence",
    "steamcity_licence_name",
    "steamcity_local",
    "steamcity_map_of",
    "steamcity_message",
    "steamcity_number",
    "steamcity_organization_kind",
    "steamcity_outcome",
    "steamcity_percent",
    "steamcity_period",
    "steamcity_picked",
    "steamcity_place_label",
    "steamcity_protocol",
    "steamcity_protocol_title",
    "steamcity_reference_number",
    "steamcity_refusal",
    "steamcity_pictures",
    "steamcity_result",
    "steamcity_search_address",
    "steamcity_search_facets",
    "steamcity_search_feed",
    "steamcity_search_filters",
    "steamcity_search_kept",
    "steamcity_search_sentence",
    "steamcity_search_places",
    "steamcity_search_protocols",
    "steamcity_search_sorts",
    "steamcity_size",
    "steamcity_term",
    "steamcity_terms",
    "steamcity_text",
    "steamcity_url",
]


def steamcity_language() -> str:
    """The reader's language, one of the five."""
    return wording.language()


def steamcity_languages() -> list[dict[str, Any]]:
    """This page in every language: code, name, current, url, full_url."""
    return wording.languages()


def steamcity_url(endpoint: str, **values: Any) -> str:
    """Address of a page of another feature; empty when that feature is not loaded."""
    return wording.url(endpoint, **values)


def steamcity_is_demo() -> bool:
    """Whether this portal shows the synthetic demo."""
    return config.demo()


def steamcity_message(message: Any) -> str:
    """A message of the pure modules, translated and filled; in English outside a request."""
    if not message:
        return ""
    if not has_request_context():
        return messages.fill(message, language=wording.language())
    return messages.fill(message, tk._, wording.language(), tk.ungettext)


def steamcity_refusal(said: str = "") -> str:
    """Why a page is not open, in a sentence for people: ours as it is, core's replaced."""
    return refusals.sentence(said)


def steamcity_text(dataset: dict[str, Any], name: str) -> dict[str, Any]:
    """A text of a dataset in the reader's language, else as written: text, lang, foreign."""
    return wording.text_of(dataset, name)


def steamcity_local(texts: dict[str, str]) -> str:
    """A language → text map of the portal's own data files in the reader's language."""
    return wording.local(texts)


def steamcity_headline(dataset: dict[str, Any]) -> dict[str, Any]:
    """The finding of a result, the title of any other dataset: text, lang, foreign."""
    return cards.headline(dataset)


def steamcity_card(dataset: dict[str, Any]) -> dict[str, Any]:
    """What the card of a dataset shows."""
    return cards.card(dataset)


def steamcity_cluster(identifier: str) -> dict[str, Any] | None:
    """A topic: id, number, title, icon."""
    return wording.cluster(identifier)


def steamcity_outcome(value: str) -> str:
    """An outcome in words."""
    return tk._(wording.OUTCOMES[value]) if value in wording.OUTCOMES else ""


def steamcity_level(value: str) -> str:
    """A level band in words."""
    return tk._(wording.LEVELS[value]) if value in wording.LEVELS else ""


def steamcity_organization_kind(value: str) -> str:
    """A kind of organisation in words."""
    return tk._(wording.ORGANIZATION_KINDS[value]) if value in wording.ORGANIZATION_KINDS else ""


def steamcity_protocol_title(slug: str) -> str:
    """Title of a protocol in the reader's language; the slug when it is unknown."""
    found = wording.protocol(slug)
    return found.title(wording.language()) if found else slug


def steamcity_area_name(slug: str) -> str:
    """Name of a city or another area in the reader's language."""
    return wording.area_name(slug)


def steamcity_licence_name(identifier: str) -> str:
    """Short name of a licence."""
    return cards.licence_name(identifier)


def steamcity_day(value: Any) -> str:
    """A day in words."""
    return wording.day(value)


def steamcity_moment(value: str | None) -> str:
    """A moment in words, day and time in UTC; empty for none."""
    return wording.moment(value)


def steamcity_period(start: Any, end: Any) -> str:
    """A period in words."""
    return wording.period(start, end)


def steamcity_number(value: Any, digits: int | None = None) -> str:
    """A number as the reader's language writes it."""
    return wording.number(value, digits)


def steamcity_percent(share: Any) -> str:
    """A share (0 to 1) in per cent."""
    return wording.percent(share)


def steamcity_size(count: Any) -> str:
    """A number of bytes in words."""
    return wording.size(count)


def steamcity_chart_svg(spec: dict[str, Any], title: str = "") -> Markup:
    """A Vega-Lite specification drawn as an inline SVG; empty when it cannot be drawn."""
    return charting.svg(spec, title, wording.language())


def steamcity_charts(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The charts of a result, as `charting.drawn` gives them."""
    return [charting.drawn(specs, wording.language()) for specs in results.chart_specs(record)]


def steamcity_pictures(record: dict[str, Any]) -> dict[str, Any] | None:
    """The first pictures of a result with their labels, and how many there are; None where it has none."""
    return gallery.pictures(record)


def steamcity_result(dataset: dict[str, Any]) -> dict[str, Any]:
    """What the page of a result shows, from the action `steamcity_result_show`."""
    return tk.get_action("steamcity_result_show")({"for_view": True}, {"id": dataset["id"]})


def steamcity_picked(texts: dict[str, Any], written_in: str | None) -> dict[str, Any]:
    """A text of a frozen record ({text, translated}) in the reader's language: text, lang, foreign."""
    return wording.picked(texts.get("translated"), texts.get("text"), written_in)


def steamcity_place_label(place: dict[str, Any] | None, city: str | None = None) -> str:
    """The place of a record in words, with its city."""
    name = wording.local((place or {}).get("name"))
    return ", ".join(dict.fromkeys(part for part in (name, wording.area_name(city) if city else "") if part))


def steamcity_column_header(slug: str, name: str) -> str:
    """Title and unit of a column of a protocol's table."""
    return results.column_header(slug, name)


def steamcity_cell(slug: str, name: str, value: Any) -> str:
    """A value of a protocol's table as a reader sees it: choices in words, numbers in her way, times to the minute and
    in one line."""
    text = results.cell(slug, name, value)
    return Markup('<span class="sc-moment">{}</span>').format(text) if results.is_moment(value) else text


def steamcity_protocol(slug: str) -> dict[str, Any] | None:
    """A protocol's template as a dict; None when it is unknown."""
    found = wording.protocol(slug)
    return found.to_dict() if found else None


def steamcity_clusters() -> list[dict[str, Any]]:
    """The five topics in their order."""
    return [found for entry in protocol_templates.clusters() if (found := wording.cluster(entry.id))]


def steamcity_term(kind: str, value: str) -> str:
    """A shared word of the templates (skills, subjects, shapes, levels, cost_bands) in the reader's language."""
    return wording.local(protocol_templates.terms().get(kind, {}).get(value)) or value


def steamcity_licence(identifier: str) -> dict[str, str] | None:
    """A licence in words: short, title, url, may, if_you; None when it is unknown."""
    found = protocol_templates.licences().by_id.get(identifier)
    if found is None:
        return None
    words = {name: wording.local(getattr(found, name)) for name in ("description", "may", "if_you")}
    return {"short": found.short, "title": found.title, "url": found.url, **words}


def steamcity_contact() -> str:
    """E-mail address for questions; empty when none is configured."""
    return config.contact()


def steamcity_search_facets(search_facets: dict[str, Any]) -> list[dict[str, Any]]:
    """Facets of this search as links."""
    return searching.facets(search_facets or {})


def steamcity_search_filters(search_facets: dict[str, Any]) -> list[dict[str, str]]:
    """Filters in force, each with the address of the search without it."""
    return searching.filters(search_facets or {})


def steamcity_search_sentence(count: int, query: str = "") -> str:
    """What was found, in one sentence."""
    return searching.sentence(count, query)


def steamcity_search_feed() -> str:
    """Address of the Atom feed of this search."""
    return searching.feed()


def steamcity_search_protocols(query: str) -> list[dict[str, str]]:
    """Protocols that would measure what was searched for."""
    return searching.fitting_protocols(query or "")


def steamcity_search_places() -> list[dict[str, Any]]:
    """Cities with results, for a search that found nothing: the one helper that asks the index."""
    return searching.places_with_results()


def steamcity_search_kept(*leave_out: str) -> list[tuple[str, str]]:
    """Parameters of this search that a form carries along."""
    return searching.kept(*leave_out)


def steamcity_search_address(**replace: str) -> str:
    """This search with other parameters, from its first page."""
    return searching.address(replace=replace)


def steamcity_search_sorts() -> list[dict[str, Any]]:
    """The orders a search can have."""
    now = tk.request.args.get("sort") or searching.SORTS[0][0]
    return [{"value": value, "label": tk._(words), "chosen": value == now} for value, words in searching.SORTS]


def steamcity_terms(kind: str, values: list[str]) -> str:
    """Several shared words of the templates, in one line."""
    return ", ".join(steamcity_term(kind, value) for value in values or [])


def steamcity_column(slug: str, name: str) -> dict[str, Any]:
    """A column of a protocol in the reader's language: title, unit, description, choices."""
    return results.column_words(slug, name)


def steamcity_reference_number() -> str:
    """A number for this failure, written into the log beside it."""
    number = secrets.token_hex(4)
    log.error("Failure %s at %s", number, tk.request.path)
    return number


def steamcity_map_of(
    mode: str, counts: Any = None, places: list[str] | None = None, title: str = "", search_url: str = ""
) -> Markup:
    """The map of the places plugin, kept for some minutes. `counts`: {area slug: number}, or the items of a facet."""
    if isinstance(counts, list):
        counts = {item["name"]: item["count"] for item in counts}
    return maps.drawn(mode, counts or {}, places or [], title, search_url or tk.h.url_for("dataset.search"))
