"""Columns → Frictionless Table Schema, CKAN DataStore fields, and the CSV template a class fills in. Pure."""

from __future__ import annotations

import csv
import io
from typing import Any

from ..messages import N_
from . import units
from .model import FLAG_COLUMN, Column, Protocol, words

FLAG_TITLE = N_("Quality flag")
FLAG_DESCRIPTION = N_("Quality of the row, QARTOD code: 1 good, 2 not evaluated, 3 suspect, 4 fail, 9 missing.")
_FRICTIONLESS = {
    "datetime": "datetime",
    "date": "date",
    "number": "number",
    "integer": "integer",
    "category": "string",
    "text": "string",
    "boolean": "boolean",
}
_DATASTORE = {
    "datetime": "timestamp",
    "date": "date",
    "number": "numeric",
    "integer": "int8",
    "category": "text",
    "text": "text",
    "boolean": "bool",
}
_PROPERTY = "https://w3id.org/steamcity/property/"


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


def _field(column: Column, language: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": column.name,
        "type": _FRICTIONLESS[column.type],
        "title": words(column.titles, language),
        "description": words(column.descriptions, language),
    }
    constraints: dict[str, Any] = {}
    if column.role == "time" and column.required:
        constraints["required"] = True
    if column.choices:
        constraints["enum"] = [choice.value for choice in column.choices]
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
                "notes": words(column.descriptions, language),
                "unit": units.symbol(column.unit),
                "unit_code": column.unit or "",
                "property": column.property or "",
            },
        }
        for column in columns
    ]
    return [*fields, {"id": FLAG_COLUMN, "type": "int8", "info": {"label": FLAG_TITLE, "notes": FLAG_DESCRIPTION}}]


def template_csv(protocol: Protocol, language: str = "en") -> bytes:
    """The CSV a class starts from: headers in its language with units, the template's example rows.

    Reads back without a question.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([header(column, language) for column in protocol.columns])
    count = max((len(column.examples) for column in protocol.columns), default=0)
    for i in range(count):
        writer.writerow([_example(column, i) for column in protocol.columns])
    # a BOM, so that spreadsheet programs show accents and Cyrillic
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def header(column: Column, language: str) -> str:
    """Title with unit: ``CO2 (ppm)``."""
    symbol = units.symbol(column.unit)
    title = words(column.titles, language)
    return f"{title} ({symbol})" if symbol else title


def _example(column: Column, i: int) -> str:
    if i >= len(column.examples):
        return ""
    value = column.examples[i]
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
