"""A feed in the words of the person who adds it, and the source that is made of them (only `harvesters/` imports this).

Nobody writes JSON: what is chosen on the pages or sent to `steamcity_feed_create` becomes the configuration here, and
every mistake is a sentence beside the field it was made in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckanext.steamcity import net, privacy, protocols, wording
from ckanext.steamcity.messages import N_
from ckanext.steamcity.protocols.moments import ZONES
from shapely.geometry import shape

from . import config, feeds, stages
from .feeds import clocks, profiles

#: What a person can choose, in the order of the page.
KINDS = {
    "opensensemap": N_("A box on openSenseMap"),
    "sensor_community": N_("Sensors of Sensor.Community"),
    "sensorthings": N_("A SensorThings server"),
    "push": N_("Our own devices send their values"),
    "file": N_("Files of a data logger"),
}
NAMES = (
    "provider", "boxes", "grouptag", "sensors", "address", "place", "box", "city", "since", "exposure", "profile",
    "mapping", "timezone", "date_order", "license_id", "attribution", "title",
)  # fmt: skip
#: Shapes in which devices send.
PROFILES = ("steamcity", "airrohr", "senml", "ttn", "opensensemap")
#: What may be said of day and month in a file that leaves it open; nothing is what most need.
ORDERS = ("", "dmy", "mdy")
WHICH_ORDER = N_("Say whether the day or the month comes first.")
EXPOSURES = ("outdoor", "indoor", "unknown")
_FREQUENCIES = {"opensensemap": "ALWAYS", "sensorthings": "ALWAYS", "sensor_community": "DAILY"}
#: How far back the first run reads, in days; None for everything.
SINCE: dict[str, int | None] = {"today": 0, "month": 30, "year": 365, "all": None}
#: Degrees an area may be wide and high: a city with its surroundings.
_WIDEST = 1.0
_BOX_ADDRESS = re.compile(r"/(?:explore|boxes|device|account)/([0-9a-z]{8,32})(?=[/?#]|$)")
_BOX = re.compile(r"[0-9a-z]{8,32}")
_MOST_BOXES = 50
_GROUP = re.compile(r"[\w .+-]{1,60}")


def mistakes(**errors: str) -> tk.ValidationError:
    """What was chosen cannot be; field → sentence."""
    return tk.ValidationError({name: [text] for name, text in errors.items()})


@dataclass(frozen=True)
class Plan:
    """Address and configuration of the source to be. ``look``: the same for looking around first, where that is
    another one."""

    url: str
    settings: dict[str, Any]
    frequency: str
    look: tuple[str, dict[str, Any]] | None = None

    @property
    def read(self) -> config.FeedConfig:
        return config.read(json.dumps(self.settings))


@dataclass
class _Chosen:
    values: Mapping[str, Any]
    errors: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        value = self.values.get(name)
        if isinstance(value, list):
            value = " ".join(str(one) for one in value)
        return str(value).strip()[:4000] if isinstance(value, str | int | float) else ""


def licences(kind: str) -> list[str]:
    """Ids of what the data of this kind of feed may stand under, the usual one first."""
    if kind in ("push", "file"):
        return [one.id for one in protocols.licences().choices]
    return config.licences_of(feeds.adapter(kind))


def plan(values: Mapping[str, Any], owner_address: str = "") -> Plan:
    """The source that is meant. Raises tk.ValidationError with a sentence for each field that cannot be."""
    chosen = _Chosen(values)
    kind = values.get("provider")
    if not isinstance(kind, str) or kind not in KINDS:
        raise mistakes(provider=tk._("Choose where the values come from."))
    made = {
        "opensensemap": _opensensemap,
        "sensor_community": _sensor_community,
        "sensorthings": _sensorthings,
        "push": _push,
        "file": _file,
    }[kind](chosen)
    url, settings = made[0] or owner_address, made[1]
    settings |= {"city": _city(chosen), "place": settings.get("place", "")}
    if kind not in ("push", "file"):
        settings |= {"first_day": _first_day(chosen), "most_stations": config.most_stations()}
    settings |= _licence(chosen, kind)
    if chosen.errors:
        raise mistakes(**chosen.errors)
    kept = {name: value for name, value in settings.items() if value}
    found = Plan(url, kept, _FREQUENCIES.get(kind, "MANUAL"), made[2] if len(made) > 2 else None)
    try:
        _ = found.read
    except config.Wrong as error:
        raise mistakes(provider=str(error)) from error
    return found


def title(values: Mapping[str, Any]) -> str:
    """What the feed is called. Raises tk.ValidationError for nothing and for what names a person."""
    written = " ".join(_Chosen(values).text("title").split())
    if not 3 <= len(written) <= 150:
        raise mistakes(title=tk._("Give the feed a name of 3 to 150 letters, for example: Air around our school."))
    if sentence := personal(written, "title"):
        raise mistakes(title=sentence)
    return written


def personal(text: str, where: str) -> str:
    """What a text gives away of a person, in a sentence; a mere likeness to a name is no reason."""
    found = [one for one in privacy.scan_text(text, where) if one.kind != "person_name" or one.certain]
    return stages.sentence(found[0].message) if found else ""


def ask_about_names(values: Mapping[str, Any], new: Mapping[str, str], school: str) -> None:
    """Raise tk.ValidationError where new words that everybody will read are like a person's name and nobody has said
    `no_person`. No second person looks at a feed before it is public. The school's own name is none."""
    if str(values.get("no_person") or "").lower() in ("1", "true", "on"):
        return
    errors: dict[str, str] = {}
    for name, text in new.items():
        if found := privacy.scan_text(text.replace(school, " ") if school else text, name):
            errors[name] = stages.sentence(found[0].message)
    if errors:
        raise mistakes(**errors, no_person=tk._("I have looked: this is no person."))


