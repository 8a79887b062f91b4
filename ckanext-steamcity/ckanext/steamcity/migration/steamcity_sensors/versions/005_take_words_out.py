"""Words of a source that earlier versions kept as the type of a sensor, or in the cursor of a run, are taken out: people
write names there.

Revision ID: steamcity_sensors_005
Revises: steamcity_sensors_004
"""
from __future__ import annotations

import json
import re
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "steamcity_sensors_005"
down_revision = "steamcity_sensors_004"
branch_labels = None
depends_on = None

#: Types of sensors as they are called when this is written; whatever else is there is `unknown` from now on.
_TYPES = (
    "SDS011", "SDS018", "SDS021", "SDS198", "PMS1003", "PMS3003", "PMS5003", "PMS5003ST", "PMS6003", "PMS7003",
    "PMSA003", "PMSA003I", "SPS30", "HPM", "HPMA115S0", "NEXTPM", "IPS-7100", "PPD42NS", "GP2Y1010AU0F", "GP2Y1014AU0F",
    "SEN44", "SEN50", "SEN54", "SEN55", "SEN66",
    "DHT11", "DHT12", "DHT20", "DHT21", "DHT22", "AM2301", "AM2302", "AM2315", "AM2320", "AHT10", "AHT20", "AHT21",
    "BME280", "BME680", "BME688", "BMP085", "BMP180", "BMP280", "BMP388", "BMP390", "DPS310", "DPS368", "LPS22HB",
    "LPS25HB", "MS5611", "MPL3115A2", "HDC1000", "HDC1008", "HDC1010", "HDC1050", "HDC1080", "HDC2010", "HDC2080",
    "HTU21D", "SI7021", "SHT10", "SHT11", "SHT15", "SHT20", "SHT21", "SHT30", "SHT31", "SHT35", "SHT40", "SHT41",
    "SHT45", "SHT75", "SHT85", "SHTC3", "DS18B20", "DS18S20", "LM35", "LM75", "TMP36", "TMP102", "TMP117", "MCP9808",
    "MLX90614", "MLX90640", "PT100", "PT1000", "MAX31855", "MAX31865",
    "TSL2561", "TSL2591", "TSL4531", "TSL45315", "BH1750", "BH1750FVI", "VEML6070", "VEML6075", "VEML7700", "LTR-303",
    "LTR-308", "LTR-329", "LTR-390", "MAX44009", "OPT3001", "SI1145", "GUVA-S12SD", "AS7262", "AS7265X",
    "SCD30", "SCD40", "SCD41", "MH-Z14", "MH-Z14A", "MH-Z16", "MH-Z19", "MH-Z19B", "MH-Z19C", "SENSEAIR S8",
    "S8", "K30",
    "CCS811", "SGP30", "SGP40", "SGP41", "ENS160", "ENS161", "MICS-4514", "MICS-2714", "MICS-6814", "MQ-2", "MQ-7",
    "MQ-9", "MQ-131", "MQ-135", "CJMCU-6814", "NO2-B43F", "OX-B431", "CO-B4", "DGS-NO2", "DGS-O3",
    "SB-041", "SB-011", "SB-021", "SB-031", "LM386", "INMP441", "ICS-43434", "SPH0645", "MAX4466", "MAX9814", "SEN0232",
    "LAERM", "DNMS", "SOUNDLEVELMETER",
    "SMT50", "SMT100", "HX711", "CSMS V1.2", "EC-5", "SEN0193", "SEN0114", "FC-28", "JSN-SR04T", "HC-SR04", "MB7389",
    "SEN0161", "SEN0189", "SEN0244",
    "RG-11", "RG15", "WH-SP-RG", "WH-SP-WS01", "WH-SP-WD", "DAVIS 6410", "DAVIS 6450", "WS2300", "SBM-20", "SBM-19",
    "SI22G", "J305", "M4011", "BMX055", "BNO055", "MPU6050", "ADXL345", "VL53L0X", "VL53L1X", "VL53L8CX", "TF-LUNA",
    "RCWL-0516", "HC-SR501", "NEO-6M", "NEO-7M", "NEO-M8N", "CAM-M8Q", "RFD77402",
)  # fmt: skip
_UNKNOWN = "unknown"
_SIGNS = re.compile(r"[^a-z0-9]+")
#: What a cursor may hold.
_CURSOR = frozenset((
    "after", "checksum", "devices", "gap_count", "gaps", "given_up", "given_up_count", "gone", "notes", "rhythms", "seen",
    "sensors", "silent", "silent_count", "stored", "unread",
))  # fmt: skip
_NOTES = frozenset(("forgotten", "newest", "older", "streams"))
_WAITING = frozenset(("about", "day", "first", "path", "sensor", "sensor_type", "tries"))
_AT_ONCE = 500


