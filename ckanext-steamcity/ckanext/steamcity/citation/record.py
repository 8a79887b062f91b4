"""The frozen record: everything a version says, with every name resolved at the moment of freezing. This plugin only.

The architecture page lists its parts. It holds no person and no date of publication, so that what a reviewer saw and
what is frozen are the same bytes.
"""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckanext.steamcity import blobs, protocols
from ckanext.steamcity.protocols import picture_sets

from . import canonical, config
from .model import Identifier, Version

SCHEMA = "https://w3id.org/steamcity/record/1"
# Room for "-v999-dictionary-demo.json" within the hundred characters of a file's name.
_LONGEST_CONCEPT = 70
_MEDIA = {"data": "text/csv", "dictionary": "application/json", "repairs": "text/csv", "media": "application/zip"}
# How files of a version end; a draft's are called otherwise until it is published.
_ENDINGS = {
    "data": ".csv", "dictionary": "-dictionary.json", "repairs": "-repairs.csv", "media": "-pictures.zip",
}  # fmt: skip


def build(
    package_id: str, fields: dict[str, Any] | None = None, *, reserving: bool = False
) -> tuple[dict[str, Any], str]:
    """The record this draft would be frozen as, and the SHA-256 of its canonical JSON.

    `fields` stand in for what the package says; identifiers are reserved only when `reserving`, so that looking at a
    draft writes nothing.
    """
    package = {**package_dict(package_id), **(fields or {})}
    identifier = reserve if reserving else coming
    concept = concept_of(package)
    number = next_number(concept)
    files = _files(package, f"{concept}-v{number}")
    dictionary = dictionary_of(package)
    provenance = dictionary.get("provenance") or {}
    place = _place(package.get("published_place"))
    sources = [
        _kept(source, "title", "url", "licence", "attribution") for source in package.get("data_licence_sources") or []
    ]
    record = {
        "schema": SCHEMA,
        "concept": concept,
        "concept_identifier": identifier(f"concept:{concept}"),
        "version": number,
        "identifier": identifier(f"package:{package['id']}"),
        **_told(package),
        "place": place,
        "period": {"start": package.get("period_start") or None, "end": package.get("period_end") or None},
        **_made_by(package),
        "licence": _licence(package.get("license_id")),
        "sources": sources,
        "attribution": [
            text for text in [*(s["attribution"] for s in sources), (place or {}).get("attribution")] if text
        ],
        "quality": provenance.get("quality"),
        "repairs": provenance.get("repairs") or [],
        **_more_repairs(provenance),
        "synthetic": bool(package.get("synthetic")),
        "files": files,
    }
    # As the ledger's jsonb gives it back, so that the checksum can always be computed again.
    record = json.loads(json.dumps(record))
    return record, canonical.sha256(record)


def _more_repairs(provenance: dict[str, Any]) -> dict[str, int]:
    """How many there are, where the record holds the first of them only and a file all."""
    count = provenance.get("repairs_count") or 0
    return {"repairs_count": count} if count > len(provenance.get("repairs") or []) else {}


def _told(package: dict[str, Any]) -> dict[str, Any]:
    """What the class asked, expected and found."""
    return {
        "language": package.get("language") or "en",
        "title": _text(package, "title"),
        "finding": _text(package, "finding"),
        "notes": _text(package, "notes"),
        "protocol": _protocol(package.get("protocol")),
        "cluster": package.get("cluster") or None,
        "question": package.get("question") or "",
        "hypotheses": [
            _kept(h, "statement", "stated_on", "outcome", "reflection") for h in package.get("hypotheses") or []
        ],
        "outcomes": package.get("outcomes") or [],
        "limits": package.get("limits") or "",
        "city": package.get("city") or None,
    }


def _made_by(package: dict[str, Any]) -> dict[str, Any]:
    """Who measured, when at school, with what, paid by whom."""
    return {
        "school_year": package.get("school_year") or None,
        "school": _organization(package.get("owner_org")),
        "class": {"name": package.get("class_name") or "", "level_band": package.get("level_band") or None},
        "creators": _creators(package),
        "instruments": [
            _kept(i, "name", "measures", "accuracy", "calibrated_on") for i in package.get("instruments") or []
        ],
        "funders": [_kept(funder, "name", "award") for funder in package.get("funders") or []],
    }


