"""Validators of the frame: the fields of schemas/*.yaml."""

from __future__ import annotations

import datetime
import json
import re
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import Context, FlattenDataDict, FlattenErrorDict, FlattenKey
from ckanext.steamcity import protocols

LANGUAGES = ("en", "fr", "it", "es", "bg")
OUTCOMES = ("supported", "refuted", "inconclusive", "not_measurable")
LEVELS = ("lower_secondary", "upper_secondary", "mixed")
CREATOR_KINDS = ("class", "school", "partner")
ORGANIZATION_KINDS = ("school", "association", "fablab", "library", "museum", "company", "city")
_SCHOOL_YEAR = re.compile(r"(20\d\d)-(20\d\d)")
# Far below Solr's term limit, far above what anybody reads.
_LONGEST_TEXT = 8000
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")

__all__ = [
    "steamcity_cluster_of_protocol", "steamcity_country", "steamcity_creator_kind", "steamcity_day",
    "steamcity_from_json", "steamcity_inside", "steamcity_language", "steamcity_languages",
    "steamcity_languages_of_form", "steamcity_level", "steamcity_licence", "steamcity_operator_only",
    "steamcity_organization_kind", "steamcity_outcome", "steamcity_outcomes_of_hypotheses", "steamcity_plain_text",
    "steamcity_protocol",
    "steamcity_reference", "steamcity_school_year", "steamcity_web_address",
]  # fmt: skip


def steamcity_plain_text(value: Any) -> Any:
    """Text without control and direction characters, at most 8,000 characters."""
    if not isinstance(value, str):
        return value
    text = _CONTROL.sub("", value).strip()
    if len(text) > _LONGEST_TEXT:
        raise tk.Invalid(
            tk._("This text is too long: {length} characters, at most {limit} are kept.").format(
                length=len(text), limit=_LONGEST_TEXT
            )
        )
    return text


def _one_of(value: Any, allowed: tuple[str, ...]) -> Any:
    if value not in allowed:
        raise tk.Invalid(tk._("Choose one of: {choices}").format(choices=", ".join(allowed)))
    return value


def steamcity_outcome(value: Any) -> Any:
    """One of the four outcomes of a hypothesis."""
    return _one_of(value, OUTCOMES)


def steamcity_level(value: Any) -> Any:
    """A level band."""
    return _one_of(value, LEVELS)


def steamcity_language(value: Any) -> Any:
    """One of the five languages of the portal."""
    return _one_of(value, LANGUAGES)


def steamcity_creator_kind(value: Any) -> Any:
    """Class, school or partner."""
    return _one_of(value, CREATOR_KINDS)


def steamcity_organization_kind(value: Any) -> Any:
    """A kind of organisation."""
    return _one_of(value, ORGANIZATION_KINDS)


def steamcity_country(value: Any) -> Any:
    """Two capital letters (ISO 3166-1 alpha-2)."""
    if not re.fullmatch(r"[A-Za-z]{2}", str(value)):
        raise tk.Invalid(tk._("Give the country as two letters, for example FR."))
    return str(value).upper()


def steamcity_school_year(value: Any) -> Any:
    """A school year as 2025-2026."""
    match = _SCHOOL_YEAR.fullmatch(str(value))
    if not match or int(match[2]) != int(match[1]) + 1:
        raise tk.Invalid(tk._("Give the school year as two years in a row, for example 2025-2026."))
    return value


def steamcity_day(value: Any) -> Any:
    """A calendar day as YYYY-MM-DD; empty stays empty."""
    if not value:
        return ""
    try:
        return datetime.date.fromisoformat(str(value)[:10]).isoformat()
    except ValueError as error:
        raise tk.Invalid(tk._("Give the day as year-month-day, for example 2026-03-14.")) from error


def steamcity_protocol(value: Any) -> Any:
    """The slug of a protocol this portal knows."""
    if value not in protocols.slugs():
        raise tk.Invalid(tk._("There is no protocol with this name: {value}").format(value=str(value)[:80]))
    return value


def steamcity_licence(value: Any) -> Any:
    """A licence this portal knows, as a class's choice or as that of a source."""
    if not isinstance(value, str) or value not in protocols.licences().by_id:
        raise tk.Invalid(tk._("This licence is not one of those an open result can have."))
    return value


