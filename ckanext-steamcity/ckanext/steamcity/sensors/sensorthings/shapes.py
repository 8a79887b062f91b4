"""Rows become entities as JSON (pure): properties, links, nothing else. No name of a person is in any of the rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import quote

from ckanext.steamcity import quality
from ckanext.steamcity.stamps import stamp

from .entities import SETS, EntitySet
from .keys import observation_id

#: What a server says it fulfils; `data-array` is not among it, because that also means writing.
CONFORMANCE = [
    f"http://www.opengis.net/spec/iot_sensing/1.1/{part}"
    for part in ("datamodel", "resource-path/resource-path-to-entities", "request-data")
]


class Frame(NamedTuple):
    """What rows don't know: the service's address, names of properties by language, the page of a station."""

    root: str
    titles: dict[str, dict[str, str]]
    page: Callable[[str], str]


def bracketed(key: Any) -> str:
    """A key as it stands in an address."""
    return f"({key})" if isinstance(key, int) else "('" + quote(str(key).replace("'", "''"), safe="'") + "')"


def address(root: str, of: EntitySet, key: Any) -> str:
    """The address of an entity."""
    return f"{root}/{of.name}{bracketed(key)}"


def identifier(of: EntitySet, row: dict[str, Any]) -> Any:
    return observation_id(row["datastream_id"], row["phenomenon_time"]) if of.key == "observation" else row["id"]


def entity(frame: Frame, of: EntitySet, row: dict[str, Any], select: tuple[str, ...] = ()) -> dict[str, Any]:
    """One entity; with `select` only what it names."""
    key = identifier(of, row)
    link = address(frame.root, of, key)
    shown: dict[str, Any] = {}
    if not select or "id" in select:
        shown |= {"@iot.id": key, "@iot.selfLink": link}
    values = PROPERTIES[of.name](frame, row)
    shown |= {name: value for name, value in values.items() if not select or name in select}
    for name in of.links:
        if not select or name in select:
            shown[f"{name}@iot.navigationLink"] = f"{link}/{name}"
    return shown


def _origin(row: dict[str, Any]) -> dict[str, Any]:
    shown = {"license": row["license_id"], "attribution": row["attribution"], "provider": row["provider"]}
    if row["city"]:
        shown["city"] = row["city"]
    return shown | {"synthetic": row["synthetic"]}


def _thing(frame: Frame, row: dict[str, Any]) -> dict[str, Any]:
    about = {"exposure": row["exposure"]} | _origin(row)
    about |= {"page": frame.page(row["id"])}
    if row["dataset_id"]:
        about["dataset"] = row["dataset_id"]
    if row["source_url"]:
        about["source"] = row["source_url"]
    return {"name": row["name"], "description": row["description"], "properties": about}


def _point(row: dict[str, Any]) -> dict[str, Any] | None:
    if row["longitude"] is None:
        return None
    return {"type": "Point", "coordinates": [row["longitude"], row["latitude"]]}


def _place(geometry: str) -> Callable[[Frame, dict[str, Any]], dict[str, Any]]:
    def shown(_frame: Frame, row: dict[str, Any]) -> dict[str, Any]:
        return {
            "name": row["name"],
            "description": row["place"],
            "encodingType": row["encoding"],
            geometry: _point(row),
            "properties": {"place": row["place"], "areas": row["areas"]},
        }

    return shown


def _historical(_frame: Frame, row: dict[str, Any]) -> dict[str, Any]:
    return {"time": stamp(row["valid_from"])}


def _datastream(_frame: Frame, row: dict[str, Any]) -> dict[str, Any]:
    about = {"sensor": row["sensor"], "channel": row["channel"], "timeSource": row["time_source"]}
    shown: dict[str, Any] = {
        "name": row["name"],
        "description": row["description"],
        "observationType": row["observation_type"],
        "unitOfMeasurement": {
            "name": row["unit_name"],
            "symbol": row["unit_symbol"],
            "definition": row["unit_definition"],
        },
    }
    if (area := _point(row)) is not None:
        shown["observedArea"] = area
    if row["first_time"] and row["latest_time"]:
        shown["phenomenonTime"] = f"{stamp(row['first_time'])}/{stamp(row['latest_time'])}"
    return shown | {"properties": about | _origin(row)}


def _sensor(_frame: Frame, row: dict[str, Any]) -> dict[str, Any]:
    name = row["id"]
    return {"name": name, "description": name, "encodingType": row["encoding"], "metadata": name}


def _observed_property(frame: Frame, row: dict[str, Any]) -> dict[str, Any]:
    titles = frame.titles.get(row["id"], {})
    return {
        "name": row["name"],
        "definition": row["definition"],
        "description": row["name"],
        "properties": {"titles": titles},
    }


#: What an observation holds, each by itself: a `dataArray` of thousands makes only what is asked for.
_CELLS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "phenomenonTime": lambda row: stamp(row["phenomenon_time"]),
    "resultTime": lambda _row: None,  # no network says when a result was made, other than when it was observed
    "result": lambda row: row["result"],
    "resultQuality": lambda row: [{"nameOfMeasure": "QARTOD", "DQ_Result": {"code": row["quality"]}}],
    "parameters": lambda row: {"quality": row["quality"], "tests": quality.test_names(row["tests"])},
}


def _observation(_frame: Frame, row: dict[str, Any]) -> dict[str, Any]:
    return {name: cell(row) for name, cell in _CELLS.items()}


PROPERTIES: dict[str, Callable[[Frame, dict[str, Any]], dict[str, Any]]] = {
    "Things": _thing,
    "Locations": _place("location"),
    "HistoricalLocations": _historical,
    "Datastreams": _datastream,
    "Sensors": _sensor,
    "ObservedProperties": _observed_property,
    "Observations": _observation,
    "FeaturesOfInterest": _place("feature"),
}


def data_array(frame: Frame, rows: list[dict[str, Any]], select: tuple[str, ...]) -> list[dict[str, Any]]:
    """Observations as `dataArray`: a group for each datastream, in the order in which they come."""
    cells = {"id": lambda row: observation_id(row["datastream_id"], row["phenomenon_time"])} | _CELLS
    components = [name for name in select or cells if name in cells]
    wanted = [cells[name] for name in components]
    groups: dict[int, list[list[Any]]] = {}
    for row in rows:
        groups.setdefault(row["datastream_id"], []).append([cell(row) for cell in wanted])
    return [
        {
            "Datastream@iot.navigationLink": address(frame.root, SETS["Datastreams"], stream),
            "components": components,
            "dataArray@iot.count": len(found),
            "dataArray": found,
        }
        for stream, found in groups.items()
    ]


def service_root(root: str) -> dict[str, Any]:
    return {
        "value": [{"name": name, "url": f"{root}/{name}"} for name in SETS],
        "serverSettings": {"conformance": CONFORMANCE},
    }
