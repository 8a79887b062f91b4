"""The entities of SensorThings 1.1, their properties and how they hang together, in words of our tables (pure).

A column is one of the set's relation in `statements.py`. A link's condition holds between a row `{c}` of the target
and the value `{key}` of the column `here`.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Property:
    """kind: text integer number time interval geo json boolean observation; `parts`: what filters may ask of JSON."""

    kind: str
    column: str = ""
    parts: dict[str, Property] = field(default_factory=dict)


@dataclass(frozen=True)
class Link:
    target: str
    many: bool
    here: str
    there: str
    condition: str = ""

    def holds(self, alias: str, key: str) -> str:
        return (self.condition or f"{{c}}.{self.there} = {{key}}").format(c=alias, key=key)


@dataclass(frozen=True)
class EntitySet:
    name: str
    kind: str
    key: str
    properties: dict[str, Property]
    links: dict[str, Link]


def _texts(**columns: str) -> dict[str, Property]:
    return {name: Property("text", column) for name, column in columns.items()}


_ORIGIN = _texts(license="license_id", attribution="attribution", city="city", provider="provider") | {
    "synthetic": Property("boolean", "synthetic")
}
_PLACE = _texts(place="place")
# A value belongs to the place where its station stood then; what is older than the first known place belongs to that.
_AT_PLACE = """{{c}}.datastream_id = any(array(
        select x.id from steamcity_sensors_datastream x
        join steamcity_sensors_deployment p on p.station_id = x.station_id where p.id = {{key}}))
    and {{c}}.phenomenon_time >= (select p.begins from ({places}) p where p.id = {{key}})
    and {{c}}.phenomenon_time < (select p.ends from ({places}) p where p.id = {{key}})"""
AT_PLACE_BOUNDS = """
    select d.id, d.station_id,
           case when exists (select from steamcity_sensors_deployment b
                             where b.station_id = d.station_id and b.valid_from < d.valid_from)
                then d.valid_from else '-infinity' end as begins,
           coalesce((select min(n.valid_from) from steamcity_sensors_deployment n
                     where n.station_id = d.station_id and n.valid_from > d.valid_from), 'infinity') as ends
    from steamcity_sensors_deployment d
"""

SETS: dict[str, EntitySet] = {
    one.name: one
    for one in (
        EntitySet(
            "Things",
            "Thing",
            "text",
            {
                "name": Property("text", "name"),
                "description": Property("text", "description"),
                "properties": Property("json", "", _texts(exposure="exposure", dataset="dataset_id") | _ORIGIN),
            },
            {
                "Datastreams": Link("Datastreams", True, "id", "station_id"),
                "Locations": Link("Locations", True, "id", "station_id", "{c}.station_id = {key} and {c}.current"),
                "HistoricalLocations": Link("HistoricalLocations", True, "id", "station_id"),
            },
        ),
        EntitySet(
            "Locations",
            "Location",
            "integer",
            {
                "name": Property("text", "name"),
                "description": Property("text", "place"),
                "encodingType": Property("text", "encoding"),
                "location": Property("geo", "geom"),
                "properties": Property("json", "", _PLACE),
            },
            {
                "Things": Link("Things", True, "thing_id", "id"),
                "HistoricalLocations": Link("HistoricalLocations", True, "id", "id"),
            },
        ),
        EntitySet(
            "HistoricalLocations",
            "HistoricalLocation",
            "integer",
            {"time": Property("time", "valid_from")},
            {
                "Thing": Link("Things", False, "station_id", "id"),
                "Locations": Link("Locations", True, "id", "id"),
            },
        ),
        EntitySet(
            "Datastreams",
            "Datastream",
            "integer",
            {
                "name": Property("text", "name"),
                "description": Property("text", "description"),
                "observationType": Property("text", "observation_type"),
                "unitOfMeasurement": Property(
                    "json", "", _texts(name="unit_name", symbol="unit_symbol", definition="unit_definition")
                ),
                "observedArea": Property("geo", "geom"),
                "phenomenonTime": Property("interval", "first_time latest_time"),
                "properties": Property(
                    "json", "", _texts(sensor="sensor", channel="channel", timeSource="time_source") | _ORIGIN
                ),
            },
            {
                "Thing": Link("Things", False, "station_id", "id"),
                "Sensor": Link("Sensors", False, "sensor_id", "id"),
                "ObservedProperty": Link("ObservedProperties", False, "property", "id"),
                "Observations": Link("Observations", True, "id", "datastream_id"),
            },
        ),
        EntitySet(
            "Sensors",
            "Sensor",
            "text",
            {
                "name": Property("text", "id"),
                "description": Property("text", "id"),
                "encodingType": Property("text", "encoding"),
                "metadata": Property("text", "id"),
            },
            {"Datastreams": Link("Datastreams", True, "id", "sensor_id")},
        ),
        EntitySet(
            "ObservedProperties",
            "ObservedProperty",
            "text",
            {
                "name": Property("text", "name"),
                "definition": Property("text", "definition"),
                "description": Property("text", "name"),
                "properties": Property("json"),
            },
            {"Datastreams": Link("Datastreams", True, "id", "property")},
        ),
        EntitySet(
            "Observations",
            "Observation",
            "observation",
            {
                "phenomenonTime": Property("time", "phenomenon_time"),
                "resultTime": Property("time", "result_time"),
                "result": Property("number", "result"),
                "resultQuality": Property("json"),
                "parameters": Property("json", "", {"quality": Property("integer", "quality")}),
            },
            {
                "Datastream": Link("Datastreams", False, "datastream_id", "id"),
                "FeatureOfInterest": Link("FeaturesOfInterest", False, "place_id", "id"),
            },
        ),
        EntitySet(
            "FeaturesOfInterest",
            "FeatureOfInterest",
            "integer",
            {
                "name": Property("text", "name"),
                "description": Property("text", "place"),
                "encodingType": Property("text", "encoding"),
                "feature": Property("geo", "geom"),
                "properties": Property("json", "", _PLACE),
            },
            {"Observations": Link("Observations", True, "id", "", _AT_PLACE.format(places=AT_PLACE_BOUNDS.strip()))},
        ),
    )
}
