"""What the citation plugin adds to the index and to searches. This plugin only."""

from __future__ import annotations

import re
from typing import Any

from .model import Version

# Somebody who names a dataset, a concept or the flag itself wants to see older versions too.
_ASKED = re.compile(r"(?<![\w])(?:id|name|identifier|concept|steamcity_superseded):")


def before_dataset_index(document: dict[str, Any]) -> dict[str, Any]:
    """Mark superseded versions, and take withdrawn ones out of every search."""
    if document.get("dataset_type") != "experiment" or document.get("state") == "draft":
        return document
    version = Version.get(document["id"])
    superseded = version is not None and (version.withdrawn or Version.superseded(version.package_id))
    document["steamcity_superseded"] = superseded
    if version is not None and version.withdrawn:
        # Core's searches ask for active, draft or deleted: this is none of them, for members and sysadmins alike.
        document["state"] = "withdrawn"
    return document


def before_dataset_search(parameters: dict[str, Any]) -> dict[str, Any]:
    """Leave superseded versions out unless they are asked for."""
    extras = parameters.get("extras") or {}
    asked = [
        str(parameters.get("q") or ""),
        str(parameters.get("fq") or ""),
        *map(str, parameters.get("fq_list") or []),
    ]
    if extras.get("ext_all_versions") or any(_ASKED.search(text) for text in asked):
        return parameters
    parameters["fq_list"] = [*(parameters.get("fq_list") or []), "-steamcity_superseded:true"]
    return parameters
