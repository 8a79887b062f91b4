"""Load templates and vocabularies from ``ckanext.steamcity.schemas``; nothing is read before it is asked for."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import yaml

from .model import Aggregate, Chart, Choice, Cluster, Column, Protocol, ReferenceLine

SCHEMAS = "ckanext.steamcity.schemas"
# libyaml is ten times faster; 25 templates must not cost a page its second.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_STUCK_ROWS = 36


def _folder() -> Traversable:
    return files(SCHEMAS)


def read_yaml(name: str) -> Any:
    """A data file of ours by its path inside schemas/."""
    return yaml.load((_folder() / name).read_bytes(), _Loader)  # noqa: S506  a safe loader


@cache
def slugs() -> list[str]:
    """Every protocol's slug, sorted."""
    found = (entry.name for entry in (_folder() / "protocols").iterdir())
    return sorted(name.removesuffix(".yaml") for name in found if name.endswith(".yaml"))


@cache
def load(slug: str) -> Protocol:
    """One protocol. KeyError when there is none of that name."""
    if not _SLUG.fullmatch(slug):
        raise KeyError(slug)
    try:
        raw = (_folder() / "protocols" / f"{slug}.yaml").read_bytes()
    except FileNotFoundError:
        raise KeyError(slug) from None
    return build(yaml.load(raw, _Loader), hashlib.sha256(raw).hexdigest())  # noqa: S506


@cache
def clusters() -> list[Cluster]:
    return [Cluster(**{**entry, "leaders": tuple(entry["leaders"])}) for entry in read_yaml("clusters.yaml")]


@cache
def terms() -> dict[str, dict[str, dict[str, str]]]:
    """Shared words: subjects, skills, shapes, levels, cost_bands."""
    return read_yaml("terms.yaml")


@cache
def observed_properties() -> dict[str, dict[str, Any]]:
    return {entry["id"]: entry for entry in read_yaml("observed_properties.yaml")}


def build(data: dict[str, Any], digest: str = "") -> Protocol:
    """A protocol object from a template's data (already valid against protocol.schema.json)."""
    lists = ("alt_titles", "clusters", "skills", "subjects", "materials", "checks", "other_shapes", "other_settings")
    aggregate = data.get("aggregate")
    return Protocol(
        **{
            **data,
            **{key: tuple(data.get(key, ())) for key in lists},
            "columns": tuple(_column(entry, data["shape"]) for entry in data["columns"]),
            "charts": tuple(Chart(**{**entry, "y": tuple(entry["y"])}) for entry in data["charts"]),
            "reference_lines": tuple(ReferenceLine(**entry) for entry in data["reference_lines"]),
            "aggregate": Aggregate(tuple(aggregate["group_by"]), aggregate["minimum_group"]) if aggregate else None,
        },
        digest=digest,
        data=data,
    )


def _column(entry: dict[str, Any], shape: str) -> Column:
    given = dict(entry)
    if "frozen_rows" not in given and shape == "time_series" and given["type"] == "number" and given["role"] == "value":
        given["frozen_rows"] = _STUCK_ROWS
    for key in ("aliases", "examples", "source_units"):
        given[key] = tuple(given.get(key, ()))
    given["choices"] = tuple(
        Choice(choice["value"], choice["titles"], tuple(choice.get("aliases", ())))
        for choice in given.get("choices", ())
    )
    return Column(**given)
