"""The steps of publishing a result, one thing per screen. Registered by views.py.

Every step saves by POST and leads on by a redirect. What cannot be kept is shown again, with a sentence beside it.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckanext.steamcity import protocols
from flask import request
from flask.views import MethodView
from werkzeug.datastructures import FileStorage

from . import compose, datafile, gate, workflow
from .model import Draft, partners

STEPS = ("question", "data", "place", "outcome", "licence", "check", "ask")
# Answers of people are not stored; a file up to this size comes back with the page instead of being asked for again.
_CARRIED = 700_000
_NEW = "new"


def titles() -> dict[str, str]:
    """Names of the steps in the reader's language."""
    return {
        "question": tk._("Question"),
        "data": tk._("Data"),
        "place": tk._("Place"),
        "outcome": tk._("What happened"),
        "licence": tk._("Licence"),
        "check": tk._("Check"),
        "ask": tk._("Ask for publication"),
    }


def call(action: str, data: dict[str, Any] | None = None) -> Any:
    """An action as the person who is logged in; refusals become pages."""
    try:
        return tk.get_action(action)({"user": tk.current_user.name, "auth_user_obj": tk.current_user}, data or {})
    except tk.ObjectNotFound as error:
        tk.abort(404, str(error))
    except tk.NotAuthorized as error:
        tk.abort(403, str(error))


def go(step: str, draft_id: str) -> Any:
    return tk.redirect_to("steamcity_schools.step", draft_id=draft_id, step=step)


def rail(draft: Draft, current: str) -> list[dict[str, Any]]:
    """The steps with what is still missing."""
    missing = gate.missing_by_step(draft)
    begun = set(draft.answers) | ({"data"} if draft.file else set())
    items = []
    for step, title in titles().items():
        state = "problem" if missing.get(step) and step in begun else "todo" if missing.get(step) else "done"
        if step in ("check", "ask"):
            state = "todo" if draft.state != workflow.SUBMITTED else "done"
        items.append({
            "title": title,
            "state": "current" if step == current else state,
            "href": tk.h.url_for("steamcity_schools.step", draft_id=draft.id, step=step),
        })  # fmt: skip
    return items


def entries(form: Any, name: str) -> list[dict[str, str]]:
    """A repeated group of fields: `hypotheses-0-statement` → [{"statement": …}]."""
    found: dict[int, dict[str, str]] = {}
    for key in form:
        match = re.fullmatch(rf"{name}-(\d{{1,2}})-(\w{{1,40}})", key)
        if match:
            found.setdefault(int(match[1]), {})[match[2]] = form[key]
    return [found[index] for index in sorted(found)]


def translations(form: Any, name: str) -> dict[str, str]:
    return {code: form[key] for code in ("en", "fr", "it", "es", "bg") if (key := f"{name}-{code}") in form}


def read_form(step: str, form: Any) -> dict[str, Any]:
    """Answers of a step as they stand in the form."""
    plain = {
        "data": ("period_start", "period_end"),
        "question": ("class_id", "language", "question"),
        "place": ("city", "published_place"),
        "outcome": ("finding", "limits", "notes"),
        "licence": ("license_id",),
    }
    values: dict[str, Any] = {name: form[name] for name in plain[step] if name in form}
    if step in ("question", "outcome"):
        values["hypotheses"] = entries(form, "hypotheses")
    if step == "question":
        values["partners"] = [one for one in form.getlist("partners") if one]
    if step == "outcome":
        values |= {f"{name}_translated": translations(form, name) for name in ("finding", "notes")}
    if step == "data":
        values["instruments"] = entries(form, "instruments")
    if step == "licence":
        values["funders"] = entries(form, "funders")
    return values


class Step(MethodView):
    """One screen of the wizard."""

    def get(self, draft_id: str, step: str) -> Any:
        self._known(step)
        shown = call("steamcity_draft_show", {"id": draft_id})
        if shown["state"] in (workflow.PUBLISHED, workflow.WITHDRAWN):
            return tk.redirect_to("experiment.read", id=shown["id"])
        return self.page(shown["id"], step, shown)

    def post(self, draft_id: str, step: str) -> Any:
        self._known(step)
        shown = call("steamcity_draft_show", {"id": draft_id})
        handler = {"data": _post_data, "check": _post_check, "ask": _post_ask}.get(step, _post_answers)
        try:
            return handler(shown["id"], step)
        except tk.ValidationError as error:
            model.Session.rollback()
            return self.page(shown["id"], step, shown, errors=sentences(error)), 422

    @staticmethod
    def _known(step: str) -> None:
        if step not in STEPS:
            tk.abort(404, tk._("There is no such step."))

    def page(self, draft_id: str, step: str, shown: dict[str, Any], errors: dict[str, str] | None = None) -> str:
        return render(draft_id, step, shown, errors)


