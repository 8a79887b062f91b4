"""The publication gate: one function over the whole stored state of a draft. This plugin only.

It runs when publication is asked for and again when it is approved.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckanext.steamcity import privacy, protocols
from ckanext.steamcity.messages import fill
from flask import has_request_context

from . import compose, datafile, pictures
from .model import Draft, SchoolClass, invented

ROLES = ("data", "dictionary")
#: What may be there beside, each once, as the portal wrote it.
MORE_ROLES = ("repairs", "media")
_COARSEST_FOR_ANSWERS = ("country", "city", "district")


@dataclass
class State:
    """Everything the gate looks at, read once."""

    draft: Draft
    protocol: protocols.Protocol | None
    values: dict[str, Any]
    resources: list[dict[str, Any]]
    made: dict[str, Any] | None = None
    private: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Item:
    """One line of the check list. The message says what is missing and how to mend it; empty when all is well."""

    code: str
    step: str
    message: str = ""

    def to_dict(self) -> dict[str, Any]:
        return {"code": self.code, "ok": not self.message, "message": self.message, "step": self.step}


def read(draft: Draft) -> State:
    package = tk.get_action("package_show")({"ignore_auth": True, "use_cache": False}, {"id": draft.id})
    protocol = compose.protocol_of(draft)
    state = State(draft, protocol, compose.fields(draft), package.get("resources") or [])
    if protocol is not None and draft.accepted:
        state.made = datafile.outputs(draft)
    return state


def check(draft: Draft) -> dict[str, Any]:
    """`{ok, items, private}`: every rule, met or not; `private` lists what looked like a person."""
    state = read(draft)
    items = [Item(code, step, rule(state)) for code, step, rule in _RULES]
    shown = [item.to_dict() for item in items]
    return {"ok": all(item["ok"] for item in shown), "items": shown, "private": state.private}


def _language() -> str:
    """The reader's language; the portal's own where nobody reads (a command)."""
    return tk.h.lang() if has_request_context() else tk.config["ckan.locale_default"]


def _protocol(state: State) -> str:
    return "" if state.protocol else tk._("Choose the protocol you followed.")


def _class(state: State) -> str:
    found = SchoolClass.get(state.draft.class_id) if state.draft.class_id else None
    if found is None:
        return tk._("Say which class did this.")
    return "" if found.school == state.draft.school else tk._("This class belongs to another school.")


def class_of_another_year(draft: Draft, values: dict[str, Any]) -> str:
    """What is wrong when the class is not one of the school year in which was measured."""
    found = SchoolClass.get(draft.class_id) if draft.class_id else None
    measured = compose.measured_years(values)
    if found is None or not measured or found.school_year in measured:
        return ""
    sentence = tk._(
        "{name} is a class of {class_year}, but the data were measured in {data_year}. Choose or make a class of that"
        " school year."
    )
    return sentence.format(name=found.name, class_year=found.school_year, data_year=measured[0])


def _year(state: State) -> str:
    return class_of_another_year(state.draft, state.values)


def _question(state: State) -> str:
    return "" if state.values["question"] else tk._("Write the question you wanted to answer.")


def _hypotheses(state: State) -> str:
    stated = [one for one in state.values["hypotheses"] if one.get("statement")]
    return "" if stated else tk._("Write down at least one thing you expected.")


def _outcome(state: State) -> str:
    open_ones = [one for one in state.values["hypotheses"] if not one.get("outcome")]
    if not state.values["hypotheses"] or not open_ones:
        return ""
    return tk._("Say what became of each hypothesis. A refuted one is as good as any.")


def _data(state: State) -> str:
    accepted = state.draft.accepted
    if not accepted:
        return tk._("Give the file with your data and accept how it was read.")
    if state.made is None:
        return tk._("The stored file no longer passes the check: look at the data step again.")
    digest = _digest(state.made["csv"])
    stored = {resource.get("role"): resource.get("sha256") for resource in state.resources}
    repairs = state.made.get("repairs_csv")
    more = (_digest(repairs) if repairs else None, accepted.get("media"))
    written = (digest, accepted.get("dictionary") or "none", *more)
    if accepted["sha256"] != digest or tuple(stored.get(role) for role in (*ROLES, *MORE_ROLES)) != written:
        return tk._("The data have changed since you accepted them: look at the data step again.")
    return ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _files(state: State) -> str:
    roles = [str(resource.get("role")) for resource in state.resources]
    once = len(roles) == len(set(roles))
    if not roles or (once and set(ROLES) <= set(roles) <= {*ROLES, *MORE_ROLES}):
        return ""
    return tk._("There are files in this draft that the portal has not checked. Remove them.")


def _pictures(state: State) -> str:
    if not pictures.given(state.draft) or pictures.confirmed(state.draft):
        return ""
    return tk._("Look at every picture, then say that nobody and no number plate can be recognised.")


def _period(state: State) -> str:
    start, end = state.values["period_start"], state.values["period_end"]
    if compose.has_times(state.draft):
        wrong = bool(state.draft.accepted) and not (start and end and start <= end)
        return tk._("The data do not say when they were measured.") if wrong else ""
    if not start or not end:
        return tk._("Your table has no times: say on which day you began to measure and on which you stopped.")
    return "" if start <= end else tk._("You stopped measuring before you began: look at the two days again.")


def _setting(state: State) -> str:
    if state.protocol is None or len(state.protocol.settings) == 1:
        return ""
    said = state.draft.answers.get("place", {}).get("setting")
    return "" if said in state.protocol.settings else tk._("Say where you measured: at school or somewhere else.")


def _time_step(state: State) -> str:
    """The stored table itself is looked at: whatever wrote it, no finer time leaves the portal."""
    if state.made is None or state.protocol is None or state.protocol.time_column is None:
        return ""
    name = state.protocol.time_column.name
    rows = csv.DictReader(io.StringIO(state.made["csv"]))
    if not protocols.too_fine(state.protocol, (row.get(name) or "" for row in rows)):
        return ""
    return tk._("These data say too exactly when they were measured: look at the data step and accept them again.")


def _place(state: State) -> str:
    place = state.values["published_place"]
    if not place:
        return tk._("Choose the place from the list.")
    try:
        found = tk.get_action("steamcity_place_show")({"ignore_auth": True}, {"place": place})
    except (tk.ObjectNotFound, tk.ValidationError):
        return tk._("This place is not on the portal’s map any more: choose another one.")
    if not state.values["city"]:
        return tk._("Choose the city.")
    if found.get("city") and found["city"] != state.values["city"]:
        return tk._("This place lies in another city.")
    return _too_fine(state, found)


def _too_fine(state: State, found: dict[str, Any]) -> str:
    if state.protocol is None:
        return ""
    allowed = privacy.policy(state.protocol.privacy, state.protocol.place_setting)
    people = state.protocol.privacy in ("P2", "P3")
    if found["kind"] == "area":
        fine = people and found.get("area_kind") not in _COARSEST_FOR_ANSWERS
    else:
        fine = _resolution(found["place"]) > allowed.resolution
    return tk._("This place is too small for what was measured: choose a larger one.") if fine else ""


def _resolution(place: str) -> int:
    """Resolution of an H3 cell: the second hexadecimal digit of its index says it."""
    return int(place.partition(":")[2][1], 16)


def _finding(state: State) -> str:
    return "" if state.values["finding"] else tk._("Say what you found, in one sentence.")


def _limits(state: State) -> str:
    return "" if state.values["limits"] else tk._("Say what these data cannot tell.")


def _licence(state: State) -> str:
    chosen = state.values["license_id"]
    if not chosen:
        return tk._("Choose a licence.")
    known = protocols.licences()
    if chosen not in known.choice_ids:
        return tk._("This licence is not one of those an open result can have.")
    sources = [source.get("licence", "") for source in state.values["data_licence_sources"]]
    refusal = known.refusal(sources, chosen)
    return fill(refusal, tk._, _language(), tk.ungettext) if refusal else ""


def _creators(state: State) -> str:
    kinds = {creator["kind"] for creator in state.values["creators"]}
    school = model.Group.get(state.draft.school)
    if school is None or school.state != "active":
        return tk._("The school of this draft is not on the portal any more.")
    return "" if {"class", "school"} <= kinds else tk._("A result is made by a class and its school.")


def _synthetic(state: State) -> str:
    school = model.Group.get(state.draft.school)
    if invented(school) and not state.values["synthetic"]:
        return tk._("Results of an invented school are marked as generated data.")
    return ""


def texts_of(values: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(step, field, text) of everything people write that would be published."""
    yield "question", "question", values["question"]
    for number, hypothesis in enumerate(values["hypotheses"]):
        yield "question", f"hypotheses-{number}-statement", hypothesis.get("statement", "")
        yield "outcome", f"hypotheses-{number}-reflection", hypothesis.get("reflection", "")
    for name in ("finding", "limits", "notes"):
        yield "outcome", name, values[name]
    for name in ("finding_translated", "notes_translated"):
        for language, text in (values[name] or {}).items():
            yield "outcome", f"{name}-{language}", text
    for step, name in (("data", "instruments"), ("licence", "funders")):
        for number, entry in enumerate(values[name]):
            for key, text in entry.items():
                yield step, f"{name}-{number}-{key}", str(text or "")


