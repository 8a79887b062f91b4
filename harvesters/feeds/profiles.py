"""Shapes in which devices and services send readings (pure). One function for each; a new one is one line in PROFILES.

A profile turns a body into entries and nothing more: what an entry means, whether its time and value can be, is
decided in one place for all (`push.py`). Only named fields are read: `studentName`, notes, the coordinates of
somebody's gateway never leave this module.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ckanext.steamcity.messages import N_, Message
from ckanext.steamcity.protocols import reader

from . import moments, payload
from .base import FeedError, point


@dataclass(frozen=True)
class Entry:
    """One value as it was sent. ``time``: None when the sender gave none; ``bad``: why it cannot be taken at all.
    ``sensor`` tells sensors of one device apart; ``uplink`` is the same for all that arrived together."""

    device: str = ""
    sensor: str = ""
    titles: tuple[str, ...] = ()
    unit: str = ""
    value: object = None
    time: datetime | None = None
    place: tuple[float, float] | None = None
    time_source: str = "device"
    uplink: str = ""
    bad: str = ""


@dataclass(frozen=True)
class Body:
    """What was sent, with what of its envelope matters."""

    data: bytes
    device: str = ""
    zone: str = ""
    mapping: Mapping[str, Any] | None = None
    start: datetime | None = None


def _time(text: object, zone: str = "") -> tuple[datetime | None, str]:
    """A moment; none at all is the server's business, one that cannot be read is bad."""
    if text in (None, ""):
        return None, ""
    found = moments.moment(text)
    if found is None:
        return None, "time"
    naive = isinstance(text, str) and not re.search(r"(Z|[+-]\d{2}:?\d{0,2})$", text.strip()[10:])
    try:
        return (found.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) if naive and zone else found), ""
    except OverflowError:  # the first or last hours of the calendar
        return None, "time"


def steamcity(body: Body) -> Iterator[Entry]:
    """SteamCity's own platform, both generations; one object or a list."""
    answer = payload.table_or_list(body.data)
    for one in answer if isinstance(answer, list) else [answer]:
        if not isinstance(one, dict):
            yield Entry(bad="shape")
            continue
        kind = payload.text(one, "sensorType") or payload.text(one, "sensor_type_id")
        device = payload.text(one, "sensor_id") or payload.text(one, "experimentId") or body.device
        location = one.get("location")
        place = point(location.get("latitude"), location.get("longitude")) if isinstance(location, dict) else None
        time, bad = _time(one.get("timestamp"), body.zone)
        yield Entry(device, kind, (kind,), payload.text(one, "unit"), one.get("value"), time, place, bad=bad)


# The firmware puts the sensor before the quantity; without one it is a DHT22 or a quantity of its own.
_TYPES = ("SDS", "PMS", "HPM", "NPM", "SPS30", "IPS", "BME280", "BMP280", "BMP", "HTU21D", "SHT3X", "DS18B20", "DNMS")
#: What sensors of devices are called whose senders call them nothing else.
SENSORS = frozenset((*_TYPES, "DHT"))
_VALUE_TYPE = re.compile(rf"(?:({'|'.join(_TYPES)})_)?(P1|P2|P4|temperature|humidity|pressure|noise_LAeq|noise_LA_max)")
_VALUES = {
    "P1": ("pm10", "µg/m³"),
    "P2": ("pm25", "µg/m³"),
    "temperature": ("air_temperature", "°C"),
    "humidity": ("relative_humidity", "%"),
    "pressure": ("air_pressure", "Pa"),
    "noise_LAeq": ("sound_level", "dB(A)"),
    "noise_LA_max": ("sound_level_lamax", "dB(A)"),
}


def airrohr(body: Body) -> Iterator[Entry]:
    """What the airRohr firmware posts to an API of one's own. It has no clock, so the server's counts."""
    answer = payload.table_or_list(body.data)
    values = answer.get("sensordatavalues") if isinstance(answer, dict) else None
    if not isinstance(values, list):
        raise payload.unexpected()
    device = body.device or payload.text(answer, "esp8266id") or payload.text(answer, "espid")
    for one in values:
        match = _VALUE_TYPE.fullmatch(payload.text(one, "value_type"))
        # Particle counts of the SPS30 and what the device says of itself (signal, samples) have no place here.
        if match is None or match[2] not in _VALUES:
            continue
        title, unit = _VALUES[match[2]]
        yield Entry(device, match[1] or "DHT", (title,), unit, one.get("value"), time_source="server")


