"""A draft's file: read it, check it against the protocol, keep the report, write the clean table. This plugin only.

Raw bytes are kept for protocols of privacy class P0 and P1 only, and privately. Answers of people (P2, P3) are counted
while they are read: nothing but the table of groups is stored, and who wants another choice gives the file again.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

import ckan.plugins.toolkit as tk
from ckan import model
from ckanext.steamcity import privacy, protocols

from . import compose, files, mappings, pictures, prefill, revisions
from .model import Draft, extra, now

_LISTED = 40
#: Repairs that stand in the dictionary and the record; where there are more, all of them are a file of their own.
_REPAIRS = 1000
_PREVIEW = 10
_SAID_AGAIN = ("personal_column", "personal_line", "sheet", "calculated")  # what the kept file does not show any more
HINTS = ("mapping", "timezone", "date_order", "decimal", "start_time", "sheet", "decisions")


def keeps_rows(protocol: protocols.Protocol) -> bool:
    """Whether single rows of this protocol may be stored."""
    return protocol.privacy in ("P0", "P1") and protocol.aggregate is None


def protocol_or_refuse(draft: Draft) -> protocols.Protocol:
    protocol = compose.protocol_of(draft)
    if protocol is None:
        raise tk.ValidationError({"protocol": [tk._("Choose a protocol first.")]})
    return protocol


def safe_name(name: str | None) -> str:
    """A file's name as it may be shown: no folder, no person, no sign that means something to a system or a page."""
    last = re.split(r"[\\/]", name or "")[-1][-200:]
    if privacy.scan_file_name(last):
        # Nobody needs it, and it would stay with the draft.
        ending = re.search(r"\.[A-Za-z0-9]{1,5}$", last)
        return f"data{ending[0].lower() if ending else '.csv'}"
    return re.sub(r"[^\w .()+-]", "_", last)[:80].strip(" .") or "data.csv"


@dataclass
class Given:
    """What was given as a draft's data, to be read in pieces; from a station also what it says of itself."""

    content: BinaryIO
    name: str
    source: dict[str, str] | None = None
    station: dict[str, Any] | None = None


def content_of(data_dict: dict[str, Any]) -> Given | None:
    """What was given: an upload, a pasted text or a station's window. None: nothing new."""
    upload, text, window = (data_dict.get(name) for name in ("upload", "text", "window"))
    if upload is not None and getattr(upload, "filename", None) is not None and not isinstance(upload, str):
        name = data_dict.get("filename") or upload.filename
        return Given(_bounded(getattr(upload, "stream", upload), "upload"), safe_name(name))
    if isinstance(text, str) and text.strip():
        name = safe_name(data_dict.get("filename") or "pasted.csv")
        return Given(_bounded(io.BytesIO(text.encode()), "text"), name)
    if isinstance(window, dict):
        return _of_station(window)
    return None


