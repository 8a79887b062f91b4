"""The data step of the wizard: one form for the file, the choices about it and the instruments. This plugin only.

Nothing a teacher chose is lost, whatever button is pressed: a new file is always checked, what was typed beside it is
always saved.
"""

from __future__ import annotations

import base64
import binascii
import io
from dataclasses import dataclass, field
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckanext.steamcity import protocols
from flask import request
from werkzeug.datastructures import FileStorage

from . import compose, datafile, files, gate, pictures, revisions
from .forms import call, read_form, sentences
from .model import Draft

# Answers of people are not stored; a file up to this size comes back with the page instead of being asked for again.
_CARRIED = 700_000
_QUESTIONS = ("timezone", "date_order", "decimal", "start_time", "sheet")


def variables(draft: Draft, shown: dict[str, Any]) -> dict[str, Any]:
    """What the screen shows beside the answers."""
    protocol = compose.protocol_of(draft)
    report = shown["report"]
    accepted = datafile.is_accepted(draft)
    return {
        "report": report,
        "groups": grouped(report["findings"]) if report else [],
        "stored": protocol is not None and datafile.keeps_rows(protocol),
        "accepted": accepted,
        "timeless": not compose.has_times(draft),
        "time_step": protocols.time_step(protocol) if protocol else "as_measured",
        "located": bool(protocol and protocols.located(protocol)),
        "wrong_year": gate.class_of_another_year(draft, compose.fields(draft)) if accepted else "",
        "filled": sorted((draft.file or {}).get("filled") or {}),
        "stations": _stations(),
        "carried": "",
        "given": {},
        "seen_file": revisions.file_digest(draft),
        "limit": files.LIMIT,
        "pictures": _pictures(draft, protocol),
    }


def _pictures(draft: Draft, protocol: protocols.Protocol | None) -> dict[str, Any] | None:
    """What is shown of the pictures; None where the protocol has none."""
    if not pictures.wanted(protocol):
        return None
    return {
        "given": pictures.given(draft),
        "groups": grouped(pictures.told(draft)),
        "mark": pictures.mark(draft),
        "seen": pictures.confirmed(draft),
        "named": len((draft.file or {}).get("named") or []),
    }


def _stations() -> list[dict[str, Any]]:
    try:
        found = tk.get_action("steamcity_station_list")({"user": tk.current_user.name}, {"limit": 200})
    except (KeyError, tk.ValidationError, tk.NotAuthorized):
        return []
    return found["results"]