def opensensemap(body: Body) -> Iterator[Entry]:
    """openSenseMap's bodies: a list, an object by sensor, or CSV without a header. What a sensor measures stands in
    the feed's mapping."""
    if body.data.lstrip()[:1] not in (b"[", b"{"):
        rows: list[tuple[Any, ...]] = _lines(body.data)
    else:
        answer = payload.table_or_list(body.data)
        if isinstance(answer, list):
            rows = [(one.get("sensor"), one.get("value"), one.get("createdAt")) for one in payload.tables(answer)]
        else:
            rows = [(key, *value) if isinstance(value, list) else (key, value) for key, value in answer.items()]
    for row in rows:
        if len(row) < 2 or not isinstance(row[0], str):
            yield Entry(bad="shape")
            continue
        time, bad = _time(row[2] if len(row) > 2 else None, body.zone)
        yield Entry(body.device, row[0].strip(), (), "", row[1], time, bad=bad)


def _lines(data: bytes) -> list[tuple[Any, ...]]:
    try:
        return [tuple(row) for row in csv.reader(io.StringIO(data.decode("utf-8", "replace")))]
    except csv.Error as error:  # a cell without an end
        raise payload.unexpected() from error


def senml(body: Body) -> Iterator[Entry]:
    """RFC 8428: base values hold for what follows; a small time is relative to now."""
    answer = payload.table_or_list(body.data)
    if not isinstance(answer, list):
        raise payload.unexpected()
    name, unit, base = "", "", 0.0
    for one in answer:
        if not isinstance(one, dict):
            yield Entry(bad="shape")
            continue
        name = payload.text(one, "bn") or name
        unit = payload.text(one, "bu") or unit
        try:
            base = float(one.get("bt", base))
            seconds = base + float(one.get("t", 0))
            # 2 to the power of 28: below it a time counts from now.
            time = datetime.fromtimestamp(seconds, UTC) if seconds >= 268_435_456 else None
        except (TypeError, ValueError, OverflowError, OSError):
            yield Entry(bad="time")
            continue
        if "v" not in one and "n" not in one:
            continue
        own = payload.text(one, "n")
        whole = name + own
        device, _sign, title = whole.rpartition(":") if ":" in whole else whole.rpartition("/")
        bad = "time" if time is None and seconds else ""
        written = payload.text(one, "u") or unit
        yield Entry(device or name or body.device, whole, (own, title), written, one.get("v"), time, bad=bad)


def table(body: Body) -> Iterator[Entry]:
    """A CSV file of any dialect; the mapping says which column is the time and what the others measure. A data log
    that counts seconds needs the moment it was started."""
    mapping = body.mapping or {}
    clocks = {name: meaning for name, meaning in mapping.items() if meaning in ("time", "seconds")}
    try:
        source, *_others = reader.open_source(body.data)
        reader.place_header(source, lambda cell: cell.strip() in mapping)
    except reader.Refused as error:
        raise FeedError(error.message) from error
    found = [name for name in source.headers if name in clocks]
    if len(found) != 1:
        raise FeedError(Message(N_("The table needs one column with the time, named in the mapping of the feed.")))
    counting = clocks[found[0]] == "seconds"
    if counting and body.start is None:
        raise FeedError(Message(N_("This table counts seconds: say when it was started.")))
    clock = source.headers.index(found[0])
    wanted = [(index, name) for index, name in enumerate(source.headers) if name in mapping and index != clock]
    try:
        for _line, cells in source.rows():
            if len(cells) < len(source.headers):
                yield Entry(bad="columns")
                continue
            time, bad = _seconds(cells[clock], body.start) if counting else _time(cells[clock].strip(), body.zone)
            for index, name in wanted:
                yield Entry(body.device, name, (), "", cells[index], time, bad=bad or ("" if time else "time"))
    except reader.Refused as error:
        raise FeedError(error.message) from error


