"""What of an account stays out of public answers. Used by the frame's plugin only.

CKAN names the account that made a dataset in every answer about it. For datasets of our types that is left out: a
result is made by a class and a school, not by an account.
"""

from __future__ import annotations

import json
import re
from typing import Any

import ckan.plugins.toolkit as tk

OUR_TYPES = ("experiment", "monitoring")
_OF_AN_ACCOUNT = ("creator_user_id", "author", "author_email", "maintainer", "maintainer_email")


# `{!…}` before a name would set the parameters of its own count.
_NAME_OF_A_FIELD = re.compile(r"[\w.-]+")
_BOX = re.compile(",".join([r"\s*(-?\d{1,3}(?:\.\d{1,20})?)\s*"] * 4))


def before_dataset_search(parameters: dict[str, Any]) -> dict[str, Any]:
    """Count only what was found. Asked for counts of zero, Solr lists every word of its index, those of drafts too."""
    parameters["extras"] = _extras(parameters.get("extras"))
    parameters["facet.mincount"] = max(1, int(parameters.get("facet.mincount") or 1))
    if fields := parameters.get("facet.field"):
        parameters["facet.field"] = [name for name in fields if _NAME_OF_A_FIELD.fullmatch(str(name))]
    return parameters


def _extras(value: Any) -> dict[str, Any]:
    """What extensions are asked for beside the query: in an address it can only be JSON. A box counts from any two
    corners. Raises ValidationError for what is no object."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = [value]
    if not isinstance(value or {}, dict):
        raise tk.ValidationError({"extras": [tk._("Give the parameters as an object.")]})
    extras = dict(value or {})
    if box := _BOX.fullmatch(str(extras.get("ext_bbox") or "")):
        west, south, east, north = (float(number) for number in box.groups())
        if west > east or south > north:
            corners = (min(west, east), min(south, north), max(west, east), max(south, north))
            extras["ext_bbox"] = ",".join(str(number) for number in corners)
    return extras


def without_account(dataset: dict[str, Any]) -> None:
    """Take what names an account or a person out of a dataset of ours, in place."""
    if dataset.get("type") in OUR_TYPES:
        for name in _OF_AN_ACCOUNT:
            dataset.pop(name, None)


def after_dataset_show(dataset: dict[str, Any]) -> None:
    """The same for one dataset; what only cards show stays in the index."""
    without_account(dataset)
    dataset.pop("steamcity_glance", None)


def after_dataset_search(results: dict[str, Any]) -> dict[str, Any]:
    """The same for every hit of a search."""
    for dataset in results.get("results", ()):
        if isinstance(dataset, dict):
            without_account(dataset)
    return results
