"""Columns → Frictionless Table Schema, CKAN DataStore fields, and the CSV template a class fills in. Pure."""

from __future__ import annotations

import csv
import io
from typing import Any

from ..messages import N_
from . import units
from .loader import terms
from .model import FLAG_COLUMN, Column, Protocol, words

FLAG_TITLE = N_("Quality flag")
FLAG_DESCRIPTION = N_("Quality of the row, QARTOD code: 1 good, 2 not evaluated, 3 suspect, 4 fail, 9 missing.")
# Words the check reads back as true and false.
YES_NO = {"en": ("yes", "no"), "fr": ("oui", "non"), "it": ("sì", "no"), "es": ("sí", "no"), "bg": ("да", "не")}
_FRICTIONLESS = {
    "datetime": "datetime",
    "date": "date",
    "number": "number",
    "integer": "integer",
    "category": "string",
    "text": "string",
    "media": "string",
    "boolean": "boolean",
}
_DATASTORE = {
    "datetime": "timestamp",
    "date": "date",
    "number": "numeric",
    "integer": "int8",
    "category": "text",
    "text": "text",
    "media": "text",
    "boolean": "bool",
}
NAME_PATTERN = r"image-[0-9]{3}\.jpg"
_PROPERTY = "https://w3id.org/steamcity/property/"  # the page of it: /property/<id>


def table_schema(protocol: Protocol, columns: list[Column], language: str = "en") -> dict[str, Any]:
    """Table Schema of a published table; ``unit`` and ``property`` stand beside the standard keys."""
    fields = [_field(column, language) for column in columns]
    fields.append(
        {
            "name": FLAG_COLUMN,
            "type": "integer",
            "title": FLAG_TITLE,
            "description": FLAG_DESCRIPTION,
            "constraints": {"required": True, "enum": [1, 2, 3, 4, 9]},
        }
    )
    return {"name": protocol.slug, "title": protocol.title(language), "fields": fields, "missingValues": [""]}


def described(column: Column, language: str) -> str:
    """What a column holds; of moments also in which zone, which a table shown elsewhere does not say."""
    description = words(column.descriptions, language)
    if column.type != "datetime" or "UTC" in description:
        return description
    return f"{description} {words(terms()['drawn']['utc'], language)}".strip()


def _field(column: Column, language: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": column.name,
        "type": _FRICTIONLESS[column.type],
        "title": words(column.titles, language),
        "description": described(column, language),
    }
    constraints: dict[str, Any] = {}
    if column.role == "time" and column.required:
        constraints["required"] = True
    if column.choices:
        constraints["enum"] = [choice.value for choice in column.choices]
    if column.type == "media":
        # A name in the zip of pictures that is published beside the table.
        constraints["pattern"] = NAME_PATTERN
        made["fileIn"] = "pictures"
    if constraints:
        made["constraints"] = constraints
    if column.unit:
        made["unit"], made["unitSymbol"] = column.unit, units.symbol(column.unit)
    if column.property:
        made["rdfType"] = _PROPERTY + column.property
    return made


def datastore_fields(columns: list[Column], language: str = "en") -> list[dict[str, Any]]:
    """CKAN DataStore fields with data dictionary (``info``)."""
    fields = [
        {
            "id": column.name,
            "type": _DATASTORE[column.type],
            "info": {
                "label": words(column.titles, language),
                "notes": described(column, language),
                "unit": units.symbol(column.unit),
                "unit_code": column.unit or "",
                "property": column.property or "",
            },
        }
        for column in columns
    ]
    return [*fields, {"id": FLAG_COLUMN, "type": "int8", "info": {"label": FLAG_TITLE, "notes": FLAG_DESCRIPTION}}]


def template_csv(protocol: Protocol, language: str = "en", *, spoken: bool = False) -> bytes:
    """The CSV a class starts from: headers in its language with units, the template's example rows.

    Reads back without a question. ``spoken``: choices too are in the language, instead of the values that are stored.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([header(column, language) for column in protocol.columns])
    for i in range(example_rows(protocol)):
        writer.writerow([_example(column, i, language if spoken else None) for column in protocol.columns])
    # a BOM, so that spreadsheet programs show accents and Cyrillic
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def header(column: Column, language: str) -> str:
    """Title with unit: ``CO2 (ppm)``."""
    symbol = units.symbol(column.unit)
    title = words(column.titles, language)
    return f"{title} ({symbol})" if symbol else title


def example_rows(protocol: Protocol) -> int:
    """How many example rows a template has."""
    return max((len(column.examples) for column in protocol.columns), default=0)


def spoken_value(column: Column, value: Any, language: str) -> Any:
    """A stored value as a class writes it: choices and yes or no in its language, all else as it is."""
    if isinstance(value, bool):
        return YES_NO[language][not value]
    return next((words(choice.titles, language) for choice in column.choices if choice.value == value), value)


def _example(column: Column, i: int, language: str | None) -> str:
    if i >= len(column.examples):
        return ""
    value = column.examples[i]
    if language:
        value = spoken_value(column, value, language)
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
