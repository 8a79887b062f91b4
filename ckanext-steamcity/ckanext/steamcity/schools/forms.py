"""What the pages of the wizard share: calling actions, errors as sentences, forms as answers. This plugin only."""

from __future__ import annotations

import re
from typing import Any

import ckan.plugins.toolkit as tk


def call(action: str, data: dict[str, Any] | None = None, **context: Any) -> Any:
    """An action as the person who is logged in; refusals become pages."""
    who: Any = {"user": tk.current_user.name, "auth_user_obj": tk.current_user, **context}
    try:
        return tk.get_action(action)(who, data or {})
    except tk.ObjectNotFound as error:
        tk.abort(404, str(error))
    except tk.NotAuthorized as error:
        tk.abort(403, str(error))


def go(step: str, draft_id: str) -> Any:
    return tk.redirect_to("steamcity_schools.step", draft_id=draft_id, step=step)


def entries(form: Any, name: str) -> list[dict[str, str]]:
    """A repeated group of fields: `hypotheses-0-statement` → [{"statement": …}]."""
    found: dict[int, dict[str, str]] = {}
    for key in form:
        match = re.fullmatch(rf"{name}-(\d{{1,2}})-(\w{{1,40}})", key)
        if match:
            found.setdefault(int(match[1]), {})[match[2]] = form[key]
    return [found[index] for index in sorted(found)]


def translations(form: Any, name: str) -> dict[str, str]:
    return {code: form[key] for code in ("en", "fr", "it", "es", "bg") if (key := f"{name}-{code}") in form}


def read_form(step: str, form: Any) -> dict[str, Any]:
    """Answers of a step as they stand in the form."""
    plain = {
        "data": ("period_start", "period_end"),
        "question": ("class_id", "language", "question"),
        "place": ("city", "published_place", "setting"),
        "outcome": ("finding", "limits", "notes"),
        "licence": ("license_id",),
    }
    values: dict[str, Any] = {name: form[name] for name in plain[step] if name in form}
    if step in ("question", "outcome"):
        values["hypotheses"] = entries(form, "hypotheses")
    if step == "question":
        values["partners"] = [one for one in form.getlist("partners") if one]
    if step == "outcome":
        values |= {f"{name}_translated": translations(form, name) for name in ("finding", "notes")}
    if step == "data":
        values["instruments"] = entries(form, "instruments")
        if "pictures_shown" in form:
            values["pictures_seen"] = form.get("pictures_seen", "")
    if step == "licence":
        values["funders"] = entries(form, "funders")
    return values


def sentences(error: tk.ValidationError) -> dict[str, str]:
    """One sentence per field, whatever shape CKAN gave the errors."""
    found = {}
    for field, value in error.error_dict.items():
        if field.startswith("__"):
            continue
        while isinstance(value, dict):
            value = next(iter(value.values()), "")
        texts = value if isinstance(value, list) else [value]
        found[field] = " ".join(str(text) for text in texts if not isinstance(text, dict)) or str(value)
    return found