def render(draft_id: str, step: str, shown: dict[str, Any], errors: dict[str, str] | None = None, **extra: Any) -> str:
    draft = Draft.get(draft_id)
    if draft is None:
        tk.abort(404, tk._("There is no such draft."))
    values = dict(shown["answers"].get(step, {}))
    if errors and (step in ("question", "place", "outcome", "licence") or request.form.get("do") == "instruments"):
        values |= read_form(step, request.form)
    variables = {
        "draft": shown, "step": step, "rail": rail(draft, step), "errors": errors or {}, "values": values,
        "protocol": compose.protocol_of(draft), "step_title": titles()[step],
        "editable": workflow.may(draft.state, workflow.EDIT), "school": model.Group.get(draft.school),
        "summary": [{"field": field, "message": message} for field, message in (errors or {}).items()],
        **_VARIABLES[step](draft, shown), **extra,
    }  # fmt: skip
    return tk.render(f"steamcity_schools/wizard/{step}.html", variables)


def sentences(error: tk.ValidationError) -> dict[str, str]:
    """One sentence per field, whatever shape CKAN gave the errors."""
    found = {}
    for field, value in error.error_dict.items():
        if field.startswith("__"):
            continue
        while isinstance(value, dict):
            value = next(iter(value.values()), "")
        texts = value if isinstance(value, list) else [value]
        found[field] = " ".join(str(text) for text in texts if not isinstance(text, dict)) or str(value)
    return found


# What each screen needs beside the answers


def _for_question(draft: Draft, shown: dict[str, Any]) -> dict[str, Any]:
    classes = call("steamcity_class_list", {"school": draft.school})
    helpers = [{"value": one.id, "label": one.title or one.name} for one in partners()]
    return {"classes": classes, "partners": helpers}


def _for_place(draft: Draft, shown: dict[str, Any]) -> dict[str, Any]:
    cities = call("steamcity_area_list", {"kind": "city"})
    city = request.args.get("city") or shown["answers"].get("place", {}).get("city") or ""
    if not city:
        school = call("organization_show", {"id": draft.school, "include_dataset_count": False, "include_users": False})
        city = school.get("city") or ""
    found = [area for area in cities if area["id"] == city]
    areas = call("steamcity_area_list", {"city": city}) if found else []
    protocol = compose.protocol_of(draft)
    coarse = protocol is not None and protocol.privacy in ("P2", "P3")
    kinds = ("district",) if coarse else ("district", "quarter")
    return {"cities": cities, "city": found[0] if found else None, "areas": [a for a in areas if a["kind"] in kinds]}


def _for_outcome(draft: Draft, shown: dict[str, Any]) -> dict[str, Any]:
    return {"hypotheses": shown["answers"].get("question", {}).get("hypotheses", [])}


def _for_licence(draft: Draft, shown: dict[str, Any]) -> dict[str, Any]:
    sources = [source.get("licence", "") for source in compose.fields(draft)["data_licence_sources"]]
    known = protocols.licences()
    return {"licences": [known.by_id[one] for one in known.result_of(sources)], "sources": sources}


