"""Fields and values of the wizard in words: for conflicts between two windows and for changes. This plugin only."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckanext.steamcity import protocols

from .model import SchoolClass


def label(field: str) -> str:
    """The name of a field as its form shows it; the field itself where it has none."""
    labels = {
        "class_id": tk._("Which class did this?"),
        "class_name": tk._("Class"),
        "level_band": tk._("Level"),
        "school_year": tk._("School year"),
        "language": tk._("In which language do you write?"),
        "question": tk._("The question"),
        "hypotheses": tk._("Hypotheses"),
        "partners": tk._("Partners"),
        "instruments": tk._("What did you measure with?"),
        "period_start": tk._("Measured from"),
        "period_end": tk._("Measured until"),
        "synthetic": tk._("Generated data"),
        "data": tk._("Data"),
        "setting": tk._("Where did you measure?"),
        "city": tk._("City"),
        "published_place": tk._("Neighbourhood"),
        "finding": tk._("The finding, in one sentence"),
        "finding_translated": tk._("The finding in other languages (optional)"),
        "limits": tk._("What these data cannot tell"),
        "notes": tk._("What you did and why"),
        "notes_translated": tk._("What you did and why"),
        "license_id": tk._("Licence"),
        "funders": tk._("Who paid for it? (optional)"),
    }
    return labels.get(field, field)


def setting(name: str) -> str:
    """A place to measure at, as the form asks for it."""
    names = {
        "school": tk._("At school"),
        "home": tk._("At home"),
        "public_space": tk._("Outdoors in public space, at a fixed spot"),
        "walk": tk._("On a walk"),
    }
    return names.get(name, name)


def value(field: str, given: Any) -> str:
    """What a field says, on one or a few lines; a dash when it says nothing."""
    if given in (None, "", [], {}):
        return "–"
    if field in ("city", "published_place"):
        return tk.h.steamcity_place_name(given if ":" in str(given) else f"area:{given}") or str(given)
    if field in _NAMES:
        return _NAMES[field](given)
    if isinstance(given, bool):
        return tk._("yes") if given else tk._("no")
    if isinstance(given, list):
        return "\n".join(_entry(field, one) for one in given)
    if isinstance(given, dict):
        return "\n".join(f"{code}: {text}" for code, text in given.items())
    return str(given)


def _entry(field: str, entry: Any) -> str:
    if not isinstance(entry, dict):
        organization = model.Group.get(str(entry)) if field == "partners" else None
        return (organization.title or organization.name) if organization else str(entry)
    told = {name: tk.h.steamcity_outcome(one) if name == "outcome" else one for name, one in entry.items()}
    return " · ".join(str(one) for one in told.values() if one) or "–"


def _class(given: str) -> str:
    found = SchoolClass.get(given)
    return f"{found.name}, {found.school_year}" if found else "–"


def _licence(given: str) -> str:
    known = protocols.licences().by_id
    return known[given].title if given in known else given


_NAMES = {
    "class_id": _class,
    "level_band": lambda given: tk.h.steamcity_level(given),
    "license_id": _licence,
    "setting": setting,
}
