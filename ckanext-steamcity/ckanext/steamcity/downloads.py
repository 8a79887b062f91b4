"""Files of a protocol that people take with them: tables, sample, schema, the pack for offline use.

The frame's action and views only. The same portal gives the same bytes as long as the template stays the same.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import ckan.plugins.toolkit as tk
from ckanext.steamcity import charting, protocols, wording
from ckanext.steamcity.messages import N_
from ckanext.steamcity.protocols import charts, sample, tableschema, template_workbook
from ckanext.steamcity.protocols.model import Protocol

SYNTHETIC = N_("Sample data, invented by a program: nobody measured them.")
_STYLES = [Path(__file__).with_name("assets") / "css" / name for name in ("sheet.css", "series.css")]
# Zip files say when a file was changed; a pack says the same every time.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_FILE_MODE = 0o100644 << 16
# Columns that still fit on upright A4, and the rows that fit on the first page of each.
_UPRIGHT_COLUMNS, _UPRIGHT_ROWS, _ACROSS_ROWS = 6, 27, 16


@dataclass(frozen=True)
class Download:
    """``file``: the end of its address; ``ending``: what its name on disk ends with."""

    file: str
    ending: str
    media_type: str
    attached: bool = True


KINDS = {
    "template": Download("template.csv", "{language}.csv", "text/csv; charset=utf-8"),
    "workbook": Download(
        "template.xlsx", "{language}.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    ),
    "sample": Download("sample.csv", "sample-synthetic-{language}.csv", "text/csv; charset=utf-8"),
    "schema": Download("schema.json", "schema.json", "application/json", attached=False),
    "pack": Download("pack.zip", "{language}.zip", "application/zip"),
}
_PAGES = {"page": "protocol", "fieldsheet": "protocol_fieldsheet", "twins": "protocol_twins"}


def addresses(slug: str) -> dict[str, str]:
    """Where the pages and files of a protocol are, in the reader's language."""
    names = {**_PAGES, **{kind: f"protocol_{kind}" for kind in KINDS}}
    return {kind: tk.h.url_for(f"steamcity.{name}", slug=slug, qualified=True) for kind, name in names.items()}


def content(kind: str, protocol: Protocol) -> bytes:
    """The bytes of a file in the reader's language."""
    language = wording.language()
    if kind == "template":
        return protocols.template_csv(protocol, language, spoken=True)
    if kind == "workbook":
        return template_workbook.workbook(protocol, language, tk._)
    if kind == "sample":
        return sample.sample_csv(protocol, language, tk._(SYNTHETIC))
    if kind == "schema":
        asked = tk.request.args.get("lang", "")
        return _json(
            schema(protocol, asked if asked in wording.LANGUAGES else language, tk.request.args.get("table", ""))
        )
    return pack(protocol)


def schema(protocol: Protocol, language: str, table: str = "") -> dict[str, Any]:
    """Table Schema of what is published by the protocol; with ``table="collected"`` of what a class writes down."""
    if table == "collected":
        found = tableschema.table_schema(protocol, list(protocol.columns), language)
        found["fields"].pop()  # the flag comes with the check
        return found
    found = sample.sample_table(protocol).table_schema(language)
    flag = found["fields"][-1]
    flag |= {name: tk._(flag[name]) for name in ("title", "description")}
    return found


def _json(data: dict[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=False, indent=1).encode()


def example_charts(slug: str) -> list[dict[str, Any]]:
    """Charts of the sample, as `charting.drawn` gives them; drawn when they are asked for."""
    digest, language = protocols.load(slug).digest, wording.language()
    return [charting.drawn(specs, language) for specs in _specs(slug, digest, language)]


_WIDTHS = {"wide": 720, "narrow": 310}


@lru_cache(maxsize=256)
def _specs(slug: str, _digest: str, language: str) -> list[dict[str, Any]]:
    protocol = protocols.load(slug)
    rows = list(sample.sample_table(protocol).rows)
    title = charts.words(protocol.charts[0].titles, language)
    return [
        {"title": title, **{kind: charts.chart(protocol, rows, language, width) for kind, width in _WIDTHS.items()}}
    ]


def sheet_values(protocol: Protocol, style: str = "") -> dict[str, Any]:
    """What the field sheet shows. ``style``: its style sheet in a pack, where nothing comes from the portal."""
    across = len(protocol.columns) > _UPRIGHT_COLUMNS
    return {
        "protocol": protocol.to_dict(),
        "rows": range(_ACROSS_ROWS if across else _UPRIGHT_ROWS),
        "style": style,
        "wide": across,
    }


def pack(protocol: Protocol) -> bytes:
    """Everything a class needs without a network, in one zip."""
    language = wording.language()
    licences = [found for one in protocols.licences().choices if (found := tk.h.steamcity_licence(one.id))]
    values = {
        **sheet_values(protocol, "style.css"),
        "example": example_charts(protocol.slug),
        "licences": licences,
        "files": {kind: f"{protocol.slug}-{KINDS[kind].ending.format(language=language)}" for kind in _PACKED},
        "address": tk.h.url_for("steamcity.protocol", slug=protocol.slug, qualified=True),
        "note": tk._(SYNTHETIC),
    }
    parts: dict[str, bytes] = {
        "index.html": tk.render("steamcity/sheet/pack.html", values).encode(),
        "fieldsheet.html": tk.render("steamcity/sheet/fieldsheet.html", values).encode(),
        "LICENCE.txt": _licence_text(protocol, licences).encode(),
        "style.css": b"".join(style.read_bytes() for style in _STYLES),
        "schema.json": _json(schema(protocol, language)),
        **{values["files"][kind]: content(kind, protocol) for kind in _PACKED},
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(parts):
            entry = zipfile.ZipInfo(f"{protocol.slug}/{name}", _NO_TIME)
            entry.external_attr, entry.compress_type, entry.create_system = _FILE_MODE, zipfile.ZIP_DEFLATED, 3
            archive.writestr(entry, parts[name])
    return out.getvalue()


def _licence_text(protocol: Protocol, licences: list[dict[str, str]]) -> str:
    free = tk._("Empty tables, field sheet and sample data: use them for anything (CC0 1.0).")
    texts = tk._("The texts of this pack belong to SteamCity Open Data, free software under the AGPL 3.0 or later.")
    lines = [f"{wording.local(protocol.titles)} – SteamCity Open Data", ""]
    lines += [free, "https://creativecommons.org/publicdomain/zero/1.0/", "", texts]
    lines += ["https://www.gnu.org/licenses/agpl-3.0.html", "", tk._(SYNTHETIC), ""]
    lines += [tk._("Licences your class can choose")]
    for licence in licences:
        lines += ["", f"- {licence['short']}: {licence['description']}", f"  {licence['url']}"]
    return "\n".join(lines) + "\n"


_PACKED = ("template", "workbook", "sample")
