"""How the frame says things: languages, texts of data in the reader's language, names, days and numbers.

The frame's helpers, actions and views only; other features use the helpers.
"""

from __future__ import annotations

import datetime
import time
from typing import Any

import ckan.plugins.toolkit as tk
from babel import Locale
from babel.dates import format_date, format_interval
from babel.numbers import format_decimal, format_percent
from ckanext.steamcity import protocols
from ckanext.steamcity.messages import N_
from flask import current_app, g, has_request_context

LANGUAGES = {"en": "English", "fr": "Français", "it": "Italiano", "es": "Español", "bg": "Български"}
OUTCOMES = {
    "supported": N_("Supported"),
    "refuted": N_("Refuted"),
    "inconclusive": N_("Inconclusive"),
    "not_measurable": N_("Could not be measured"),
}
LEVELS = {
    "lower_secondary": N_("Lower secondary school"),
    "upper_secondary": N_("Upper secondary school"),
    "mixed": N_("Several levels"),
}
ORGANIZATION_KINDS = {
    "school": N_("School"),
    "association": N_("Association"),
    "fablab": N_("Fablab"),
    "library": N_("Library"),
    "museum": N_("Museum"),
    "company": N_("Company"),
    "city": N_("City"),
}
# Names of areas change when an operator loads boundaries, which is rare; a list of them costs one query.
_AREAS_SECONDS = 60.0
_areas: dict[str, Any] = {"at": None, "by_slug": {}}


def language() -> str:
    """The reader's language, one of ours; where there is no reader (a command, a job), the portal's."""
    code = str((tk.h.lang() if has_request_context() else tk.config["ckan.locale_default"]) or "en").split("_")[0]
    return code if code in LANGUAGES else "en"


def _locale() -> Locale:
    """The reader's language for days and numbers; English as in Europe."""
    return Locale.parse({"en": "en_GB"}.get(language(), language()))


def here() -> str:
    """Address of this page in its language, without parameters; made once in a request."""
    if "steamcity_here" not in g:
        g.steamcity_here = tk.h.url_for(tk.request.path)
    return g.steamcity_here


def languages() -> list[dict[str, Any]]:
    """The same page in every language: plain links, the current one marked; made once in a request."""
    if "steamcity_languages" not in g:
        g.steamcity_languages = _languages()
    return g.steamcity_languages


def _languages() -> list[dict[str, Any]]:
    address, path = tk.h.current_url(), tk.request.path
    # The default language has no prefix; `/en/…` says the same and names the address without it as its canonical one.
    bare = tk.config["ckan.locale_default"]
    return [
        {
            "code": code,
            "name": name,
            "current": code == language(),
            "url": tk.h.url_for(address, locale="default" if code == bare else code),
            "full_url": tk.h.url_for(path, locale="default" if code == bare else code, qualified=True),
        }
        for code, name in LANGUAGES.items()
    ]


def picked(texts: dict[str, str] | None, original: str | None, original_language: str | None) -> dict[str, Any]:
    """A text in the reader's language, else as it was written: {text, lang, foreign}."""
    reader = language()
    known = texts if isinstance(texts, dict) else {}
    written = original_language or reader
    for code in (reader, written, *LANGUAGES):
        text = known.get(code) or (original if code == written else None)
        if text:
            return {"text": text, "lang": code, "foreign": code != reader}
    return {"text": original or "", "lang": written, "foreign": written != reader}


def text_of(dataset: dict[str, Any], name: str) -> dict[str, Any]:
    """A descriptive field of a dataset (title, finding, notes) in the reader's language: {text, lang, foreign}."""
    return picked(dataset.get(f"{name}_translated"), dataset.get(name), dataset.get("language"))


def local(texts: dict[str, str] | None) -> str:
    """A text of the portal's own data files in the reader's language."""
    return (texts or {}).get(language()) or (texts or {}).get("en") or next(iter((texts or {}).values()), "")