def grouped(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Findings by code, what must be decided first."""
    order = {"error": 0, "warning": 1, "note": 2}
    groups: dict[str, dict[str, Any]] = {}
    for finding in findings:
        fresh = {"code": finding["code"], "severity": finding["severity"], "findings": [], "count": 0, "choices": []}
        group = groups.setdefault(finding["code"], fresh)
        group["findings"].append(finding)
        group["count"] += finding["count"]
        group["choices"] += [choice for choice in finding["choices"] if choice not in group["choices"]]
        # Of what has no suggestion the same choice says that it is left out; the choice itself is shown.
        if group.get("decision") != protocols.TAKE:
            group["decision"] = finding["decision"]
    return sorted(groups.values(), key=lambda group: order.get(group["severity"], 3))


@dataclass
class Done:
    """What a save of this screen came to."""

    errors: dict[str, str] = field(default_factory=dict)
    # The answers beside the file are kept.
    saved: bool = False
    # The next step to show; empty: this screen has something to say that is stored nowhere.
    following: str = ""
    report: dict[str, Any] | None = None
    carried: str = ""
    given: dict[str, str] = field(default_factory=dict)


def save(draft_id: str) -> Done:
    """Save the answers, check what is new, keep every choice; each on its own, so that no error costs the rest."""
    do, new, done = request.form.get("do"), _new(), Done()
    new_pictures = [one for one in request.files.getlist("pictures_files") if one.filename]
    try:
        # First, so that what a station fills in comes after what stands in the form.
        seen = {"data": request.form.get(revisions.FIELD, "")}
        answers = {"data": read_form("data", request.form)}
        call("steamcity_draft_update", {"id": draft_id, "answers": answers, "seen": seen})
        done.saved = True
    except tk.ValidationError as error:
        model.Session.rollback()
        done.errors |= sentences(error)
    try:
        remove = request.form.getlist("remove") if do == "pictures" else []
        if new_pictures or do == "pictures":
            accepted = _is_accepted(draft_id)
            wanted = {"id": draft_id, "upload": new_pictures, "remove": remove}
            call("steamcity_draft_pictures_set", wanted)
            if accepted and not _is_accepted(draft_id):
                tk.h.flash_notice(tk._("The pictures are others now, so please accept the data once more."))
    except tk.ValidationError as error:
        model.Session.rollback()
        done.errors |= sentences(error)
    try:
        if do == "check_new" and not new:
            done.errors["upload"] = tk._("Choose a file, or paste the table.")
            done.carried = request.form.get("carried", "")
        elif new or do in ("accept", "check"):
            _file(draft_id, new, do == "accept", done)
    except tk.ValidationError as error:
        model.Session.rollback()
        done.errors |= sentences(error)
        done.carried = request.form.get("carried", "")
    if done.errors:
        done.given = {name: request.form.get(name, "") for name in ("text", "station", "from", "to")}
    elif not done.carried:
        done.following = "place" if do == "instruments" and not new and not new_pictures else "data"
    return done


def _is_accepted(draft_id: str) -> bool:
    draft = Draft.get(draft_id)
    return draft is not None and datafile.is_accepted(draft)


def _file(draft_id: str, new: dict[str, Any], accept: bool, done: Done) -> None:
    """Check the new file, or the old one with the choices of the form; accept the old one."""
    seen = {"file": request.form.get("seen_file", "")}
    hints = _hints()
    if new:
        # Decisions were made about the old file; which column is which may hold for the new one too.
        hints = {name: value for name, value in hints.items() if name == "mapping"}
    given = new or _carried_file()
    if accept and not given:
        call("steamcity_draft_file_accept", {"id": draft_id, "hints": hints, "seen": seen})
        return
    draft = Draft.get(draft_id)
    protocol = compose.protocol_of(draft) if draft else None
    carried = _carried(given) if protocol is not None and not datafile.keeps_rows(protocol) else ""
    answer = call("steamcity_draft_file_set", {"id": draft_id, **given, "hints": hints, "seen": seen})
    if accept and new:
        tk.h.flash_notice(tk._("You gave a new file, so it was checked first. Look at it, then accept it."))
    elif accept and answer["report"]["ok"]:
        call("steamcity_draft_file_accept", {"id": draft_id})
        return
    if carried:
        done.carried, done.report = carried, answer["report"]


def _hints() -> dict[str, Any]:
    form = request.form
    hints: dict[str, Any] = {name: form[name] for name in _QUESTIONS if form.get(name)}
    decisions = {
        key.removeprefix("decision-"): value for key, value in form.items() if key.startswith("decision-") and value
    }
    headers = {key.removeprefix("header-"): value for key, value in form.items() if key.startswith("header-")}
    mapping = {
        headers[number]: form.get(f"column-{number}") or None
        for number in headers
        if form.get(f"column-{number}") != "?"
    }
    if decisions:
        hints["decisions"] = decisions
    if mapping:
        hints["mapping"] = mapping
    return hints


def _new() -> dict[str, Any]:
    """What was chosen in this request: a file, else a pasted text, else a station's days."""
    upload, form = request.files.get("upload"), request.form
    offered: list[dict[str, Any]] = []
    if upload is not None and upload.filename:
        offered.append({"upload": upload})
    if form.get("text", "").strip():
        offered.append({"text": form["text"]})
    if form.get("station"):
        offered.append({"window": {"station": form["station"], "from": form.get("from", ""), "to": form.get("to", "")}})
    if len(offered) > 1:
        tk.h.flash_notice(tk._("You gave data in more than one way: the first of them was checked."))
    return offered[0] if offered else {}


def _carried_file() -> dict[str, Any]:
    """The file the page carries, where nothing of it may be stored."""
    form = request.form
    if not form.get("carried"):
        return {}
    try:
        content = base64.b64decode(form["carried"], validate=True)
    except binascii.Error:
        return {}
    return {"upload": FileStorage(io.BytesIO(content), filename=form.get("carried_name") or "data.csv")}


def _carried(given: dict[str, Any]) -> str:
    """The file as the page carries it to the next request, because nothing of it may be stored here."""
    if "text" in given:
        content = given["text"].encode()
    elif "upload" in given:
        content = given["upload"].stream.read(_CARRIED + 1)
        given["upload"].stream.seek(0)
    else:
        return ""
    return base64.b64encode(content).decode() if len(content) <= _CARRIED else ""