def package_dict(package_id: str) -> dict[str, Any]:
    """The package from the database, never from the index."""
    context: Any = {"ignore_auth": True, "use_cache": False}
    package = tk.get_action("package_show")(context, {"id": package_id})
    if package["type"] != "experiment":
        raise tk.ValidationError({"id": [tk._("Only results of classes are published as versions.")]})
    return package


def resource_with_role(package: dict[str, Any], role: str) -> dict[str, Any] | None:
    """The file of a draft that plays this role."""
    return next((resource for resource in package["resources"] if resource.get("role") == role), None)


def dictionary_of(package: dict[str, Any]) -> dict[str, Any]:
    """The Table Schema of the draft's table; empty when it has none."""
    resource = resource_with_role(package, "dictionary")
    if not resource or not resource.get("sha256"):
        return {}
    try:
        dictionary = json.loads(blobs.read(resource["sha256"]))
    except (FileNotFoundError, ValueError):
        return {}
    return dictionary if isinstance(dictionary, dict) else {}


def concept_of(package: dict[str, Any]) -> str:
    """The slug that joins all versions: the first draft's own name."""
    if package.get("concept"):
        return package["concept"]
    slug = re.sub(r"(-v\d+)+$", "", package["name"])[:_LONGEST_CONCEPT] or "result"
    others = sa.select(sa.func.count()).where(
        model.Package.name.in_([slug, f"{slug}-v1"]), model.Package.id != package["id"]
    )
    if Version.of_concept(slug) or model.Session.scalar(others):
        slug = f"{slug[: _LONGEST_CONCEPT - 9]}-{package['id'][:8]}"
    return slug


def next_number(concept: str) -> int:
    """The number the next version of a concept gets."""
    versions = Version.of_concept(concept)
    return versions[0].n + 1 if versions else 1


def reserve(target: str) -> str:
    """The identifier of `package:<id>` or `concept:<slug>`, reserved now if it is not yet.

    It has a transaction of its own: a reservation outlives a publication that fails, and the same one is used again.
    """
    engine: Any = model.meta.engine
    with engine.begin() as connection:
        for attempt in range(100):
            known = _reserved(connection, target)
            if known:
                return known
            identifier = _next_identifier(connection, target, attempt)
            connection.execute(
                sa.text(
                    "insert into steamcity_citation_identifier (identifier, target) values (:identifier, :target)"
                    " on conflict do nothing"
                ),
                {"identifier": identifier, "target": target},
            )
    raise RuntimeError(f"no free identifier for {target}")


def coming(target: str) -> str:
    """The identifier that is reserved for a target, or that would be now; nothing is written."""
    connection: Any = model.Session
    known = _reserved(connection, target)
    if known:
        return known
    table = Identifier.__table__
    for attempt in range(100):
        identifier = _next_identifier(connection, target, attempt)
        if connection.execute(sa.select(table.c.target).where(table.c.identifier == identifier)).first() is None:
            return identifier
    raise RuntimeError(f"no free identifier for {target}")


def _reserved(connection: Any, target: str) -> str | None:
    table = Identifier.__table__
    return connection.execute(sa.select(table.c.identifier).where(table.c.target == target)).scalar()


def _next_identifier(connection: Any, target: str, attempt: int) -> str:
    year = connection.execute(sa.select(sa.extract("year", sa.func.timezone("UTC", sa.func.now())))).scalar_one()
    return config.make_registrar().reserve(f"{tk.config['ckan.site_id']}:{target}", int(year), attempt)


def _file_name(resource: dict[str, Any], version: str, synthetic: bool) -> str:
    """The name a file has for ever: of its version, and saying so when it was generated."""
    if resource.get("role") not in _ENDINGS:
        return resource.get("name") or resource["url"].rsplit("/", 1)[-1]
    stem, dot, suffix = _ENDINGS[resource["role"]].rpartition(".")
    return f"{version}{stem}{'-demo' if synthetic else ''}{dot}{suffix}"