def _for_data(draft: Draft, shown: dict[str, Any]) -> dict[str, Any]:
    protocol = compose.protocol_of(draft)
    report = shown["report"]
    return {
        "report": report,
        "groups": grouped(report["findings"]) if report else [],
        "stored": protocol is not None and datafile.keeps_rows(protocol),
        "accepted": datafile.is_accepted(draft),
        "timeless": not compose.has_times(draft),
        "stations": _stations(),
        "carried": "",
        "limit": datafile.files.LIMIT,
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
        group["choices"] = group["choices"] or finding["choices"]
        group["decision"] = finding["decision"]
    return sorted(groups.values(), key=lambda group: order.get(group["severity"], 3))


def _for_check(draft: Draft, shown: dict[str, Any]) -> dict[str, Any]:
    judged = call("steamcity_gate_check", {"id": draft.id})
    package, record = preview(draft) if workflow.may(draft.state, workflow.EDIT) else (None, None)
    return {"judged": judged, "titles": titles(), "pkg_dict": package, "record": record, "dataset_type": "experiment"}


def preview(draft: Draft) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """The page as it would be, and the record it would be frozen as, from the answers; nothing is written."""
    values = compose.previewed(draft)
    context: Any = {"ignore_auth": True, "steamcity_fields": values}
    try:
        shown = tk.get_action("steamcity_version_preview")(context, {"id": draft.id})
    except tk.ValidationError:
        # Something is missing that the check list names better.
        return None, None
    return {"id": draft.id, **values}, shown["record"]


_VARIABLES = {
    "question": _for_question, "data": _for_data, "place": _for_place, "outcome": _for_outcome, "licence": _for_licence,
    "check": _for_check, "ask": _for_check,
}  # fmt: skip


# What each screen saves


def _next(step: str, draft_id: str) -> Any:
    following = STEPS[STEPS.index(step) + 1]
    return go(step if request.form.get("do") == "save" else following, draft_id)


def _post_answers(draft_id: str, step: str) -> Any:
    values = read_form(step, request.form)
    if step == "question" and values.get("class_id") == _NEW:
        school = call("steamcity_draft_show", {"id": draft_id})["school"]
        made = call("steamcity_class_create", {"school": school, "level_band": request.form.get("level_band")})
        values["class_id"] = made["id"]
    if step == "place" and request.form.get("do") == "city":
        # The place belonged to the city that was chosen before.
        values["published_place"] = ""
    call("steamcity_draft_update", {"id": draft_id, "answers": {step: values}})
    if step == "place" and request.form.get("do") == "city":
        return go("place", draft_id)
    return _next(step, draft_id)


def _hints() -> dict[str, Any]:
    form = request.form
    hints: dict[str, Any] = {
        name: form[name] for name in ("timezone", "date_order", "decimal", "start_time", "sheet") if form.get(name)
    }
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


def _given() -> dict[str, Any]:
    """The file of this request: an upload, a pasted text, a station's window, or one carried by the page."""
    upload, form = request.files.get("upload"), request.form
    if upload is not None and upload.filename:
        return {"upload": upload}
    if form.get("text", "").strip():
        return {"text": form["text"]}
    if form.get("station"):
        return {"window": {"station": form["station"], "from": form.get("from", ""), "to": form.get("to", "")}}
    if form.get("carried"):
        try:
            content = base64.b64decode(form["carried"], validate=True)
        except binascii.Error:
            return {}
        return {"upload": FileStorage(io.BytesIO(content), filename=form.get("carried_name") or "data.csv")}
    return {}


def _post_data(draft_id: str, step: str) -> Any:
    form = request.form
    if form.get("do") == "instruments":
        call("steamcity_draft_update", {"id": draft_id, "answers": {"data": read_form("data", form)}})
        return go("place", draft_id)
    draft = Draft.get(draft_id)
    protocol = compose.protocol_of(draft) if draft else None
    given, hints = _given(), _hints()
    if form.get("do") == "accept" and not given:
        call("steamcity_draft_file_accept", {"id": draft_id, "hints": hints})
        return go("data", draft_id)
    carried = _carried(given) if protocol is not None and not datafile.keeps_rows(protocol) else ""
    answer = call("steamcity_draft_file_set", {"id": draft_id, **given, "hints": hints})
    if form.get("do") == "accept" and answer["report"]["ok"]:
        call("steamcity_draft_file_accept", {"id": draft_id})
        return go("data", draft_id)
    if not carried:
        return go("data", draft_id)
    shown = {**call("steamcity_draft_show", {"id": draft_id}), "report": answer["report"]}
    groups = grouped(answer["report"]["findings"])
    return render(draft_id, "data", shown, carried=carried, groups=groups)


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


def _post_check(draft_id: str, step: str) -> Any:
    marks = request.form.getlist("no_person")
    call("steamcity_draft_update", {"id": draft_id, "answers": {"check": {"no_person": marks}}})
    return go("check", draft_id)


def _post_ask(draft_id: str, step: str) -> Any:
    if request.form.get("do") == "cancel":
        call("steamcity_review_cancel", {"id": draft_id})
        tk.h.flash_notice(tk._("The request is taken back. You can change the draft again."))
        return go("check", draft_id)
    call("steamcity_review_request", {"id": draft_id})
    tk.h.flash_success(tk._("Publication is asked for. A coordinator of your school looks at it next."))
    return tk.redirect_to("steamcity_schools.desk")