def _seconds(text: str, start: datetime | None) -> tuple[datetime | None, str]:
    try:
        return (start + timedelta(seconds=float(text.replace(",", "."))) if start else None), ""
    except (ValueError, OverflowError):
        return None, "time"


_NORMALIZED = {
    ("air", "temperature"): ("air_temperature", "°C"),
    ("air", "relativeHumidity"): ("relative_humidity", "%"),
    ("air", "pressure"): ("air_pressure", "hPa"),
    ("air", "co2"): ("co2", "ppm"),
    ("air", "lightIntensity"): ("illuminance", "lx"),
    ("wind", "speed"): ("wind_speed", "m/s"),
    ("battery",): ("voltage", "V"),
}


def ttn(body: Body) -> Iterator[Entry]:
    """The Things Network v3: the webhook's body, the storage's rows, the console's event around it."""
    answer = payload.table_or_list(body.data)
    for one in answer if isinstance(answer, list) else [answer]:
        one = one.get("result", one) if isinstance(one, dict) else one
        one = one.get("data", one) if isinstance(one, dict) else one
        message = one.get("uplink_message") if isinstance(one, dict) else None
        if not isinstance(message, dict):
            yield Entry(bad="shape")
            continue
        ids = one.get("end_device_ids")
        device = payload.text(ids, "dev_eui") or payload.text(ids, "device_id")
        count, session = message.get("f_cnt"), payload.text(message, "session_key_id")
        uplink = f"{device}/{session}/{count}" if isinstance(count, int) and session else ""
        if isinstance(message.get("normalized_payload"), list):
            yield from _normalized(message, device, uplink, body.zone)
        else:
            yield from _decoded(message, device, uplink, body)


def _uplink_time(message: dict[str, Any]) -> tuple[datetime | None, str]:
    gateway = moments.moment(payload.text(message, "settings", "time"))
    return (gateway, "gateway") if gateway else (moments.moment(message.get("received_at")), "server")


def _normalized(message: dict[str, Any], device: str, uplink: str, zone: str) -> Iterator[Entry]:
    arrived, clock = _uplink_time(message)
    for number, measurement in enumerate(payload.tables(message["normalized_payload"])):
        measurement = measurement.get("measurement", measurement)
        time, bad = _time(measurement.get("time") if isinstance(measurement, dict) else None, zone)
        for path, (title, unit) in _NORMALIZED.items():
            value: Any = measurement
            for name in path:
                value = value.get(name) if isinstance(value, dict) else None
            if value is not None:
                source = "device" if time else clock
                yield Entry(device, str(number), (title,), unit, value, time or arrived, None, source, uplink, bad)


def _decoded(message: dict[str, Any], device: str, uplink: str, body: Body) -> Iterator[Entry]:
    """What a decoder of somebody's own wrote: only keys that the feed's mapping names have a meaning."""
    time, clock = _uplink_time(message)
    decoded = message.get("decoded_payload")
    for key, value in decoded.items() if isinstance(decoded, dict) else ():
        if key in (body.mapping or {}):
            plain = value.get("value") if isinstance(value, dict) else value
            yield Entry(device, key, (), "", plain, time, None, clock, uplink)


PROFILES: dict[str, Callable[[Body], Iterator[Entry]]] = {
    "airrohr": airrohr,
    "csv": table,
    "opensensemap": opensensemap,
    "senml": senml,
    "steamcity": steamcity,
    "ttn": ttn,
}

#: A body of each shape that a person can try out.
EXAMPLES = {
    "steamcity": '[{"sensorType": "temperature", "value": 21.5, "unit": "°C", "timestamp": "2026-03-03T07:05:00Z"}]',
    "airrohr": '{"esp8266id": "1", "sensordatavalues": [{"value_type": "BME280_temperature", "value": "21.5"}]}',
    "senml": '[{"bn": "box:", "n": "temperature", "u": "Cel", "v": 21.5, "t": 1772521500}]',
    "ttn": (
        '{"end_device_ids": {"device_id": "box-1"}, "uplink_message": {"f_cnt": 1, "session_key_id": "a",'
        ' "received_at": "2026-03-03T07:05:00Z", "normalized_payload": [{"air": {"temperature": 21.5}}]}}'
    ),
}