def _files(package: dict[str, Any], version: str) -> list[dict[str, Any]]:
    described = []
    schema = {key: value for key, value in dictionary_of(package).items() if key != "provenance"}
    for resource in package["resources"]:
        sha256 = resource.get("sha256")
        if not sha256:
            raise tk.ValidationError({"files": [tk._("Only files kept on this portal can be published.")]})
        if not blobs.intact(sha256):
            raise tk.ValidationError(
                {"files": [tk._("The file {name} is damaged or missing.").format(name=resource.get("name") or "")]}
            )
        role = resource.get("role") or "other"
        described.append(
            {
                "id": resource["id"],
                "name": _file_name(resource, version, bool(package.get("synthetic"))),
                "role": role,
                "sha256": sha256,
                "bytes": blobs.path(sha256).stat().st_size,
                "rows": _rows(sha256) if role in ("data", "repairs") else None,
                "media_type": _MEDIA.get(role) or resource.get("mimetype") or "application/octet-stream",
                "table_schema": schema if role == "data" else None,
                **({"pictures": _pictures(sha256)} if role == "media" else {}),
            }
        )
    return described


def _pictures(sha256: str) -> int:
    """Pictures of a zip."""
    with blobs.path(sha256).open("rb") as file:
        return len(picture_sets.names_in(file))


def _rows(sha256: str) -> int:
    """Rows of a CSV without its header."""
    with blobs.path(sha256).open("rb") as file:
        return max(sum(1 for _ in csv.reader(io.TextIOWrapper(file, "utf-8-sig", newline=""))) - 1, 0)


def _text(package: dict[str, Any], field: str) -> dict[str, Any]:
    translated = package.get(f"{field}_translated")
    return {"text": package.get(field) or "", "translated": translated if isinstance(translated, dict) else {}}


def _kept(item: dict[str, Any], *names: str) -> dict[str, str]:
    return {name: str(item.get(name) or "") for name in names}


def _protocol(slug: str | None) -> dict[str, Any] | None:
    if not slug:
        return None
    protocol = protocols.load(slug)
    return {"slug": slug, "titles": dict(protocol.titles), "digest": protocol.digest}


def _place(value: str | None) -> dict[str, Any] | None:
    if not value:
        return None
    place = tk.get_action("steamcity_place_show")({"ignore_auth": True}, {"place": value})
    names = ("kind", "name", "country", "geometry", "centre", "approximate", "source", "licence", "attribution")
    return {"value": value, **{name: place.get(name) for name in names}}


def _organization(reference: str | None) -> dict[str, Any] | None:
    """Read from the model: core's organization_show counts datasets in the index, which may be away."""
    organization: Any = model.Group.get(reference) if reference else None
    if organization is None or not organization.is_organization:
        return None
    extras = organization.extras or {}
    return {
        "id": organization.id,
        "name": organization.name,
        "title": organization.title or organization.name,
        **{name: extras.get(name) or None for name in ("kind", "city", "country", "website")},
    }


def _creators(package: dict[str, Any]) -> list[dict[str, str]]:
    """Class, school and partners with the names they have now; the class and its school when none is named."""
    given = [(c.get("kind"), c.get("reference")) for c in package.get("creators") or [] if c.get("reference")]
    if not given:
        given = [("class", ""), ("school", package.get("owner_org"))]
    creators = []
    for kind, reference in given:
        if kind == "class":
            name = _class_name(reference) or package.get("class_name")
        else:
            name = (_organization(reference) or {}).get("title")
        if name:
            creators.append({"kind": kind or "partner", "reference": reference or "", "name": name})
    return creators


def _class_name(reference: str | None) -> str | None:
    """The pseudonym in the schools plugin's records, when that plugin is there and knows it."""
    if not reference:
        return None
    try:
        found = tk.get_action("steamcity_class_show")({"ignore_auth": True}, {"id": reference})
    except (KeyError, tk.ObjectNotFound):
        return None
    return found.get("name") or found.get("class_name") or found.get("pseudonym")


def _licence(licence_id: str | None) -> dict[str, str] | None:
    if not licence_id:
        return None
    licence = protocols.licences().by_id.get(licence_id)
    if licence is None:
        return {"id": licence_id, "title": licence_id, "short": licence_id, "url": ""}
    return {"id": licence.id, "title": licence.title, "short": licence.short, "url": licence.url}