def cluster(identifier: str) -> dict[str, Any] | None:
    """Title and icon of a topic."""
    for entry in protocols.clusters():
        if entry.id == identifier:
            return {"id": entry.id, "number": entry.number, "title": local(entry.titles), "icon": entry.icon}
    return None


def protocol(slug: str | None) -> protocols.Protocol | None:
    """A protocol by its slug; None when there is none."""
    try:
        return protocols.load(slug) if slug else None
    except KeyError:
        return None


def area_name(slug: str) -> str:
    """Name of a city or another area."""
    known = _known_areas()
    return local(known[slug]["name"]) if slug in known else slug.replace("-", " ").title()


def area_zones() -> dict[str, str]:
    """Time zone of every known city and area."""
    return {slug: area["timezone"] for slug, area in _known_areas().items() if area.get("timezone")}


def place_name(place: str | None) -> str:
    """Name of a published place; empty for a cell, which has no name."""
    kind, _sep, key = (place or "").partition(":")
    return area_name(key) if kind == "area" and key else ""


def _known_areas() -> dict[str, Any]:
    now = time.monotonic()
    if _areas["at"] is None or now - _areas["at"] > _AREAS_SECONDS:
        try:
            listed = tk.get_action("steamcity_area_list")({"ignore_auth": True}, {"limit": 1000})
        except KeyError:  # the places plugin is not loaded
            listed = []
        _areas.update(at=now, by_slug={area["id"]: area for area in listed})
    return _areas["by_slug"]


def _day(value: Any) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def day(value: Any) -> str:
    """A day in words: 3 March 2026."""
    found = _day(value)
    return format_date(found, "long", locale=_locale()) if found else ""


def moment(value: str | None) -> str:
    """Day and time in UTC; empty for none."""
    if not value:
        return ""
    at = datetime.datetime.fromisoformat(value).astimezone(datetime.UTC)
    return f"{day(at.date().isoformat())}, {at:%H:%M} UTC"


def period(start: Any, end: Any) -> str:
    """A period in words: 3–14 March 2026."""
    first, last = _day(start), _day(end)
    if not first or not last or first == last:
        return day(start or end)
    return format_interval(first, last, "yMMMMd", locale=_locale())


def number(value: Any, digits: int | None = None) -> str:
    """A number as the reader's language writes it."""
    try:
        amount = float(value)
    except (TypeError, ValueError):
        return ""
    if digits is not None:
        amount = round(amount, digits)
    return format_decimal(amount, locale=_locale())


def exact(value: Any) -> str:
    """A number of a table: the reader's decimal sign, nothing rounded away that was measured, no groups (a year has
    none)."""
    return format_decimal(float(value), format="0.######", locale=_locale())


def percent(share: Any) -> str:
    """A share (0 to 1) in per cent; small ones keep a digit. A little is not told as nothing, nor nearly all as all."""
    try:
        part = float(share)
    except (TypeError, ValueError):
        return ""
    locale = _locale()
    pattern = locale.percent_formats[None].pattern
    if 0 < part < 0.1 or 0.995 <= part < 1:  # noqa: PLR2004
        pattern = pattern.replace("##0", "##0.#")
        shown = min(max(part, 0.001), 0.999)
        return ("< " if part < shown else "") + format_percent(shown, pattern, locale=locale)
    return format_percent(part, pattern, locale=locale)


def size(count: Any) -> str:
    """Bytes in words: 12.4 kB."""
    try:
        left = float(count)
    except (TypeError, ValueError):
        return ""
    for unit in (N_("bytes"), "kB", "MB", "GB"):
        if left < 1000 or unit == "GB":
            return f"{number(left, 0 if unit == 'bytes' else 1)} {tk._(unit)}"
        left /= 1000
    return ""


def url(endpoint: str, **values: Any) -> str:
    """Address of a page, empty when the plugin that has it is not loaded."""
    return tk.h.url_for(endpoint, **values) if endpoint in current_app.view_functions else ""
