"""Template helpers of the frame. They say things and draw; none of them searches."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from markupsafe import Markup

from ckanext.steamcity import cards, charting, config, messages, wording

__all__ = [
    "steamcity_area_name",
    "steamcity_card",
    "steamcity_chart_svg",
    "steamcity_cluster",
    "steamcity_day",
    "steamcity_headline",
    "steamcity_is_demo",
    "steamcity_language",
    "steamcity_languages",
    "steamcity_level",
    "steamcity_licence_name",
    "steamcity_local",
    "steamcity_message",
    "steamcity_number",
    "steamcity_organization_kind",
    "steamcity_outcome",
    "steamcity_period",
    "steamcity_protocol_title",
    "steamcity_size",
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
    """A message of the pure modules, translated and filled."""
    return messages.fill(message, tk._, wording.language()) if message else ""


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


def steamcity_period(start: Any, end: Any) -> str:
    """A period in words."""
    return wording.period(start, end)


def steamcity_number(value: Any, digits: int | None = None) -> str:
    """A number as the reader's language writes it."""
    return wording.number(value, digits)


def steamcity_size(count: Any) -> str:
    """A number of bytes in words."""
    return wording.size(count)


def steamcity_chart_svg(spec: dict[str, Any], title: str = "") -> Markup:
    """A Vega-Lite specification drawn as an inline SVG; empty when it cannot be drawn."""
    return charting.svg(spec, title, wording.language())
