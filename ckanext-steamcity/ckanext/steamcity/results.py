"""What the page of a result shows, from the frozen record where there is one. The frame's actions and helpers only."""

from __future__ import annotations

import csv
import io
import json
import re
from functools import lru_cache
from itertools import islice
from statistics import median
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import Context
from ckanext.steamcity import blobs, cards, protocols, quality_summary, wording
from ckanext.steamcity.protocols import charts, units
from ckanext.steamcity.protocols.aggregate import published_column
from ckanext.steamcity.protocols.chart_parts import label_of
from ckanext.steamcity.protocols.model import FLAG_COLUMN, GOOD, Protocol
from ckanext.steamcity.protocols.tableschema import header

# A page draws about 600 points, and no figure changes visibly beyond this; larger tables are thinned evenly.
_MOST_ROWS = 60_000
_PREVIEW = 12
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d(?:\.\d+)?Z")
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?")
_WIDTHS = {"wide": 720, "narrow": 310}


def described(context: Context, dataset: dict[str, Any]) -> dict[str, Any]:
    """Record, versions and figures of an experiment the caller may see."""
    version = _version(context, dataset)
    record = version.get("record") or record_like(dataset)
    versions = _versions(context, version)
    return {
        "dataset": {name: dataset.get(name) for name in ("id", "name", "state", "version", "concept", "identifier")},
        "published": dataset["state"] == "active",
        "record": record,
        "versions": versions,
        "newest": next((other for other in versions if other["state"] == "published"), None),
        "superseded": bool(version.get("superseded")),
        "published_at": version.get("published_at"),
        "quality": _quality(version, dataset),
        "figures": figures(data_file(record), (record.get("protocol") or {}).get("slug")),
    }


def _version(context: Context, dataset: dict[str, Any]) -> dict[str, Any]:
    """The ledger's line of this dataset with its frozen record; empty for a draft, or when citation is not loaded."""
    if dataset["state"] != "active":
        return {}
    try:
        return tk.get_action("steamcity_version_show")(tk.fresh_context(context), {"id": dataset["id"]})
    except (KeyError, tk.ObjectNotFound, tk.NotAuthorized):
        return {}


def _versions(context: Context, version: dict[str, Any]) -> list[dict[str, Any]]:
    if not version.get("concept"):
        return []
    return tk.get_action("steamcity_version_list")(tk.fresh_context(context), {"concept": version["concept"]})


def record_like(dataset: dict[str, Any]) -> dict[str, Any]:
    """A record in the shape of the frozen one, of what is in the package now (drafts, and lists of results)."""
    organization = dataset.get("organization") or {}
    protocol = wording.protocol(dataset.get("protocol"))
    names = ("question", "limits", "city", "school_year", "cluster", "language", "identifier")
    return {
        **{name: dataset.get(name) or "" for name in names},
        **{
            name: {"text": dataset.get(name) or "", "translated": dataset.get(f"{name}_translated") or {}}
            for name in ("title", "finding", "notes")
        },
        **{name: dataset.get(name) or [] for name in ("hypotheses", "instruments", "funders")},
        "version": dataset.get("version"),
        "outcomes": cards.outcomes(dataset),
        "protocol": {"slug": protocol.slug, "titles": protocol.titles} if protocol else None,
        "place": _place(dataset.get("published_place")),
        "period": {"start": dataset.get("period_start"), "end": dataset.get("period_end")},
        "school": {"name": organization.get("name"), "title": organization.get("title") or organization.get("name")},
        "class": {"name": dataset.get("class_name") or "", "level_band": dataset.get("level_band")},
        "creators": [],
        "licence": {"id": dataset.get("license_id")} if dataset.get("license_id") else None,
        "sources": dataset.get("data_licence_sources") or [],
        "attribution": [],
        "quality": None,
        "repairs": [],
        "synthetic": str(dataset.get("synthetic")).lower() == "true",
        "files": [_file(resource) for resource in dataset.get("resources", [])],
    }


def quality(context: Context, dataset: dict[str, Any]) -> dict[str, Any] | None:
    """How good the data are: of a published result as frozen, of a draft as its last accepted file says."""
    return _quality(_version(context, dataset), dataset)


def _quality(version: dict[str, Any], dataset: dict[str, Any]) -> dict[str, Any] | None:
    if version.get("record"):
        return quality_summary.summary(version["record"])
    provenance = _provenance(dataset)
    told = {name: provenance.get(name) for name in ("quality", "repairs", "repairs_count")}
    return quality_summary.summary({**record_like(dataset), **told})


def _provenance(dataset: dict[str, Any]) -> dict[str, Any]:
    """What the check wrote beside the table of a draft."""
    file = next((file for file in dataset.get("resources", []) if file.get("role") == "dictionary"), {})
    try:
        return json.loads(blobs.read(file["sha256"])).get("provenance") or {}
    except (KeyError, FileNotFoundError, ValueError):
        return {}


def _file(resource: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": resource["id"],
        "name": resource.get("name") or str(resource.get("url", "")).rsplit("/", 1)[-1],
        "role": resource.get("role"),
        "sha256": resource.get("sha256"),
        "bytes": resource.get("size"),
        "rows": None,
        "media_type": resource.get("mimetype") or resource.get("format"),
    }


def _place(value: str | None) -> dict[str, Any] | None:
    if not value:
        return None
    try:
        return {"value": value, **tk.get_action("steamcity_place_show")({"ignore_auth": True}, {"place": value})}
    except (KeyError, tk.ObjectNotFound, tk.ValidationError):
        return {"value": value, "name": {}}


def data_file(record: dict[str, Any]) -> str | None:
    """Checksum of the clean table of a record."""
    return next(
        (file["sha256"] for file in record.get("files", []) if file.get("role") == "data" and file.get("sha256")), None
    )


