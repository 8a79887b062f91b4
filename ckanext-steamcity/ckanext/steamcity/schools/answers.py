"""What a class answers at each step of the wizard, cleaned and bounded. This plugin only.

A step may be saved half done; what is there must be readable. Errors come as {field: [sentence]}, a field of a list as
`hypotheses-0-statement`, so that the page can put them next to the field.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckanext.steamcity import privacy

from .model import is_partner, valid

STEPS = ("question", "data", "place", "outcome", "licence", "check")
LANGUAGES = ("en", "fr", "it", "es", "bg")
MOST_ENTRIES = 10
MOST_PARTNERS = 3

Errors = dict[str, list[str]]


def _text(longest: int) -> Callable[[Any], str]:
    def clean(value: Any) -> str:
        if not isinstance(value, str):
            raise tk.Invalid(tk._("Write a text here."))
        text = valid("steamcity_plain_text", value.replace("\r\n", "\n")) if len(value) <= 8000 else value
        if len(text) > longest:
            sentence = tk._("This text is too long: {length} characters, at most {limit} are kept.")
            raise tk.Invalid(sentence.format(length=len(text), limit=longest))
        return text

    return clean


def _by(validator: str) -> Callable[[Any], Any]:
    return lambda value: valid(validator, value) if value else ""


def _one_word(value: Any) -> str:
    return _text(100)(value)


def _languages(longest: int) -> Callable[[Any], dict[str, str]]:
    def clean(value: Any) -> dict[str, str]:
        if not isinstance(value, dict) or set(value) - set(LANGUAGES):
            raise tk.Invalid(tk._("Give the texts by language."))
        cleaned = {language: _text(longest)(text) for language, text in value.items()}
        return {language: text for language, text in cleaned.items() if text}

    return clean


def _list_of(
    fields: dict[str, Callable[[Any], Any]], keep_empty: bool = False
) -> Callable[[Any], list[dict[str, Any]]]:
    def clean(value: Any) -> list[dict[str, Any]]:
        if not isinstance(value, list) or len(value) > MOST_ENTRIES or not all(isinstance(one, dict) for one in value):
            raise tk.Invalid(tk._("Give a list of at most {count} entries.").format(count=MOST_ENTRIES))
        found, errors = [], {}
        for index, entry in enumerate(value):
            cleaned, wrong = _fields(fields, entry)
            errors |= {f"{index}-{name}": sentences for name, sentences in wrong.items()}
            if keep_empty or any(cleaned.values()):
                found.append(cleaned)
        if errors:
            raise _InEntriesError(errors)
        return found

    return clean


class _InEntriesError(Exception):
    def __init__(self, errors: Errors) -> None:
        super().__init__()
        self.errors = errors


def _boolean(value: Any) -> bool:
    return value in (True, "true", "on", "1", 1)


def _partners(value: Any) -> list[str]:
    """Ids of those who helped: organisations of the portal that are no schools."""
    if not isinstance(value, list) or len(value) > MOST_PARTNERS:
        raise tk.Invalid(tk._("Name at most {count} partners.").format(count=MOST_PARTNERS))
    found = []
    for reference in value:
        organization = model.Group.get(reference) if isinstance(reference, str) and reference else None
        if organization is None or not is_partner(organization):
            raise tk.Invalid(tk._("Choose partners from the list: schools and strangers to this portal are none."))
        found.append(organization.id)
    return list(dict.fromkeys(found))


def _setting(value: Any) -> str:
    if value and value not in privacy.SETTINGS:
        raise tk.Invalid(tk._("Choose where you measured from the list."))
    return value or ""


def _marks(value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) > 200:
        raise tk.Invalid(tk._("Give a list of at most {count} entries.").format(count=200))
    return [mark for mark in value if isinstance(mark, str) and len(mark) <= 64]


_INSTRUMENT = {
    "name": _text(200), "measures": _text(200), "accuracy": _text(200), "calibrated_on": _by("steamcity_day"),
}  # fmt: skip
_FIELDS: dict[str, dict[str, Callable[[Any], Any]]] = {
    "question": {
        "class_id": _one_word,
        "language": _by("steamcity_language"),
        "question": _text(1000),
        "hypotheses": _list_of({"statement": _text(500), "stated_on": _by("steamcity_day")}),
        "partners": _partners,
    },
    # The days are asked for only where the table has no times.
    "data": {
        "instruments": _list_of(_INSTRUMENT),
        "synthetic": _boolean,
        # Which pictures somebody has looked at: "nobody can be recognised" (pictures.mark).
        "pictures_seen": _one_word,
        "period_start": _by("steamcity_day"),
        "period_end": _by("steamcity_day"),
    },
    "place": {"city": _one_word, "published_place": _by("steamcity_place"), "setting": _setting},
    "outcome": {
        "hypotheses": _list_of({"outcome": _by("steamcity_outcome"), "reflection": _text(4000)}, keep_empty=True),
        "finding": _text(200),
        "finding_translated": _languages(200),
        "limits": _text(4000),
        "notes": _text(8000),
        "notes_translated": _languages(8000),
    },
    "licence": {
        "license_id": _by("steamcity_licence"),
        "funders": _list_of({"name": _text(200), "award": _text(200)}),
    },
    # Marks of uncertain findings a teacher has looked at: "this is no person".
    "check": {"no_person": _marks},
}


def _fields(fields: dict[str, Callable[[Any], Any]], given: dict[str, Any]) -> tuple[dict[str, Any], Errors]:
    cleaned: dict[str, Any] = {}
    errors: Errors = {}
    for name, clean in fields.items():
        if name not in given or given[name] is None:
            continue
        try:
            cleaned[name] = clean(given[name])
        except _InEntriesError as error:
            errors |= {f"{name}-{field}": sentences for field, sentences in error.errors.items()}
        except tk.Invalid as error:
            errors[name] = [error.error]
    return cleaned, errors


def clean(given: Any) -> dict[str, dict[str, Any]]:
    """Answers by step, cleaned; tk.ValidationError when one cannot be kept. What is not an answer is left out."""
    if not isinstance(given, dict) or set(given) - set(STEPS):
        raise tk.ValidationError(
            {"answers": [tk._("Answers are kept by step: {steps}.").format(steps=", ".join(STEPS))]}
        )
    cleaned: dict[str, dict[str, Any]] = {}
    errors: Errors = {}
    for step, values in given.items():
        if not isinstance(values, dict):
            errors[step] = [tk._("Give the answers of this step by field.")]
            continue
        cleaned[step], wrong = _fields(_FIELDS[step], values)
        errors |= wrong
    if errors:
        raise tk.ValidationError(errors)  # type: ignore[arg-type]  # sentences by field is what it takes
    return cleaned


def merge(before: dict[str, Any], new: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Stored answers with those of the given steps replaced, field by field."""
    merged = {step: dict(values) for step, values in before.items() if step in STEPS}
    for step, values in new.items():
        merged[step] = {**merged.get(step, {}), **values}
    statements = len(merged.get("question", {}).get("hypotheses", []))
    outcome = merged.get("outcome", {})
    if len(outcome.get("hypotheses", [])) > statements:
        outcome["hypotheses"] = outcome["hypotheses"][:statements]
    return merged
