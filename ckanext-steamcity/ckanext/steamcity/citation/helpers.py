"""Template helpers of the citation plugin."""

from __future__ import annotations

import datetime
import json
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.model import Session
from markupsafe import Markup

from . import config, formats, jsonld, outbox, tombstone
from .model import Version

__all__ = ["steamcity_citation", "steamcity_is_doi", "steamcity_structured_data", "steamcity_version"]


def steamcity_citation(record: dict[str, Any], style: str = "text", language: str = "en") -> str:
    """The citation of a record in a style (text, bib, ris, json) and language; a draft's is dated today."""
    version = Version.by_identifier(record["identifier"])
    if version is not None:
        return formats.render(tombstone.work_of(version), style, language)
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    url = outbox.address(record["identifier"])
    work = formats.work(record, published_at=today, publisher=config.publisher(), url=url)
    return formats.render(work, style, language)


def steamcity_version(package_id: str) -> dict[str, Any] | None:
    """A version's line of the ledger with `record`, `superseded` and `url`, and all `versions` of its concept.

    None for anything that is no published version.
    """
    version = Session.get(Version, package_id)
    if version is None or version.withdrawn:
        return None
    return {
        **version.dictize(),
        "record": version.record,
        "superseded": Version.superseded(version.package_id),
        "url": outbox.address(version.identifier),
        "concept_url": outbox.address(version.concept_identifier),
        "versions": [other.dictize() for other in Version.of_concept(version.concept)],
    }


def steamcity_is_doi() -> bool:
    """Whether identifiers of this portal are DOIs; the page says so when they are not."""
    return config.make_registrar().is_doi


def steamcity_structured_data(package: dict[str, Any]) -> Markup | str:
    """schema.org JSON-LD of a published version, for a script of type application/ld+json; empty for anything else."""
    version = Session.get(Version, package["id"])
    if version is None or version.withdrawn:
        return ""
    data = jsonld.dataset(
        version.record, tombstone.work_of(version), site_url=tk.config["ckan.site_url"], page=_addresses(version)
    )
    text = json.dumps(data, ensure_ascii=False, indent=1)
    # Inside a script element only these could end it.
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704


def _addresses(version: Version) -> dict[str, Any]:
    """Addresses the JSON-LD names."""
    return {
        "url": tk.url_for("experiment.read", id=version.name, _external=True),
        "files": {
            file["id"]: tk.url_for(
                "experiment_resource.download", id=version.package_id, resource_id=file["id"],
                filename=file["name"], _external=True,
            )
            for file in version.record["files"]
        },
    }  # fmt: skip
