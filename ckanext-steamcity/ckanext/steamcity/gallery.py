"""The pictures of a result as its page shows them: names from its table, labels in words. The frame's helper only."""

from __future__ import annotations

import csv
from functools import lru_cache
from typing import Any

from ckanext.steamcity import blobs, wording
from ckanext.steamcity.protocols.model import Protocol

MOST = 12


def pictures(record: dict[str, Any]) -> dict[str, Any] | None:
    """`{file, count, shown: [{name, labels}]}`; None where a result has no pictures."""
    files = {file.get("role"): file for file in record.get("files", [])}
    media, table = files.get("media"), files.get("data")
    protocol = wording.protocol((record.get("protocol") or {}).get("slug"))
    if not media or not table or not table.get("sha256") or protocol is None or protocol.media_column is None:
        return None
    try:
        rows = _rows(table["sha256"], protocol.media_column.name)
    except FileNotFoundError:
        return None
    shown = [{"name": row[protocol.media_column.name], "labels": _labels(protocol, row)} for row in rows]
    return {"file": media, "count": media.get("pictures") or len(rows), "shown": shown} if shown else None


@lru_cache(maxsize=128)
def _rows(sha256: str, column: str) -> list[dict[str, str]]:
    """The first rows of a clean table that name a picture each."""
    found: dict[str, dict[str, str]] = {}
    with blobs.path(sha256).open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if row.get(column):
                found.setdefault(row[column], row)
            if len(found) >= MOST:
                break
    return list(found.values())


def _labels(protocol: Protocol, row: dict[str, str]) -> list[str]:
    """What the class says of a picture: the answers its rows are compared by."""
    told = []
    for column in protocol.columns:
        choice = next((one for one in column.choices if one.value == row.get(column.name)), None)
        if choice is not None and column.role == "group":
            told.append(f"{wording.local(column.titles)}: {wording.local(choice.titles)}")
    return told or [row[protocol.media_column.name]]  # type: ignore[union-attr]  # asked before
