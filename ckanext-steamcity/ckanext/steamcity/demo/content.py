"""The results of the demo: texts from ``content/*.yaml``, figures in them from the generated data. Pure; public.

A text never states a figure by hand: ``{name}`` is replaced by a fact computed from the rows, written as the language
writes numbers (``{name:1}`` with one decimal). ``true_if`` lists what has to hold for the sentence to be true.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import resources
from typing import Any

import yaml
from babel.numbers import format_decimal
from ckanext.steamcity import protocols

from . import pictures
from .data import make_rows
from .dialects import DIALECTS, write
from .shapes import Row

LANGUAGES = ("en", "fr", "it", "es", "bg")
SCHOOL_YEAR = "2025-2026"
_PARTS = ("air", "life", "governance", "mobility", "energy", "technology")
_FIGURE = re.compile(r"\{(\w+)(?::(\d))?\}")
_UNITS = {"[ppm]": "ppm", "Cel": "°C", "%": "%", "dB": "dB", "lx": "lx", "W": "W"}
_TESTS = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
}


@dataclass(frozen=True)
class Hypothesis:
    """What a class expected; ``true_if`` is what the data have to show for the outcome to be right."""

    statement: str
    stated_on: str
    outcome: str
    reflection: str = ""
    true_if: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, str]:
        """Return the field value of an experiment."""
        return {
            "statement": self.statement,
            "stated_on": self.stated_on,
            "outcome": self.outcome,
            "reflection": self.reflection,
        }


@dataclass(frozen=True)
class Result:
    """One synthetic result, ready to be put through the publishing path."""

    key: str
    protocol: str
    cluster: str
    school: str
    partner: str
    level_band: str
    language: str
    city: str
    place: str
    timezone: str
    period_start: date
    period_end: date
    title: dict[str, str]
    finding: dict[str, str]
    notes: dict[str, str]
    question: str
    hypotheses: tuple[Hypothesis, ...]
    limits: str
    instruments: tuple[dict[str, str], ...]
    funders: tuple[dict[str, str], ...]
    licence: str
    true_if: tuple[str, ...]
    facts: Mapping[str, float]
    rows: tuple[Row, ...]
    dialect: str

    synthetic = True
    school_year = SCHOOL_YEAR

    @property
    def filename(self) -> str:
        """Name of the file; it says that it is a demo."""
        return f"{self.key}-demo.csv"

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The set of outcomes, in order of appearance."""
        return tuple(dict.fromkeys(hypothesis.outcome for hypothesis in self.hypotheses))

    def pictures(self) -> dict[str, bytes]:
        """The picture files its rows name, drawn."""
        return pictures.files(self.rows, self.key)

    def file(self) -> bytes:
        """Return the file as the class would hand it in."""
        titles, choices = {}, {}
        for column in _template(self.protocol)["columns"]:
            unit = _UNITS.get(column["unit"] or "")
            titles[column["name"]] = column["titles"][self.language] + (f" ({unit})" if unit else "")
            choices[column["name"]] = {
                choice["value"]: choice["titles"][self.language] for choice in column.get("choices", ())
            }
        return write(self.rows, DIALECTS[self.dialect], titles, choices)


def holds(claim: str, facts: Mapping[str, float]) -> bool:
    """Say whether a claim such as ``evening > afternoon`` or ``high_share > 50`` is true of the facts."""
    left, sign, right = claim.split()
    return bool(_TESTS[sign](facts[left], facts[right] if right in facts else float(right)))


def fill(text: str, facts: Mapping[str, float], language: str) -> str:
    """Put the figures into a text, written as the language writes them."""

    def figure(match: re.Match[str]) -> str:
        places = int(match[2] or 0)
        pattern = "#,##0" + ("." + "0" * places if places else "")
        return format_decimal(round(facts[match[1]], places), format=pattern, locale=language)

    return _FIGURE.sub(figure, text)


def _yaml(package: str, *path: str) -> Any:
    return yaml.safe_load(resources.files(package).joinpath(*path).read_text(encoding="utf-8"))


@cache
def _template(slug: str) -> dict[str, Any]:
    if slug not in protocols.slugs():
        raise KeyError(slug)
    return _yaml("ckanext.steamcity.schemas", "protocols", f"{slug}.yaml")


@cache
def _places() -> dict[str, dict[str, Any]]:
    """Every city and district by its slug: city, time zone, centre, names."""
    found: dict[str, dict[str, Any]] = {}
    for city in _yaml("ckanext.steamcity.schemas", "places.yaml")["cities"]:
        common = {"city": city["slug"], "timezone": city["timezone"]}
        found[city["slug"]] = {**common, "at": city["at"], "names": city["names"]}
        for district in city["districts"]:
            names = dict.fromkeys(LANGUAGES, district.get("name")) | district.get("names", {})
            found[district["slug"]] = {**common, "at": district["at"], "names": names}
    return found


@cache
def organisations() -> dict[str, list[dict[str, Any]]]:
    """Return funders, partners and schools."""
    return _yaml("ckanext.steamcity.demo", "content", "organisations.yaml")


def _period(rows: list[Row], given: list[str] | None) -> tuple[date, date]:
    if given:
        return date.fromisoformat(given[0]), date.fromisoformat(given[1])
    days = [value.date() if isinstance(value, datetime) else value for row in rows for value in list(row.values())[:1]]
    return min(days), max(days)


def _result(raw: dict[str, Any]) -> Result:
    place, template = _places()[raw["place"]], _template(raw["protocol"])
    rows, facts = make_rows(raw["key"], raw["protocol"], raw["data"], place["timezone"], tuple(place["at"]))
    start, end = _period(rows, raw.get("period"))
    own = raw["language"]
    hypotheses = tuple(
        Hypothesis(
            fill(item["statement"], facts, own),
            item["stated_on"],
            item["outcome"],
            fill(item.get("reflection", ""), facts, own),
            tuple(item.get("true_if", ())),
        )
        for item in raw["hypotheses"]
    )
    return Result(
        key=raw["key"],
        protocol=raw["protocol"],
        cluster=template["clusters"][0],
        school=raw["school"],
        partner=raw["partner"],
        level_band="upper_secondary" if raw["level"] == "upper_secondary" else "lower_secondary",
        language=own,
        city=place["city"],
        place=f"area:{raw['place']}",
        timezone=place["timezone"],
        period_start=start,
        period_end=end,
        title={lang: f"{template['titles'][lang]} – {place['names'][lang]}" for lang in LANGUAGES},
        finding={lang: fill(text, facts, lang) for lang, text in raw["finding"].items()},
        notes={lang: fill(text, facts, lang) for lang, text in raw["about"].items()},
        question=raw["question"],
        hypotheses=hypotheses,
        limits=raw["limits"],
        instruments=tuple(raw["instruments"]),
        funders=tuple(organisations()["funders"]),
        licence=raw.get("licence", "CC-BY-4.0"),
        true_if=tuple(raw["true_if"]),
        facts=facts,
        rows=tuple(rows),
        dialect=raw["dialect"],
    )


@cache
def results() -> tuple[Result, ...]:
    """Return every result, in the order in which the loader publishes them."""
    return tuple(_result(raw) for part in _PARTS for raw in _yaml("ckanext.steamcity.demo", "content", f"{part}.yaml"))