def mark(where: str, text: str) -> str:
    """What a teacher's "this is no person" is kept under: it ends when the text changes."""
    return hashlib.sha256(f"{where}\n{text}".encode()).hexdigest()[:16]


def people_in_texts(draft: Draft, values: dict[str, Any], of_step: str = "") -> Iterator[dict[str, Any]]:
    """What in the texts of a draft (or of one step) could point to a person, and nobody has said that it does not."""
    confirmed = set(draft.answers.get("check", {}).get("no_person", []))
    for step, name, text in texts_of(values):
        if of_step not in ("", step):
            continue
        for found in privacy.scan_text(text, name) if text else []:
            if found.certain or mark(name, text) not in confirmed:
                entry = {"step": step, "field": name, "certain": found.certain, "mark": mark(name, text)}
                message = fill(found.message, tk._, _language(), tk.ungettext)
                yield {**entry, "kind": found.kind, "message": message}


def _privacy_of_texts(state: State) -> str:
    found = list(people_in_texts(state.draft, state.values))
    state.private += found
    return tk._("There is something about a person in your texts. It is marked below.") if found else ""


def _privacy_of_data(state: State) -> str:
    if state.made is None:
        return ""
    reader = csv.reader(io.StringIO(state.made["csv"]))
    headers = next(reader, [])
    # Cells of a map are places already made coarse.
    coarse = [column.name for column in state.protocol.columns if column.role == "place"] if state.protocol else []
    found = [one for one in privacy.scan_table(headers, reader, coarsened=[*coarse, "cell"]) if one.certain]
    for one in found[:20]:
        entry = {"step": "data", "field": one.column or "", "certain": True, "mark": "", "kind": one.kind}
        state.private.append({**entry, "message": fill(one.message, tk._, _language(), tk.ungettext)})
    return tk._("There is something about a person in your data. Leave that column out.") if found else ""