def _opensensemap(chosen: _Chosen) -> tuple[Any, ...]:
    settings: dict[str, Any] = {"provider": "opensensemap"}
    if chosen.text("since") in ("year", "all"):
        settings["archive"] = config.address("opensensemap_archive")
    if chosen.text("boxes"):
        settings["boxes"] = _boxes(chosen)
    elif tag := chosen.text("grouptag"):
        settings["grouptag"] = tag
        if not _GROUP.fullmatch(tag):
            chosen.errors["grouptag"] = tk._("A group holds letters, digits and spaces, at most 60.")
        elif sentence := personal(tag, "grouptag"):
            chosen.errors["grouptag"] = sentence
    else:
        settings |= _area(chosen, "boxes", tk._("Paste the address of a box, or choose an area."))
    return config.address("opensensemap"), settings


def _boxes(chosen: _Chosen) -> list[str]:
    found: list[str] = []
    for word in re.split(r"[\s,;]+", chosen.text("boxes")):
        match = _BOX_ADDRESS.search(word)
        box = match[1] if match else word
        if not _BOX.fullmatch(box):
            sentence = tk._("“{text}” is no address of a box. It looks like https://opensensemap.org/explore/…")
            chosen.errors["boxes"] = sentence.format(text=chosen.text("boxes")[:80])
        elif box not in found:
            found.append(box)
    if len(found) > _MOST_BOXES:
        chosen.errors["boxes"] = tk._("At most {count} boxes at a time.").format(count=_MOST_BOXES)
    return found


def _sensor_community(chosen: _Chosen) -> tuple[Any, ...]:
    """Sensors are looked for among the live data and read from the archive, which has every value of them."""
    settings: dict[str, Any] = {"provider": "sensor_community"}
    sensors = [one for one in re.split(r"[\s,;]+", chosen.text("sensors")) if one]
    if any(not (one.isascii() and one.isdecimal()) or len(one) > 10 for one in sensors):
        chosen.errors["sensors"] = tk._("The numbers of sensors hold digits only, for example: 5331, 5332.")
    elif len(sensors) > 4 * config.most_stations():
        chosen.errors["sensors"] = tk._("At most {count} sensors at a time.").format(count=4 * config.most_stations())
    settings["sensors"] = list(dict.fromkeys(sensors))
    look = None
    if not sensors:
        area = _area(chosen, "sensors", tk._("Write the numbers of sensors, or choose an area."))
        settings["place"] = area.get("place", "")
        if "bbox" in area:
            west, south, east, north = area["bbox"]
            live = {"provider": "sensor_community_live", "filter": f"box={south},{west},{north},{east}"}
            look = (config.address("sensor_community_live"), live)
    elif _place(chosen.text("place")):
        settings["place"] = chosen.text("place")
    return config.address("sensor_community"), settings, look


def _sensorthings(chosen: _Chosen) -> tuple[Any, ...]:
    address = chosen.text("address")
    if len(address) >= 1000 or not net.is_address(address):
        chosen.errors["address"] = tk._("Write the whole address of the server: https://…/v1.1")
    exposure = chosen.text("exposure") or "unknown"
    settings = {"provider": "sensorthings", "exposure": exposure if exposure in EXPOSURES else "unknown"}
    if chosen.text("box") or chosen.text("place"):
        area = _area(chosen, "address", "")
        settings["place"] = area.get("place", "")
        if "bbox" in area:
            settings["things"] = _within(*area["bbox"])
    return address, settings


def _within(west: float, south: float, east: float, north: float) -> str:
    """The stations of a rectangle, as SensorThings asks for them."""
    corners = ((west, south), (east, south), (east, north), (west, north), (west, south))
    ring = ",".join(f"{longitude} {latitude}" for longitude, latitude in corners)
    return f"st_within(Locations/location,geography'POLYGON(({ring}))')"