def steamcity_web_address(value: Any) -> Any:
    """An http(s) address."""
    if not re.match(r"https?://[^\s/]+", str(value)):
        raise tk.Invalid(tk._("Give a web address that begins with https://"))
    return value


def steamcity_reference(value: Any) -> Any:
    """An identifier of a class or organisation record, never a text with a name in it."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{1,99}", str(value)):
        raise tk.Invalid(tk._("Creators are classes, schools and partners of this portal, never persons."))
    return value


def steamcity_languages(value: Any) -> Any:
    """Language code → text, from a dict or its JSON; kept as JSON, empty texts dropped."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError as error:
            raise tk.Invalid(tk._("Give the texts by language.")) from error
    if not isinstance(value, dict) or set(value) - set(LANGUAGES):
        raise tk.Invalid(tk._("Languages are: {languages}").format(languages=", ".join(LANGUAGES)))
    texts = {language: steamcity_plain_text(text) for language, text in value.items() if isinstance(text, str)}
    return json.dumps({language: text for language, text in texts.items() if text}, ensure_ascii=False, sort_keys=True)


def steamcity_languages_of_form(
    key: FlattenKey, data: FlattenDataDict, errors: FlattenErrorDict, context: Context
) -> None:
    """The five fields `<field>-<language>` of a form as one value; nothing when the value itself was given."""
    extras = data.get((*key[:-1], "__extras")) or {}
    parts = {language: extras.pop(f"{key[-1]}-{language}", None) for language in LANGUAGES}
    given = {language: text for language, text in parts.items() if text is not None}
    if given and not data.get(key):
        data[key] = given


def steamcity_from_json(value: Any) -> Any:
    """What was kept as JSON; anything else as it is."""
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def steamcity_inside(key: FlattenKey, data: FlattenDataDict, errors: FlattenErrorDict, context: Context) -> None:
    """A field that only the portal writes: what a person sends is replaced by what is stored.

    Code of the portal writes it with `ignore_auth` in the context.
    """
    if not context.get("ignore_auth"):
        package = context.get("package")
        stored = package.extras.get(key[-1]) if package is not None and len(key) == 1 else None
        if len(key) == 1 and key[0] in ("version", "license_id") and package is not None:
            stored = getattr(package, key[0])
        if len(key) == 3:
            stored = data.get(key) if context.get("steamcity_inside") else _stored_resource_value(key, data, context)
        data[key] = stored
    if data.get(key) in (None, tk.missing):
        data.pop(key, None)
        raise tk.StopOnError


def _stored_resource_value(key: FlattenKey, data: FlattenDataDict, context: Context) -> Any:
    package = context.get("package")
    resource_id = data.get((key[0], key[1], "id"))
    for resource in package.resources_all if package is not None else []:
        if resource.id == resource_id:
            return (resource.extras or {}).get(key[2])
    return None


def steamcity_cluster_of_protocol(
    key: FlattenKey, data: FlattenDataDict, errors: FlattenErrorDict, context: Context
) -> None:
    """The primary cluster of the protocol, whatever was sent."""
    slug = data.get(("protocol",))
    known = slug in protocols.slugs() if isinstance(slug, str) else False
    data[key] = protocols.load(slug).clusters[0] if known else ""  # type: ignore[arg-type]  # known means str


def steamcity_outcomes_of_hypotheses(
    key: FlattenKey, data: FlattenDataDict, errors: FlattenErrorDict, context: Context
) -> None:
    """The set of outcomes of all hypotheses, as sorted JSON list, whatever was sent."""
    found = {
        value for name, value in data.items() if len(name) == 3 and (name[0], name[2]) == ("hypotheses", "outcome")
    }
    data[key] = json.dumps(sorted(value for value in found if value in OUTCOMES))


def steamcity_operator_only(key: FlattenKey, data: FlattenDataDict, errors: FlattenErrorDict, context: Context) -> None:
    """A field of an organisation that only administrators of the portal change: others keep what is stored."""
    user = model.User.get(context.get("user") or "")
    if context.get("ignore_auth") or (user is not None and user.sysadmin):
        return
    group = context.get("group")
    data[key] = (getattr(group, "extras", None) or {}).get(key[-1], "")
