"""Shapes in which devices and services send readings (pure). One function for each; a new one is one line in PROFILES.

A profile turns a body into entries and nothing more: what an entry means, whether its time and value can be, is
decided in one place for all (`push.py`). Only named fields are read: `studentName`, notes, the coordinates of
somebody's gateway never leave this module.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from . import moments, payload
from .base import point
from .clocks import UNREADABLE, Clock
from .entries import Body, Entry, Uplink
from .tables import table


def _time(text: object, clock: Clock, who: object = "") -> tuple[datetime | None, str]:
    """A moment; none at all is the server's business, one that cannot be read is bad."""
    if text in (None, ""):
        return None, ""
    return clock.read(text.strip(), who) if isinstance(text, str) else (None, UNREADABLE)


#: What a device says of itself and is kept: how long it will go on.
BATTERY = "battery_charge"


def steamcity(body: Body) -> Iterator[Entry]:
    """SteamCity's own platform, both generations; one object or a list."""
    answer = payload.sent(body.data)
    clock = Clock(body.zone)
    for one in answer if isinstance(answer, list) else [answer]:
        if not isinstance(one, dict):
            yield Entry(bad="shape")
            continue
        kind = payload.text(one, "sensorType") or payload.text(one, "sensor_type_id")
        device = payload.text(one, "sensor_id") or payload.text(one, "experimentId") or body.device
        location = one.get("location")
        place = point(location.get("latitude"), location.get("longitude")) if isinstance(location, dict) else None
        time, bad = _time(one.get("timestamp"), clock, (device, kind))
        yield Entry(device, kind, (kind,), payload.text(one, "unit"), one.get("value"), time, place, bad=bad)
        told = one.get("metadata")
        if isinstance(told, dict) and told.get("battery_level") is not None and not bad:
            yield Entry(device, BATTERY, (BATTERY,), "%", told["battery_level"], time, place)


# The firmware puts the sensor before the quantity; without one it is a DHT22 or a quantity of its own.
_TYPES = ("SDS", "PMS", "HPM", "NPM", "SPS30", "IPS", "BME280", "BMP280", "BMP", "HTU21D", "SHT3X", "DS18B20", "DNMS",
          "SCD30")  # fmt: skip
#: What sensors of devices are called whose senders call them nothing else.
SENSORS = frozenset((*_TYPES, "DHT"))
_VALUE_TYPE = re.compile(
    rf"(?:({'|'.join(_TYPES)})_)?(P0|P1|P2|temperature|humidity|pressure|noise_LAeq|noise_LA_max|co2_ppm)"
)
_VALUES = {
    "P0": ("pm1", "µg/m³"),
    "P1": ("pm10", "µg/m³"),
    "P2": ("pm25", "µg/m³"),
    "temperature": ("air_temperature", "°C"),
    "humidity": ("relative_humidity", "%"),
    "pressure": ("air_pressure", "Pa"),
    "noise_LAeq": ("sound_level", "dB(A)"),
    "noise_LA_max": ("sound_level_lamax", "dB(A)"),
    "co2_ppm": ("co2", "ppm"),
}
#: What the device says of itself.
_OF_ITSELF = ("samples", "min_micro", "max_micro", "interval", "signal")


def airrohr(body: Body) -> Iterator[Entry]:
    """What the airRohr firmware posts to an API of one's own. It has no clock, so the server's counts."""
    answer = payload.sent(body.data)
    values = answer.get("sensordatavalues") if isinstance(answer, dict) else None
    if not isinstance(values, list):
        raise payload.unexpected_body()
    device = body.device or payload.text(answer, "esp8266id") or payload.text(answer, "espid")
    for one in values:
        kind = payload.text(one, "value_type")
        match = _VALUE_TYPE.fullmatch(kind)
        if match is None:
            yield Entry(bad="status" if kind in _OF_ITSELF else "quantity")
            continue
        title, unit = _VALUES[match[2]]
        yield Entry(device, match[1] or "DHT", (title,), unit, one.get("value"), time_source="server")


