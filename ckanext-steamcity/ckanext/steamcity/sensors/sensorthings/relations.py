"""What the sets are made of, as SQL (pure). Columns that nobody asks for cost nothing: PostgreSQL leaves them out.

Values that are always bound: `hidden` (datasets a stranger may not see), `titles` and `units` (what our codes are
called). Places are those of the deployments, which are the published ones; a finer place is not even in these tables.
"""

from __future__ import annotations

from .entities import AT_PLACE_BOUNDS

#: A station is there for everybody unless the dataset it belongs to is not.
PUBLIC = "coalesce(s.dataset_id, '') <> all(cast(:hidden as text[]))"
_STATION = "s.license_id, s.attribution, s.city, s.provider, s.synthetic"
_TITLE = "coalesce(cast(:titles as jsonb) -> d.property ->> 'en', d.property)"
_UNIT = "cast(:units as jsonb) -> d.unit"
_NOW = """(select n.geom from steamcity_sensors_deployment n
           where n.station_id = d.station_id order by n.valid_from desc limit 1)"""

_THINGS = f"""
    select s.id, s.code as name, s.provider || ', ' || s.attribution as description, s.exposure, s.source_url,
           s.dataset_id, {_STATION}
    from steamcity_sensors_station s where {PUBLIC}
"""  # noqa: S608  fixed words
_PLACES = f"""
    select d.id, d.station_id, d.valid_from, d.geom, d.place, d.areas, s.code as name,
           'application/geo+json' as encoding, n.current, case when n.current then d.station_id end as thing_id
    from steamcity_sensors_deployment d join steamcity_sensors_station s on s.id = d.station_id
    cross join lateral (
        select not exists (select from steamcity_sensors_deployment l
                           where l.station_id = d.station_id and l.valid_from > d.valid_from) as current
    ) n where {PUBLIC}
"""  # noqa: S608  fixed words
_DATASTREAMS = f"""
    select d.id, d.station_id, d.sensor, d.channel, d.property, d.time_source, d.first_time, d.latest_time,
           coalesce(nullif(d.sensor_type, ''), 'unknown') as sensor_id,
           {_TITLE} || ', ' || s.code as name, {_TITLE} || ', ' || s.attribution as description,
           'http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement' as observation_type,
           coalesce({_UNIT} ->> 'name', d.unit) as unit_name, coalesce({_UNIT} ->> 'symbol', d.unit) as unit_symbol,
           'ucum:' || d.unit as unit_definition, {_NOW} as geom, {_STATION}
    from steamcity_sensors_datastream d join steamcity_sensors_station s on s.id = d.station_id where {PUBLIC}
"""  # noqa: S608  fixed words
_SENSORS = f"""
    select coalesce(nullif(d.sensor_type, ''), 'unknown') as id, 'text/plain' as encoding
    from steamcity_sensors_datastream d join steamcity_sensors_station s on s.id = d.station_id
    where {PUBLIC} group by 1
"""  # noqa: S608  fixed words
_PROPERTIES = f"""
    select d.property as id, {_TITLE} as name, 'https://w3id.org/steamcity/property/' || d.property as definition
    from steamcity_sensors_datastream d join steamcity_sensors_station s on s.id = d.station_id
    where {PUBLIC} group by d.property
"""  # noqa: S608  fixed words
# Left out are those of datasets that are not public, by a list that is nearly always empty: a join would take away the
# order in which the index gives them.
_OBSERVATIONS = f"""
    select o.datastream_id, o.phenomenon_time, o.result, o.quality, o.tests, null::timestamptz as result_time,
           (select p.id from ({AT_PLACE_BOUNDS}) p join steamcity_sensors_datastream d on d.station_id = p.station_id
            where d.id = o.datastream_id and o.phenomenon_time >= p.begins and o.phenomenon_time < p.ends) as place_id
    from steamcity_sensors_observation o
    where o.datastream_id <> all(array(
        select d.id from steamcity_sensors_datastream d join steamcity_sensors_station s on s.id = d.station_id
        where not ({PUBLIC})))
"""  # noqa: S608  fixed words

RELATIONS = {
    "Things": _THINGS,
    "Locations": _PLACES,
    "HistoricalLocations": _PLACES,
    "FeaturesOfInterest": _PLACES,
    "Datastreams": _DATASTREAMS,
    "Sensors": _SENSORS,
    "ObservedProperties": _PROPERTIES,
    "Observations": _OBSERVATIONS,
}
_POINT = ("ST_X({c}.geom) as longitude", "ST_Y({c}.geom) as latitude")
_OF_STATION = ("license_id", "attribution", "city", "provider", "synthetic")
#: What is read of each set; `place_id` of observations only where it is asked for.
COLUMNS: dict[str, tuple[str, ...]] = {
    "Things": ("id", "name", "description", "exposure", "source_url", "dataset_id", *_OF_STATION),
    "Locations": ("id", "station_id", "thing_id", "name", "place", "areas", "encoding", *_POINT),
    "HistoricalLocations": ("id", "station_id", "valid_from"),
    "FeaturesOfInterest": ("id", "name", "place", "areas", "encoding", *_POINT),
    "Datastreams": (
        "id", "station_id", "sensor", "channel", "property", "time_source", "first_time", "latest_time", "sensor_id",
        "name", "description", "observation_type", "unit_name", "unit_symbol", "unit_definition", *_POINT, *_OF_STATION,
    ),
    "Sensors": ("id", "encoding"),
    "ObservedProperties": ("id", "name", "definition"),
    "Observations": ("datastream_id", "phenomenon_time", "result", "quality", "tests", "result_time"),
}  # fmt: skip


def columns(name: str, alias: str, more: tuple[str, ...] = ()) -> str:
    """The columns of a set's rows, for a select."""
    return ", ".join(one.format(c=alias) if "{c}" in one else f"{alias}.{one}" for one in (*COLUMNS[name], *more))
