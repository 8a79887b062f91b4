"""The demo's sensor network: its archive is written, harvested over HTTP.

A week of one station becomes a class's result. Imports no CKAN: whoever calls it hands over
``call(action, user, data)``, as in ``load``.
"""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from pathlib import Path
from statistics import mean
from typing import Any

from .feed import write_archive
from .load import Call, class_for, people_of, published

NAME = "demo-street-sensors"
SCHOOL = "demo-school-sofia-b"
WEEK = ("2026-03-03T00:00:00Z", "2026-03-10T00:00:00Z")
# WHO 2021: mean of 24 hours, µg/m³.
GUIDELINE = 15.0
_FINDING = {
    "en": "Fine dust passes the WHO's daily value on {over} of {days} days",
    "fr": "Les particules fines dépassent la valeur journalière de l’OMS {over} jours sur {days}",
    "it": "Le polveri sottili superano il valore giornaliero dell’OMS in {over} giorni su {days}",
    "es": "Las partículas finas superan el valor diario de la OMS {over} de {days} días",
    "bg": "Фините прахови частици надхвърлят дневната стойност на СЗО в {over} от {days} дни",
}
_NOTES = {
    "en": "We took one week of a street sensor near the school and worked out the mean of each day. "
    "The highest was {peak} µg/m³.",
    "bg": "Взехме една седмица от уличен сензор близо до училището и пресметнахме средната стойност за всеки ден. "
    "Най-високата е {peak} µg/m³.",
}


def load_feed(call: Call, admin: str, folder: Path, url: str) -> None:
    """Write the archive, harvest it and publish one week of it. Nothing is doubled at a second call."""
    write_archive(folder)
    source = _source(call, admin, url)
    if not call("steamcity_feed_show", admin, {"source_id": source})["paused_since"]:  # somebody's pause is respected
        call("steamcity_feed_run", admin, {"source_id": source, "wait": True})
    call("steamcity_month_write", admin, {"feed": source})
    _publish_a_week(call)


def _source(call: Call, admin: str, url: str) -> str:
    for found in call("harvest_source_list", admin, {}):
        if found["url"].rstrip("/") == url.rstrip("/"):
            return found["id"]
    settings = {"provider": "sensor_community", "synthetic": True}
    data = {
        "name": NAME,
        "title": "Demo street sensors",
        "url": url,
        "source_type": "steamcity_feed",
        "owner_org": "zeugma",
        "frequency": "MANUAL",
        "config": json.dumps(settings),
        "notes": "Invented stations in the layout of Sensor.Community's archive.",
    }
    return call("harvest_source_create", admin, data)["id"]


def daily_means(text: str, column: str = "pm25") -> list[float]:
    """Mean of each UTC day of a window's CSV, in order."""
    days: dict[str, list[float]] = defaultdict(list)
    for row in csv.DictReader(io.StringIO(text)):
        if row.get(column):
            days[row["time"][:10]].append(float(row[column]))
    return [mean(values) for _day, values in sorted(days.items())]


def _publish_a_week(call: Call) -> None:
    people = people_of(SCHOOL)
    if published(call, SCHOOL, "outdoor-air"):
        return
    stations = call("steamcity_station_list", people.teacher, {})["results"]
    # The one in Sofia.
    station = max(stations, key=lambda one: one["longitude"])
    window = {"station": station["id"], "from": WEEK[0], "to": WEEK[1]}
    means = daily_means(
        call("steamcity_observation_window", people.teacher, {**window, "protocol": "outdoor-air"})["text"]
    )
    figures = {"over": sum(value > GUIDELINE for value in means), "days": len(means), "peak": f"{max(means):.0f}"}
    made = class_for(call, SCHOOL, "upper_secondary", people)
    draft = call(
        "steamcity_draft_create", people.teacher, {"protocol": "outdoor-air", "owner_org": SCHOOL, "class_id": made}
    )["id"]
    call("steamcity_draft_update", people.teacher, {"id": draft, "answers": _answers(figures)})
    report = call("steamcity_draft_file_set", people.teacher, {"id": draft, "window": window})["report"]
    decisions = {one["code"]: "keep" for one in report["findings"] if "keep" in one["choices"]}
    call("steamcity_draft_file_accept", people.teacher, {"id": draft, "decisions": decisions})
    call("steamcity_review_request", people.teacher, {"id": draft})
    review = next(one for one in call("steamcity_review_list", people.coordinator, {}) if one["package_id"] == draft)
    shown = call("steamcity_review_show", people.coordinator, {"id": review["id"]})
    call("steamcity_review_approve", people.coordinator, {"id": review["id"], "sha256": shown["sha256"]})


def _answers(figures: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Answers of the wizard; the finding is worked out from the data."""
    most = figures["over"] * 2 > figures["days"]
    return {
        "question": {
            "language": "bg",
            "question": "Колко често въздухът край нашето училище е по-лош, отколкото препоръчва СЗО?",
            "hypotheses": [
                {"statement": "През повечето дни стойността на СЗО се надхвърля.", "stated_on": "2026-03-02"},
            ],
        },
        "data": {
            "instruments": [{"name": "SDS011", "measures": "PM2.5, PM10", "accuracy": "±15 %, ±10 µg/m³"}],
            "synthetic": True,
        },
        "place": {"city": "sofia", "published_place": "area:sofia-sredets"},
        "outcome": {
            "hypotheses": [
                {
                    "outcome": "supported" if most else "refuted",
                    "reflection": "Една седмица е малко: догодина ще сравним с есента.",
                }
            ],
            "finding": _FINDING["bg"].format(**figures),
            "finding_translated": {language: text.format(**figures) for language, text in _FINDING.items()},
            "limits": "Една станция и една седмица. Евтин сензор, който при влажен въздух показва повече.",
            "notes": _NOTES["bg"].format(**figures),
            "notes_translated": {language: text.format(**figures) for language, text in _NOTES.items()},
        },
        "licence": {
            "license_id": "ODbL-1.0",
            "funders": [{"name": "European Union – Erasmus+", "award": "Erasmus+ KA220-SCH, SteamCity"}],
        },
    }