def _push(chosen: _Chosen) -> tuple[Any, ...]:
    profile, exposure, place = (chosen.text(name) for name in ("profile", "exposure", "place"))
    if profile not in PROFILES:
        chosen.errors["profile"] = tk._("Choose what your devices send.")
    if exposure not in EXPOSURES:
        chosen.errors["exposure"] = tk._("Say whether they stand outdoors.")
    if _place(place) is None:
        chosen.errors["place"] = tk._("Choose the place where they stand.")
    settings: dict[str, Any] = {"provider": "push", "profile": profile, "exposure": exposure, "place": place}
    if profile in profiles.FIELDS:
        settings["mapping"] = _mapping(chosen)
        if profile == "opensensemap" and not settings["mapping"]:
            chosen.errors.setdefault("example", tk._("Paste what a device sends, then say what its fields mean."))
    if chosen.text("timezone"):
        settings["timezone"] = zone_of(chosen)
    return "", settings


def _mapping(chosen: _Chosen) -> dict[str, Any]:
    mapping = chosen.values.get("mapping")
    mapping = dict(mapping) if isinstance(mapping, Mapping) else {}
    if sentence := next((found for name in mapping if (found := personal(str(name), "mapping"))), ""):
        chosen.errors["mapping"] = sentence  # names of columns and fields are kept with the feed
    return mapping


def zone_of(chosen: _Chosen) -> str:
    """The time zone that was said, else that of the place, else that of the school's city."""
    said = chosen.text("timezone")
    if said:
        try:
            return clocks.zone(said).name
        except ValueError:
            chosen.errors["timezone"] = tk._("Choose one of the time zones.")
            return ""
    return (_place(chosen.text("place")) or {}).get("timezone") or school_zone(chosen.text("owner_org")) or "UTC"


def school_zone(organization: str) -> str:
    """The time zone of a school's city, empty when it is not known."""
    found: Any = model.Group.get(organization) if organization else None
    city = found.extras.get("city") if found else ""
    return (_place(f"area:{city}") or {}).get("timezone") or "" if city else ""


def zones(*more: str) -> list[str]:
    """Time zones to choose from: those of the known cities first."""
    return list(dict.fromkeys([*sorted(set(wording.area_zones().values())), *ZONES, *(one for one in more if one)]))


def _file(chosen: _Chosen) -> tuple[Any, ...]:
    _url, settings = _push(_Chosen({**chosen.values, "profile": "steamcity"}, chosen.errors))
    mapping = _mapping(chosen)
    clock = sorted(str(meaning) for meaning in mapping.values() if isinstance(meaning, str))
    if len(clock) != 1 and clock != ["date", "time"]:
        chosen.errors["mapping"] = tk._("Say which one column holds the time.")
    elif clock == ["date"]:
        chosen.errors["mapping"] = tk._("Say which column holds the time of day, too.")
    elif len(mapping) == len(clock):
        chosen.errors["mapping"] = tk._("Say of at least one column what was measured.")
    order = chosen.text("date_order")
    if order not in ORDERS:
        chosen.errors["date_order"] = tk._(WHICH_ORDER)
    file = {"profile": "csv", "mapping": mapping, "timezone": zone_of(chosen), "date_order": order}
    return "", settings | file


def _area(chosen: _Chosen, name: str, missing: str) -> dict[str, Any]:
    """A rectangle: the one that was drawn, else the one around the place from the list."""
    box, place = chosen.text("box"), chosen.text("place")
    if not box and not place:
        chosen.errors[name] = missing
        return {}
    found: dict[str, Any] = {}
    edges: list[float] = []
    try:
        if box:
            edges = [round(float(part), 4) for part in box.split(",")]
        elif shown := _place(place):
            edges = [round(edge, 4) for edge in shape(shown["geometry"]).bounds]
            found["place"] = place
        west, south, east, north = edges
    except ValueError:
        west = south = east = north = 0.0
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        chosen.errors["box" if box else "place"] = tk._("This is no area.")
        return {}
    if east - west > _WIDEST or north - south > _WIDEST:
        chosen.errors["box" if box else "place"] = tk._("This area is too large: choose one city or a part of it.")
    return found | {"bbox": edges}


def _place(value: str) -> dict[str, Any] | None:
    """A published place; None for what is none."""
    try:
        return tk.get_action("steamcity_place_show")({"ignore_auth": True}, {"place": value}) if value else None
    except (tk.ObjectNotFound, tk.ValidationError):
        return None


def _city(chosen: _Chosen) -> str:
    """The city that was named, else that of the place."""
    if chosen.text("city") and _place(f"area:{chosen.text('city')}"):
        return chosen.text("city")
    return (_place(chosen.text("place")) or {}).get("city") or ""


def _first_day(chosen: _Chosen) -> str:
    days = SINCE.get(chosen.text("since") or "month", 30)
    return "" if days is None else (datetime.now(UTC).date() - timedelta(days=days)).isoformat()


def _licence(chosen: _Chosen, kind: str) -> dict[str, Any]:
    """Licence and who is named. Before the last step both may be missing."""
    allowed = licences(kind)
    named = " ".join(chosen.text("attribution").split())[:300]
    if sentence := personal(named, "attribution"):
        chosen.errors["attribution"] = sentence
    licence = chosen.text("license_id")
    if licence and licence not in allowed:
        chosen.errors["license_id"] = tk._("The data of this network cannot stand under this licence.")
    return {"license_id": licence or allowed[0], "attribution": named}