_RULES: tuple[tuple[str, str, Callable[[State], str]], ...] = (
    ("protocol", "question", _protocol),
    ("class", "question", _class),
    ("school_year", "question", _year),
    ("question", "question", _question),
    ("hypotheses", "question", _hypotheses),
    ("data", "data", _data),
    ("files", "data", _files),
    ("pictures", "data", _pictures),
    ("period", "data", _period),
    ("synthetic", "data", _synthetic),
    ("setting", "place", _setting),
    ("place", "place", _place),
    ("time_step", "data", _time_step),
    ("outcome", "outcome", _outcome),
    ("finding", "outcome", _finding),
    ("limits", "outcome", _limits),
    ("licence", "licence", _licence),
    ("creators", "question", _creators),
    ("privacy_texts", "check", _privacy_of_texts),
    ("privacy_data", "data", _privacy_of_data),
)

_SLOW = ("data", "time_step", "privacy_texts", "privacy_data")


def missing_by_step(draft: Draft) -> dict[str, list[str]]:
    """What is missing, by step, without reading the file again: for the rail of the wizard."""
    package = model.Package.get(draft.id)
    resources = [{"role": (one.extras or {}).get("role")} for one in package.resources] if package else []
    state = State(draft, compose.protocol_of(draft), compose.fields(draft), resources)
    missing: dict[str, list[str]] = {}
    for code, step, rule in _RULES:
        message = "" if code in _SLOW else rule(state)
        if message:
            missing.setdefault(step, []).append(message)
    if not datafile.is_accepted(draft):
        missing.setdefault("data", []).insert(0, tk._("Give the file with your data and accept how it was read."))
    return missing
