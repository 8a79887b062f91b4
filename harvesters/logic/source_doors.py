"""Doors of core and ckanext-harvest through which sources come and go: what the pages of a school's feeds refuse, these
refuse too. Title and words of a source stand above its stations, so nobody's name and number may."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import Context, DataDict
from ckanext.steamcity import net
from ckanext.steamcity.arguments import checked

from .. import choices

_SHOWN = ("title", "notes", "attribution", "title_translated", "notes_translated")
#: Sources, and the datasets that are made of them.
_OURS = ("harvest", "monitoring")


def _look(data_dict: DataDict) -> None:
    errors: dict[str, Any] = {}
    for name in _SHOWN:
        words = data_dict.get(name) or ""
        for text in words.values() if isinstance(words, dict) else (words,):
            if sentence := choices.personal(str(text), name):
                errors[name] = [sentence]
    if sentence := choices.personal(_attribution(data_dict.get("config")), "attribution"):
        errors["config"] = [sentence]
    if _type(data_dict) != "monitoring" and "url" in data_dict and not net.is_address(str(data_dict["url"])):
        errors["url"] = [tk._("Write the whole address of the server: https://…/v1.1")]
    if errors:
        raise tk.ValidationError(errors)


def _attribution(config: Any) -> str:
    try:
        found = json.loads(config) if isinstance(config, str) else config
    except (ValueError, RecursionError):
        return ""  # the form says what is wrong with it
    return str(found.get("attribution") or "") if isinstance(found, dict) else ""


def _type(data_dict: DataDict) -> str:
    package = model.Package.get(str(data_dict.get("id") or ""))
    return package.type if package is not None else str(data_dict.get("type") or "")


@tk.chained_action
def package_create(up_func: Callable[..., Any], context: Context, data_dict: DataDict) -> Any:
    if isinstance(data_dict, dict) and _type(data_dict) in _OURS:
        _look(data_dict)
    return up_func(context, data_dict)


@tk.chained_action
def package_update(up_func: Callable[..., Any], context: Context, data_dict: DataDict) -> Any:
    if isinstance(data_dict, dict) and _type(data_dict) in _OURS:
        _look(data_dict)
        data_dict.pop("status", None)  # a source is shown with it, and nobody writes it
    return up_func(context, data_dict)


@tk.chained_action
@checked
def harvest_source_create(up_func: Callable[..., Any], context: Context, data_dict: DataDict) -> Any:
    return up_func(context, data_dict)


@tk.chained_action
@checked
def harvest_source_update(up_func: Callable[..., Any], context: Context, data_dict: DataDict) -> Any:
    return up_func(context, data_dict)


@tk.chained_action
@checked
def harvest_source_reindex(up_func: Callable[..., Any], context: Context, data_dict: DataDict) -> Any:
    """ckanext-harvest lets everybody write the index."""
    tk.check_access("harvest_source_reindex", context, data_dict)
    return up_func(context, data_dict)


for _chained in (package_create, package_update, harvest_source_create, harvest_source_update):
    _chained.auth_audit_exempt = True  # type: ignore[attr-defined]  # the one above asks
