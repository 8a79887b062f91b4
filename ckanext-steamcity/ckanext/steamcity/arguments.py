"""What reaches an action is looked at first: a name is a text, and no text has a sign the database refuses.

For the frame and every feature. Actions of ours carry `@checked`; chained ones of core call `check` first. What is of
the wrong type is the caller's mistake and is said so, and never an error of the portal.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import ckan.plugins.toolkit as tk
from sqlalchemy import Row

_P = ParamSpec("_P")
_R = TypeVar("_R")
# Parameters that name something: whatever else is sent in their place is a mistake.
NAMES = {
    "id", "name", "name_or_id", "package_id", "resource_id", "dataset_id", "source_id", "owner_org",
    "organization_id", "org_id", "group_id", "user_id", "school", "class_id", "reviewer", "protocol", "concept",
    "feed", "station", "place", "city", "country", "parent", "kind", "cluster", "property", "language", "sha256",
    "type", "level_band", "school_year", "filename", "run_id", "digest", "vocabulary_id",
}  # fmt: skip
_NUMBERS = frozenset(("limit", "offset", "rows", "start", "per_page", "first_rows"))
_FLAGS = frozenset((
    "mine", "wait", "dry_run", "facet", "include_private", "include_drafts", "include_deleted", "use_default_schema",
    "same_logger",
))  # fmt: skip
# What is empty and no text would slip through the checks of texts: CKAN passes empty lists over.
_TEXTS = frozenset(("from", "to", "after", "active_since", "near", "area", "polygon", "year", "radius"))
_LARGEST_NUMBER = 2**31 - 1
_LONGEST_NAME = 2000
_DEEPEST = 20


def check(data_dict: Any) -> None:
    """Refuse (ValidationError) names that are no texts, and texts PostgreSQL cannot hold."""
    if data_dict is None:
        return
    if not isinstance(data_dict, dict):
        raise tk.ValidationError({"data": [tk._("Give the parameters as an object.")]})
    errors = {}
    for key, value in list(data_dict.items()):
        if key in NAMES and isinstance(value, Row) and len(value) == 1:
            # Core hands itself rows of a query where it means their only column; no request can hold one.
            data_dict[key] = value = value[0]
        if (sentence := _mistake(key, value)) is not None:
            errors[str(key)[:200].encode(errors="replace").decode().replace("\x00", "")] = [sentence]
    if errors:
        raise tk.ValidationError(errors)  # type: ignore[arg-type]  # sentences by field is what it takes


def _mistake(key: Any, value: Any) -> str | None:
    if value is None or value is tk.missing:
        return None
    if key in NAMES and not isinstance(value, str):
        return tk._("Write a text here.")
    if key in NAMES and len(value) > _LONGEST_NAME:
        return tk._("This is too long to be a name.")
    if key in _NUMBERS and not _is_number(value):
        return tk._("Write a number here.")
    if key in _TEXTS and value in ([], {}):
        return tk._("Write a text here.")
    if key in _FLAGS and not _is_flag(value):
        return tk._("Write true or false here.")
    return None if _storable(value) else tk._("This text has a sign that cannot be stored.")


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= 10
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST_NUMBER


def _is_flag(value: Any) -> bool:
    try:
        tk.asbool(value)
    except ValueError:
        return False
    return True


def _storable(value: Any, depth: int = 0) -> bool:
    if isinstance(value, str):
        return "\x00" not in value and not any("\ud800" <= sign <= "\udfff" for sign in _odd(value))
    if isinstance(value, dict):
        return depth < _DEEPEST and all(_storable(key) and _storable(one, depth + 1) for key, one in value.items())
    if isinstance(value, list):
        return depth < _DEEPEST and all(_storable(one, depth + 1) for one in value)
    return True


def _odd(value: str) -> str:
    """Nothing for most texts, so that a long table is not walked sign by sign."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return value
    return ""


def checked(action: Callable[_P, _R]) -> Callable[_P, _R]:
    """Look at what an action is given before it begins."""

    @functools.wraps(action)
    def looked_at(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        check(args[-1] if args else {})
        return action(*args, **kwargs)

    return looked_at