def opensensemap(body: Body) -> Iterator[Entry]:
    """openSenseMap's bodies: a list, an object by sensor, or CSV without a header. What a sensor measures stands in
    the feed's mapping."""
    clock = Clock(body.zone)
    for row in _rows_of_box(body.data):
        if len(row) < 2 or not isinstance(row[0], str):
            yield Entry(bad="shape")
            continue
        time, bad = _time(row[2] if len(row) > 2 else None, clock, row[0])
        yield Entry(body.device, row[0].strip(), (), "", row[1], time, bad=bad)


def _rows_of_box(data: bytes) -> list[tuple[Any, ...]]:
    """Sensor, value, maybe time."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    if data.lstrip()[:1] not in (b"[", b"{"):
        return _lines(data)
    answer = payload.sent(data)
    if isinstance(answer, list):
        return [(one.get("sensor"), one.get("value"), one.get("createdAt")) for one in payload.tables(answer)]
    return [(key, *value) if isinstance(value, list) else (key, value) for key, value in answer.items()]


def _lines(data: bytes) -> list[tuple[Any, ...]]:
    try:
        return [tuple(row) for row in csv.reader(io.StringIO(data.decode("utf-8", "replace")))]
    except csv.Error as error:  # a cell without an end
        raise payload.unexpected_body() from error


#: RFC 8428: a time below 2 to the power of 28 counts from now.
_FROM_NOW = 268_435_456


def senml(body: Body) -> Iterator[Entry]:
    """RFC 8428: base values hold for what follows; a small time is relative to now. A record that holds a text, a truth
    value or data has no value here."""
    answer = payload.sent(body.data)
    if not isinstance(answer, list):
        raise payload.unexpected_body()
    name, unit, base, offset = "", "", 0.0, 0.0
    for one in answer:
        if not isinstance(one, dict):
            yield Entry(bad="shape")
            continue
        name = payload.text(one, "bn") or name
        unit = payload.text(one, "bu") or unit
        try:
            base, offset = _number(one.get("bt", base)), _number(one.get("bv", offset))
            time, clock = _resolved(base + _number(one.get("t", 0)), body.now)
        except (TypeError, ValueError, OverflowError, OSError):
            yield Entry(bad="time")
            continue
        if not _MEASURED & one.keys():
            continue
        own = payload.text(one, "n")
        whole = name + own
        device, _sign, title = whole.rpartition(":") if ":" in whole else whole.rpartition("/")
        written = payload.text(one, "u") or unit
        value: Any = one.get("v")
        if offset and isinstance(value, int | float) and not isinstance(value, bool):
            value = round(value + offset, 9)
        bad = "" if "v" in one else "value"
        yield Entry(device or name or body.device, whole, (own, title), written, value, time, None, clock, bad=bad)


_MEASURED = {"n", "v", "vs", "vb", "vd", "s"}


def _number(value: Any) -> float:
    found = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    if not math.isfinite(found):
        raise ValueError("a number")
    return found


def _resolved(seconds: float, now: datetime) -> tuple[datetime, str]:
    if seconds >= _FROM_NOW:
        return moments.EPOCH + timedelta(seconds=seconds), "device"
    return now + timedelta(seconds=seconds), "server"


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
    answer = payload.sent(body.data)
    clock = Clock(body.zone)
    for place, one in enumerate(answer if isinstance(answer, list) else [answer]):
        one = one.get("result", one) if isinstance(one, dict) else one
        one = one.get("data", one) if isinstance(one, dict) else one
        message = one.get("uplink_message") if isinstance(one, dict) else None
        if not isinstance(message, dict):
            yield Entry(bad="shape")
            continue
        ids = one.get("end_device_ids")
        device = payload.text(ids, "dev_eui") or payload.text(ids, "device_id")
        uplink = _uplink(message, place)
        if isinstance(message.get("normalized_payload"), list):
            found = _normalized(message, device, uplink, clock)
        else:
            found = _decoded(message, device, uplink, body)
        yield from found or [Entry(device, uplink=uplink, bad="shape")]


def _uplink(message: dict[str, Any], place: int) -> Uplink | None:
    count, session = message.get("f_cnt"), payload.text(message, "session_key_id")
    if not session or not isinstance(count, int) or isinstance(count, bool) or not 0 <= count < 2**32:
        return None
    return Uplink(session, count, place)


def _uplink_time(message: dict[str, Any]) -> tuple[datetime | None, str]:
    gateway = moments.moment(payload.text(message, "settings", "time"))
    return (gateway, "gateway") if gateway else (moments.moment(message.get("received_at")), "server")


def _normalized(message: dict[str, Any], device: str, uplink: Uplink | None, clock: Clock) -> list[Entry]:
    arrived, source = _uplink_time(message)
    found = []
    for number, measurement in enumerate(payload.tables(message["normalized_payload"])):
        measurement = measurement.get("measurement", measurement)
        if not isinstance(measurement, dict):
            continue
        time, bad = _time(measurement.get("time"), clock, (device, number))
        when = (time, "device") if time else (arrived, source)
        for path, value in _leaves(measurement):
            title, unit = _NORMALIZED.get(path, ("", ""))
            unknown = bad if title else "quantity"
            found.append(Entry(device, str(number), (title,), unit, value, when[0], None, when[1], uplink, unknown))
    return found


def _leaves(measurement: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """What was measured: names of one or two parts, each with its value."""
    for name, value in measurement.items():
        if isinstance(value, dict):
            yield from (((name, inner), one) for inner, one in value.items() if one is not None)
        elif name != "time" and value is not None:
            yield (name,), value


def _decoded(message: dict[str, Any], device: str, uplink: Uplink | None, body: Body) -> list[Entry]:
    """What a decoder of somebody's own wrote: only keys that the feed's mapping names have a meaning."""
    time, source = _uplink_time(message)
    decoded = message.get("decoded_payload")
    found = []
    for key, value in decoded.items() if isinstance(decoded, dict) else ():
        known = key in (body.mapping or {})
        plain = value.get("value") if isinstance(value, dict) else value
        # The key of what is unknown may be anything, so it goes no further.
        entry = Entry(device, key, (), "", plain, time, None, source, uplink) if known else None
        found.append(entry or Entry(device, uplink=uplink, bad="quantity"))
    return found


def _fields_of_uplinks(data: bytes) -> Iterator[tuple[str, Any]]:
    """The keys a decoder writes, each with a value."""
    answer = payload.sent(data)
    for one in answer if isinstance(answer, list) else [answer]:
        for name in ("result", "data"):
            one = one.get(name, one) if isinstance(one, dict) else one
        message = one.get("uplink_message", one) if isinstance(one, dict) else {}
        # Somebody may paste what the decoder writes and nothing around it.
        decoded = message.get("decoded_payload", message) if isinstance(message, dict) else {}
        for key, value in decoded.items() if isinstance(decoded, dict) else ():
            yield str(key), value.get("value") if isinstance(value, dict) else value


def _fields_of_boxes(data: bytes) -> Iterator[tuple[str, Any]]:
    """The ids of sensors, each with a value."""
    for row in _rows_of_box(data):
        if len(row) >= 2 and isinstance(row[0], str):
            yield row[0].strip(), row[1]


#: Profiles whose fields mean what a feed says: how to find them in a body.
FIELDS: dict[str, Callable[[bytes], Iterator[tuple[str, Any]]]] = {
    "opensensemap": _fields_of_boxes,
    "ttn": _fields_of_uplinks,
}

PROFILES: dict[str, Callable[[Body], Iterator[Entry]]] = {
    "airrohr": airrohr,
    "csv": table,
    "opensensemap": opensensemap,
    "senml": senml,
    "steamcity": steamcity,
    "ttn": ttn,
}

#: A body of each shape that a person can try out; openSenseMap's hold the ids of somebody's own sensors.
EXAMPLES = {
    "steamcity": '[{"sensorType": "temperature", "value": 21.5, "unit": "°C", "timestamp": "2026-03-03T07:05:00Z"}]',
    "airrohr": '{"esp8266id": "1", "sensordatavalues": [{"value_type": "BME280_temperature", "value": "21.5"}]}',
    "senml": '[{"bn": "box:", "n": "temperature", "u": "Cel", "v": 21.5, "t": 1772521500}]',
    "ttn": (
        '{"end_device_ids": {"device_id": "box-1"}, "uplink_message": {"f_cnt": 1, "session_key_id": "a",'
        ' "received_at": "2026-03-03T07:05:00Z", "normalized_payload": [{"air": {"temperature": 21.5}}]}}'
    ),
}
