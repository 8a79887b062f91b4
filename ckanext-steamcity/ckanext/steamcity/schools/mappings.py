"""Which column a class took for which, remembered for its next file with the same header. This plugin only.

Kept by class, protocol and a digest of the header. The names of the file's columns are not stored: what a class calls
its columns may point to people.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import sqlalchemy as sa
from ckan import model
from ckanext.steamcity import protocols
from sqlalchemy.dialects.postgresql import insert

from .model import Draft, Mapping, now


def _signature(columns: list[Any]) -> str:
    return hashlib.sha256(json.dumps([column.header for column in columns]).encode()).hexdigest()


def recall(draft: Draft, report: protocols.Report) -> dict[str, str | None]:
    """{header: column} as this class chose the last time; empty when it chose nothing."""
    if not draft.class_id or not draft.protocol or not report.columns:
        return {}
    found = model.Session.get(Mapping, (draft.class_id, draft.protocol, _signature(report.columns)))
    if found is None or len(found.columns) != len(report.columns):
        return {}
    return {
        column.header: chosen
        for column, chosen in zip(report.columns, found.columns, strict=True)
        if chosen is not False and chosen != column.column
    }


def remember(draft: Draft, report: protocols.Report) -> None:
    """Keep what was chosen for this header, in the caller's transaction; the portal's own findings need no memory."""
    if not draft.class_id or not draft.protocol or not report.columns:
        return
    given = (draft.file or {}).get("hints", {}).get("mapping") or {}
    # False: the portal's own proposal stays.
    chosen = [given[c.header] if c.header in given and c.how in ("hint", "ignored") else False for c in report.columns]
    key = {"class_id": draft.class_id, "protocol": draft.protocol, "signature": _signature(report.columns)}
    if all(one is False for one in chosen):
        model.Session.execute(sa.delete(Mapping).filter_by(**key))
        return
    values = {"columns": chosen, "modified": now()}
    statement = insert(Mapping.__table__).values(**key, **values)
    index = ["class_id", "protocol", "signature"]
    model.Session.execute(statement.on_conflict_do_update(index_elements=index, set_=values))
