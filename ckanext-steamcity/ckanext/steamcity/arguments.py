"""What reaches an action is looked at before anything else: a name is a text, and no text has a sign the database refuses.

For the frame and every feature. Actions of ours carry `@checked`; chained ones of core call `check` first. What is of
the wrong type is the caller's mistake and is said so, and never an error of the portal.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import ckan.plugins.toolkit as tk

_P = ParamSpec("_P")
_R = TypeVar("_R")
# Parameters that name something: whatever else is sent in their place is a mistake.
NAMES = frozenset(
    (
        "id name name_or_id package_id resource_id dataset_id source_id owner_org organization_id org_id group_id user_id "
        "school class_id reviewer protocol concept feed station place city country parent kind cluster property language "
        "sha256 type level_band school_year filename run_id digest"
    ).split()
)
_LONGEST_NAME = 2000
_DEEPEST = 20


def check(data_dict: Any) -> None:
    """Refuse (ValidationError) names that are no texts, and texts PostgreSQL cannot hold."""
    if data_dict is None:
        return
    if not isinstance(data_dict, dict):
        raise tk.ValidationError({"data": [tk._("Give the parameters as an object.")]})
    errors = {}
    for key, value in data_dict.items():
        if key in NAMES and value is not None and value is not tk.missing and not isinstance(value, str):
            errors[key] = [tk._("Write a text here.")]
        elif key in NAMES and isinstance(value, str) and len(value) > _LONGEST_NAME:
            errors[key] = [tk._("This is too long to be a name.")]
        elif not _storable(value):
            errors[str(key)[:200].replace("\x00", "")] = [tk._("This text has a sign that cannot be stored.")]
    if errors:
        raise tk.ValidationError(errors)  # type: ignore[arg-type]  # sentences by field is what it takes


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