def figures(sha256: str | None, slug: str | None) -> dict[str, Any] | None:
    """Rows, first rows and figures of each measured column of a clean table; None when there is none."""
    protocol = wording.protocol(slug)
    if not sha256 or protocol is None:
        return None
    try:
        return _figures(sha256, protocol.slug, protocol.digest)
    except (FileNotFoundError, ValueError):
        return None


@lru_cache(maxsize=128)
def _figures(sha256: str, slug: str, _digest: str) -> dict[str, Any]:
    protocol, rows = protocols.load(slug), read_rows(sha256)
    names = list(rows[0]) if rows else []
    return {
        "rows": _row_count(sha256),
        "columns": names,
        "preview": rows[:_PREVIEW],
        "has_times": any((column := published_column(protocol, name)) and column.type == "datetime" for name in names),
        "flagged": sum(1 for row in rows if row.get(FLAG_COLUMN) not in (None, GOOD)) / len(rows) if rows else 0,
        "values": [_summary(protocol, name, rows) for name in names if _numeric(protocol, name)],
    }


def _numeric(protocol: Protocol, name: str) -> bool:
    column = published_column(protocol, name)
    return bool(column and column.numeric and column.role == "value")


def _summary(protocol: Protocol, name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    values = [row[name] for row in rows if isinstance(row[name], int | float)]
    lines = protocol.references([name])
    return {
        "column": name,
        "count": len(values),
        "lowest": min(values, default=None),
        "middle": median(values) if values else None,
        "highest": max(values, default=None),
        "references": [
            {
                "titles": line.titles,
                "value": line.value,
                "source": line.source,
                "above": sum(1 for value in values if value > line.value) / len(values),
            }
            for line in lines
            if values
        ],
    }


def _row_count(sha256: str) -> int:
    with blobs.path(sha256).open(encoding="utf-8-sig", newline="") as file:
        return max(sum(1 for _row in csv.reader(file)) - 1, 0)


def read_rows(sha256: str) -> list[dict[str, Any]]:
    """Rows of a clean table, numbers as numbers; at most about 60,000, evenly taken."""
    count = _row_count(sha256)
    step = -(-count // _MOST_ROWS) or 1
    text = io.TextIOWrapper(blobs.path(sha256).open("rb"), "utf-8-sig", newline="")
    with text:
        reader = csv.DictReader(text)
        return [{name: _value(value) for name, value in row.items() if name} for row in islice(reader, 0, None, step)]


def column_values(sha256: str, column: str | None) -> list[float]:
    """The numbers of one column, in the order of the table."""
    return [row[column] for row in read_rows(sha256) if isinstance(row.get(column), int | float)] if column else []


def _value(text: str | None) -> Any:
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() and "." not in text and "e" not in text.lower() else number


@lru_cache(maxsize=64)
def _specs(sha256: str, slug: str, _digest: str, language: str) -> tuple[dict[str, Any], ...]:
    protocol, rows = protocols.load(slug), read_rows(sha256)
    if not rows:
        return ()
    drawn = []
    for index in range(max(1, len(protocol.charts)) if not protocol.aggregate else 1):
        title = charts.words(protocol.charts[index].titles, language) if protocol.charts else protocol.title(language)
        specs = {kind: charts.chart(protocol, rows, language, width, index) for kind, width in _WIDTHS.items()}
        if all(spec["data"]["values"] for spec in specs.values()):
            drawn.append({"title": title, **specs})
    return tuple(drawn)


def chart_specs(record: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """The charts of a record in the reader's language: title, and a specification for wide and for narrow pages."""
    sha256, protocol = data_file(record), wording.protocol((record.get("protocol") or {}).get("slug"))
    if not sha256 or protocol is None:
        return ()
    try:
        return _specs(sha256, protocol.slug, protocol.digest, wording.language())
    except (FileNotFoundError, ValueError, KeyError):
        return ()


def column_header(slug: str, name: str) -> str:
    """Title and unit of a column of a protocol's table."""
    protocol = wording.protocol(slug)
    if name == FLAG_COLUMN:
        return tk._("Quality flag")
    column = published_column(protocol, name) if protocol else None
    return header(column, wording.language()) if column else name


def cell(slug: str, name: str, value: Any) -> str:
    """A value of a protocol's table in the reader's language: choices by their titles, numbers as she writes them,
    moments without seconds (times of tables are UTC, which is said beside them)."""
    if value is None or value == "":
        return ""
    template = wording.protocol(slug)
    column = template.by_name.get(name) if template else None
    if template is not None and column is not None and column.choices:
        return label_of(template, name, value, wording.language())
    if _is_number(value) and (column is None or column.numeric):
        return wording.exact(value)
    moment = _MOMENT.fullmatch(str(value))
    return f"{moment[1]} {moment[2]}" if moment else str(value)


def is_moment(value: Any) -> bool:
    """Whether a value of a table is a moment, as its file says it."""
    return isinstance(value, str) and _MOMENT.fullmatch(value) is not None


def _is_number(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, (int, float)) or (isinstance(value, str) and bool(_NUMBER.fullmatch(value)))


def column_words(slug: str, name: str) -> dict[str, Any]:
    """Title, unit, description and choices of a column in the reader's language."""
    protocol = wording.protocol(slug)
    column = published_column(protocol, name) if protocol else None
    if column is None:
        return {"title": name, "unit": "", "description": "", "choices": []}
    return {
        "title": wording.local(column.titles),
        "unit": units.symbol(column.unit),
        "description": wording.local(column.descriptions),
        "choices": [wording.local(choice.titles) for choice in column.choices],
    }