def _bounded(stream: BinaryIO, field: str) -> BinaryIO:
    try:
        return files.within_limit(stream)
    except files.TooLargeError:
        sentence = tk._("This file is too large: at most {limit} MB can be read.")
        raise tk.ValidationError({field: [sentence.format(limit=files.LIMIT // 1024 // 1024)]}) from None


def _of_station(window: dict[str, Any]) -> Given:
    wanted = {name: window.get(name) for name in ("station", "from", "to", "protocol")}
    found = tk.get_action("steamcity_observation_window")({"ignore_auth": True}, wanted)
    source = {
        "title": str(found.get("source") or "")[:200],
        "url": str(found.get("url") or ""),
        "licence": str(found.get("licence_id") or ""),
        "attribution": str(found.get("attribution") or ""),
    }
    content = found["text"].encode() if isinstance(found["text"], str) else found["text"]
    if found.get("synthetic"):
        source["synthetic"] = "true"
    source = {name: value for name, value in source.items() if value}
    return Given(io.BytesIO(content), safe_name(found.get("filename")), source, found)


def hints_of(given: Any, before: dict[str, Any]) -> dict[str, Any]:
    """Known hints with those given on top; mapping and decisions are merged key by key."""
    hints = {name: value for name, value in before.items() if name in HINTS}
    for name, value in (given if isinstance(given, dict) else {}).items():
        if name not in HINTS:
            continue
        if isinstance(value, dict):
            hints[name] = {**(hints.get(name) or {}), **{str(key)[:200]: one for key, one in value.items()}}
        else:
            hints[name] = value
    if len(json.dumps(hints, default=str)) > 50_000:
        raise tk.ValidationError({"hints": [tk._("These are more answers than a file has questions.")]})
    return hints


def timezone_of(draft: Draft) -> str | None:
    """The time zone of the place where it was measured, else of the school's city."""
    school = model.Group.get(draft.school)
    city = draft.answers.get("place", {}).get("city") or extra(school, "city")
    if not city:
        return None
    try:
        return tk.get_action("steamcity_area_show")({"ignore_auth": True}, {"id": city}).get("timezone")
    except tk.ObjectNotFound:
        return None


def check(draft: Draft, content: BinaryIO, hints: dict[str, Any], name: str) -> protocols.Report:
    """The report on this content; the time zone of the place stands in where the file says none."""
    known = {**hints, "timezone": hints.get("timezone") or timezone_of(draft)}
    return protocols.check_file(content, protocol_or_refuse(draft), filename=name, hints=known)


def set_file(draft: Draft, data_dict: dict[str, Any]) -> tuple[protocols.Report, dict[str, Any]]:
    """Check new content, or the old one with new hints; store what may be stored. The caller commits."""
    protocol = protocol_or_refuse(draft)
    given = content_of(data_dict)
    if given is not None:
        return _take(draft, protocol, given, hints_of(data_dict.get("hints"), {}))
    before = draft.file or {}
    if not before:
        raise tk.ValidationError({"upload": [tk._("Choose a file, or paste the table.")]})
    hints = hints_of(data_dict.get("hints"), before.get("hints") or {})
    revisions.refuse_stale_file(draft, hints, data_dict.get("seen"))
    with _stored(draft, protocol) as content:
        return _take(draft, protocol, Given(content, before["name"], before.get("source")), hints, again=True)


def _take(
    draft: Draft, protocol: protocols.Protocol, given: Given, hints: dict[str, Any], *, again: bool = False
) -> tuple[protocols.Report, dict[str, Any]]:
    """`again`: what is given is the file the draft has, only the hints are new."""
    report = check(draft, given.content, hints, given.name)
    known = {} if again else mappings.recall(draft, report)
    known = {header: column for header, column in known.items() if header not in hints.get("mapping", {})}
    if known:
        hints = hints_of({"mapping": known}, hints)
        report = check(draft, given.content, hints, given.name)
    shown = report.to_dict(_PREVIEW)
    if again:
        # They are not in the kept file any more, and the teacher shall still know.
        _say_again(shown, draft.report or {})
    _shorten(shown)
    shown["remembered"] = bool(known) or (again and bool((draft.report or {}).get("remembered")))
    size = files.size_of(given.content)
    entry: dict[str, Any] = {"name": given.name, "bytes": size, "hints": hints, "source": given.source}
    if pictures.wanted(protocol):
        entry["named"] = pictures.named_in(report)
    filled = (draft.file or {}).get("filled")
    if not again:
        prefill.take_back(draft, filled)
        filled = prefill.fill(draft, protocol, given.station) if given.station else None
    entry["filled"] = filled
    entry.update(_keep(draft, protocol, given.content, report))
    draft.file = entry
    if report.ok:
        mappings.remember(draft, report)
    draft.report = shown if keeps_rows(protocol) else _without_values(shown)
    draft.modified = now()
    return report, shown


def _keep(draft: Draft, protocol: protocols.Protocol, content: BinaryIO, report: protocols.Report) -> dict[str, str]:
    """Store what may be stored: the file, else the table of groups made from it; what the draft says of it."""
    kept = _without_people(content, report) if keeps_rows(protocol) else None
    if kept is not None:
        return {"sha256": files.put(draft.id, kept), "kept": "file"}
    if report.ok and report.clean is not None:
        return {"sha256": files.put(draft.id, json.dumps(_outputs(draft, report)).encode()), "kept": "table"}
    return {}


def _without_people(content: BinaryIO, report: protocols.Report) -> Iterator[bytes] | None:
    """The file as it may be kept; None where people stand in it and it cannot be written without them.

    Of a workbook the sheet that was read, once it is known which: names are in other sheets, comments and properties.
    """
    book = report.understood.get("kind") in protocols.BOOKS and not any(one.code == "sheet" for one in report.questions)
    if not report.surplus and not book:
        return files.pieces(content)
    return protocols.taken_out(content, report.surplus, report.understood.get("sheet"))


def _say_again(shown: dict[str, Any], before: dict[str, Any]) -> None:
    told = {(one["code"], one["row"], one["column"]) for one in shown["findings"]}
    for one in before.get("findings", []):
        if one["code"] in _SAID_AGAIN and (one["code"], one["row"], one["column"]) not in told:
            shown["findings"].append(one)
            shown["counts"][one["code"]] = shown["counts"].get(one["code"], 0) + one["count"]


def _stored(draft: Draft, protocol: protocols.Protocol) -> BinaryIO:
    kept = draft.file if draft.file and draft.file.get("kept") == "file" else None
    content = files.open_kept(draft.id, kept["sha256"]) if kept else None
    if content is None:
        sentence = tk._("Please give the file again.")
        if not keeps_rows(protocol):
            sentence = tk._("Answers of people are not stored: please give the file again, with your choices.")
        raise tk.ValidationError({"upload": [sentence]})
    return content


def _shorten(shown: dict[str, Any]) -> None:
    """A page lists some findings of each code; the last of them stands for the rest, as in the report itself."""
    listed: dict[str, int] = {}
    last: dict[str, dict[str, Any]] = {}
    kept = []
    for finding in shown["findings"]:
        code = finding["code"]
        listed[code] = listed.get(code, 0) + 1
        if listed[code] <= _LISTED:
            last[code] = finding
            kept.append(finding)
        else:
            last[code]["count"] += finding["count"]
    shown["findings"] = kept


def _without_values(shown: dict[str, Any]) -> dict[str, Any]:
    """A report without anything that one single person could have said."""
    findings = []
    for finding in shown["findings"]:
        bare = {name: finding[name] for name in ("code", "severity", "count", "choices", "decision")}
        # Why nothing is left is said without anything of a row.
        kept = {name: finding[name] for name in ("message", "suggestion")} if finding["code"] == "nothing_left" else {}
        empty = {"row": None, "column": None, "value": None, "message": None, "suggestion": None}
        findings.append({**bare, **empty, **kept})
    return {**shown, "findings": findings, "repairs": [], "columns": []}


def _outputs(draft: Draft, report: protocols.Report) -> dict[str, Any]:
    """What is published of a checked file, and what is told about it."""
    clean = report.clean
    if clean is None:
        raise ValueError("no clean table")
    protocol = protocol_or_refuse(draft)
    language = draft.answers.get("question", {}).get("language") or "en"
    about = clean.to_dict(0)
    repairs = _publishable(protocol, report.repairs)
    published = pictures.publish(draft, clean)
    return {
        "pictures": published,
        "csv": clean.to_csv().decode(),
        "repairs_csv": _table_of(repairs) if len(repairs) > _REPAIRS else None,
        "schema": clean.table_schema(language),
        "facts": {name: about[name] for name in ("rows", "quality", "period_start", "period_end")},
        "provenance": {
            "quality": about["quality"],
            "repairs": [repair.to_dict() for repair in repairs[:_REPAIRS]],
            "repairs_count": len(repairs),
            "protocol": protocol.slug,
            "protocol_digest": protocol.digest,
        },
    }


def _table_of(repairs: list[protocols.Repair]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("row", "column", "measured", "published", "code"))
    writer.writerows((one.row, one.column, one.measured, one.published, one.code) for one in repairs)
    return out.getvalue()


def _publishable(protocol: protocols.Protocol, repairs: list[protocols.Repair]) -> list[protocols.Repair]:
    """Repairs without what would tell a moment more exactly than the table does: times, and lines of the file; and
    without what a class calls its pictures."""
    media = protocol.media_column.name if protocol.media_column else None
    repairs = [one for one in repairs if one.column != media]
    if protocols.time_step(protocol) == "as_measured":
        return repairs
    time = protocol.time_column.name if protocol.time_column else None
    return [replace(one, row=None) for one in repairs if one.column != time or one.row is None]


def outputs(draft: Draft) -> dict[str, Any] | None:
    """CSV, Table Schema and facts from what is stored now, with the stored hints; None when the check does not pass."""
    if not draft.file or not draft.file.get("sha256"):
        return None
    content = files.open_kept(draft.id, draft.file["sha256"])
    if content is None:
        return None
    with content:
        if draft.file["kept"] == "table":
            return json.load(content)
        report = check(draft, content, draft.file.get("hints") or {}, draft.file["name"])
        return _outputs(draft, report) if report.ok else None


def accept(draft: Draft, user: str) -> None:
    """Write the clean table of the stored file into the package. Commits; the same file twice writes nothing."""
    if is_accepted(draft):
        model.Session.commit()
        return
    made = outputs(draft)
    if made is None:
        raise tk.ValidationError({"data": [tk._("The file still has open questions: answer them first.")]})
    table = made["csv"].encode()
    schema = json.dumps(made["schema"], ensure_ascii=False, indent=2, sort_keys=True).encode() + b"\n"
    draft.accepted = {
        **made["facts"],
        "of": _fingerprint(draft),
        "sha256": hashlib.sha256(table).hexdigest(),
        "source": (draft.file or {}).get("source"),
    }
    draft.modified = now()
    about = {name: value for name, value in compose.fields(draft).items() if value not in ("", [], {})}
    archive = pictures.archive(draft, made.get("pictures") or {}, about.get("license_id", ""))
    written = [
        {"name": "data.csv", "role": "data", "content": table, "format": "CSV"},
        {"name": "dictionary.json", "role": "dictionary", "content": schema, "format": "JSON"},
        # Without content: what an earlier acceptance wrote is taken out.
        {"name": "repairs.csv", "role": "repairs", "content": made.get("repairs_csv"), "format": "CSV"},
        {"name": "pictures.zip", "role": "media", "content": archive, "format": "ZIP"},
    ]
    wanted = {"id": draft.id, "files": written, "fields": about, "provenance": made["provenance"]}
    # Its commit is also the draft's: the acceptance and the files come together or not at all.
    stored = tk.get_action("steamcity_files_set")({"ignore_auth": True, "user": user}, wanted)["resources"]
    # The gate asks whether the files are still those the portal wrote.
    by_role = {one.get("role"): one["sha256"] for one in stored}
    draft.accepted = {**(draft.accepted or {}), "dictionary": by_role["dictionary"], "media": by_role.get("media")}
    model.Session.commit()
    files.keep_only(draft.id, *kept(draft))


def kept(draft: Draft) -> list[str]:
    """Checksums of everything the draft's folder holds."""
    return [(draft.file or {}).get("sha256") or "", *pictures.digests(draft)]


def is_accepted(draft: Draft) -> bool:
    """Whether what is stored now is what was accepted."""
    accepted = draft.accepted or {}
    return bool(accepted.get("dictionary")) and accepted.get("of") == _fingerprint(draft)


def reading_of(draft: Draft) -> list[Any]:
    """What decides how the file is read."""
    file = draft.file or {}
    return [file.get("sha256"), file.get("hints"), draft.protocol, timezone_of(draft)]


def _fingerprint(draft: Draft) -> str:
    """What the clean table was made from: how the file is read, and how finely it may be told."""
    parts = reading_of(draft)
    protocol = compose.protocol_of(draft)
    if protocol is not None and protocol.place_setting != protocols.load(protocol.slug).place_setting:
        parts.append(protocol.place_setting)
    if pictures.given(draft):
        # The zip says under which licence it is.
        licence = draft.answers.get("licence", {}).get("license_id")
        parts.append([[one["name"], one["sha256"]] for one in pictures.given(draft)] + [licence])
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