def upgrade() -> None:
    connection = op.get_bind()
    _clean_types(connection)
    _clean_cursors(connection)


def downgrade() -> None:
    """What was taken out is nowhere."""


def _key(name: str) -> str:
    return _SIGNS.sub("", name.casefold())


_BY_KEY = {_key(name): name for name in _TYPES}


def _type(written: Any) -> str:
    return _BY_KEY.get(_key(written), _UNKNOWN) if isinstance(written, str) and written else _UNKNOWN


def _clean_types(connection: sa.Connection) -> None:
    """Two datastreams that would be one by their names afterwards stay two: the older ones get a number, and readings go
    into the newest as before."""
    found = connection.execute(sa.text("select distinct sensor_type from steamcity_sensors_datastream")).scalars().all()
    called = {written: _type(written) for written in found if _type(written) != written}
    if not called:
        return
    connection.execute(sa.text("create temp table called (written text primary key, kind text) on commit drop"))
    connection.execute(
        sa.text("insert into called values (:written, :kind)"),
        [{"written": written, "kind": kind} for written, kind in called.items()],
    )
    connection.execute(
        sa.text(
            """
            with named as (
                select d.id, coalesce(c.kind, d.sensor_type) as kind,
                    count(*) filter (where c.kind is not null) over same as changed,
                    lead(d.id) over (same order by d.id) as later
                from steamcity_sensors_datastream d left join called c on c.written = d.sensor_type
                window same as (
                    partition by d.station_id, d.sensor, d.channel, d.property, d.unit, coalesce(c.kind, d.sensor_type)
                )
            )
            update steamcity_sensors_datastream d set sensor_type = n.kind,
                channel = case when n.later is null then d.channel else d.channel || '~' || d.id end
            from named n where n.id = d.id and n.changed > 0
            """
        )
    )
    connection.execute(sa.text("drop table called"))


def _clean_cursors(connection: sa.Connection) -> None:
    last = 0
    while True:
        rows = connection.execute(
            sa.text(
                "select id, cursor from steamcity_sensors_run where id > :last and cursor <> '{}' order by id limit :most"
            ),
            {"last": last, "most": _AT_ONCE},
        ).all()
        if not rows:
            return
        for identifier, cursor in rows:
            cleaned = _cleaned(cursor)
            if cleaned != cursor:
                connection.execute(
                    sa.text("update steamcity_sensors_run set cursor = cast(:cursor as jsonb) where id = :id"),
                    {"id": identifier, "cursor": json.dumps(cleaned)},
                )
        last = rows[-1].id


def _cleaned(cursor: Any) -> dict[str, Any]:
    if not isinstance(cursor, dict):
        return {}
    kept = {name: value for name, value in cursor.items() if name in _CURSOR}
    for name in ("unread", "given_up"):
        if name in kept:
            kept[name] = [_entry(one) for one in kept[name] if isinstance(one, dict)]
    if "notes" in kept:
        notes = kept["notes"] if isinstance(kept["notes"], dict) else {}
        kept["notes"] = {name: value for name, value in notes.items() if name in _NOTES}
        for noted in kept["notes"].get("streams", {}).values():
            noted["had"] = [[title, unit, _type(kind), channel] for title, unit, kind, channel in noted["had"]]
    return kept


def _entry(entry: dict[str, Any]) -> dict[str, Any]:
    """A file that waits. Ids that are words once stood in addresses of SensorThings; the sensor is known by its code."""
    kept = {name: value for name, value in entry.items() if name in _WAITING or name == "given_up"}
    if "sensor_type" in kept and kept["sensor_type"] not in ("", "*", "listing"):
        kept["sensor_type"] = _type(kept["sensor_type"])
    if str(kept.get("path", "")).startswith("Datastreams('"):
        kept["path"] = f"Datastreams({kept['sensor']}){kept['path'].rpartition(')')[2]}"
    return kept
