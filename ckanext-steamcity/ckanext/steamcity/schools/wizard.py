"""The steps of publishing a result, one thing per screen. Registered by views.py.

Every step saves by POST and leads on by a redirect. What cannot be kept is shown again, with a sentence beside it.
"""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckanext.steamcity import protocols
from flask import request
from flask.views import MethodView

from . import answers, compose, datastep, gate, revisions, words, workflow, years
from .forms import call, go, read_form, sentences
from .model import Draft, now, partners

STEPS = ("question", "data", "place", "outcome", "licence", "check", "ask")
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


# Steps whose answers stand in a form.
_READ = ("question", "data", "place", "outcome", "licence")


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
            now_shown = call("steamcity_draft_show", {"id": shown["id"]})
            return self.page(shown["id"], step, now_shown, errors=sentences(error)), 422

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
    stale = revisions.FIELD in (errors or {})
    seen = revisions.digest(draft, step)
    if errors and step in _READ:
        values |= read_form(step, request.form)
        if not stale:
            # Somebody else's save since then is still to be told of.
            seen = request.form.get(revisions.FIELD) or seen
    variables = {
        "draft": shown, "step": step, "rail": rail(draft, step), "errors": errors or {}, "values": values,
        "seen": seen, "meanwhile": _meanwhile(draft, step) if stale else [],
        "protocol": compose.protocol_of(draft), "step_title": titles()[step],
        "editable": workflow.may(draft.state, workflow.EDIT), "school": model.Group.get(draft.school),
        "summary": [{"field": field, "message": message} for field, message in (errors or {}).items()],
        "step_titles": titles(), **_VARIABLES[step](draft, shown), **extra,
    }  # fmt: skip
    return tk.render(f"steamcity_schools/wizard/{step}.html", variables)


def _meanwhile(draft: Draft, step: str) -> list[dict[str, str]]:
    """What was saved in another window, field by field, where the form says something else."""
    kept = revisions.kept(draft, step)
    try:
        mine = answers.clean({step: read_form(step, request.form)})[step]
    except tk.ValidationError:
        mine = read_form(step, request.form)
    told = [(name, kept.get(name)) for name in revisions.changed(kept, mine)]
    if step == "outcome":
        told.append(("hypotheses", compose.hypotheses_of(draft.answers)))
    return [{"label": words.label(name), "text": words.value(name, value)} for name, value in dict(told).items()]


# What each screen needs beside the answers


def _for_question(draft: Draft, shown: dict[str, Any]) -> dict[str, Any]:
    classes = call("steamcity_class_list", {"school": draft.school})
    helpers = [{"value": one.id, "label": one.title or one.name} for one in partners()]
    measured = compose.measured_years(compose.fields(draft))
    today = years.school_year(now().date())
    offered = sorted({*measured, today, f"{int(today[:4]) - 1}-{today[:4]}"}, reverse=True)
    wrong = gate.class_of_another_year(draft, compose.fields(draft))
    return {
        "classes": classes, "partners": helpers, "years": offered, "year": measured[0] if measured else today,
        "wrong_year": wrong, "level_band": request.form.get("level_band", ""),
        "chosen_year": request.form.get("school_year", ""),
    }  # fmt: skip


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
    place = shown["answers"].get("place", {}).get("published_place") or ""
    return {
        "cities": cities, "city": found[0] if found else None, "areas": [a for a in areas if a["kind"] in kinds],
        "station_place": place if place.startswith("cell:") else "",
        "settings": [{"value": one, "label": words.setting(one)} for one in _settings(draft)],
    }  # fmt: skip


def _settings(draft: Draft) -> tuple[str, ...]:
    """Where the protocol may be carried out, in the template's order; empty where there is nothing to ask."""
    protocol = protocols.load(draft.protocol) if compose.protocol_of(draft) and draft.protocol else None
    return protocol.settings if protocol is not None and len(protocol.settings) > 1 else ()


def _for_outcome(draft: Draft, shown: dict[str, Any]) -> dict[str, Any]:
    return {"hypotheses": shown["answers"].get("question", {}).get("hypotheses", [])}


def _for_licence(draft: Draft, shown: dict[str, Any]) -> dict[str, Any]:
    sources = [source.get("licence", "") for source in compose.fields(draft)["data_licence_sources"]]
    known = protocols.licences()
    return {"licences": [known.by_id[one] for one in known.result_of(sources)], "sources": sources}


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
    "question": _for_question, "data": datastep.variables, "place": _for_place, "outcome": _for_outcome,
    "licence": _for_licence, "check": _for_check, "ask": _for_check,
}  # fmt: skip


# What each screen saves


def _next(step: str, draft_id: str) -> Any:
    following = STEPS[STEPS.index(step) + 1]
    return go(step if request.form.get("do") == "save" else following, draft_id)


def _post_answers(draft_id: str, step: str) -> Any:
    values = read_form(step, request.form)
    if step == "question" and values.get("class_id") == _NEW:
        values["class_id"] = _new_class(draft_id, values)
    if step == "place" and request.form.get("do") == "city":
        # The place belonged to the city that was chosen before.
        values["published_place"] = ""
    seen = {step: request.form.get(revisions.FIELD, "")}
    call("steamcity_draft_update", {"id": draft_id, "answers": {step: values}, "seen": seen})
    if step == "place" and request.form.get("do") == "city":
        return go("place", draft_id)
    _tell_of_people(draft_id, step)
    return _next(step, draft_id)


def _tell_of_people(draft_id: str, step: str) -> None:
    """At once, while the class still has the text in mind; publication waits for it in any case."""
    draft = Draft.get(draft_id)
    found = list(gate.people_in_texts(draft, compose.fields(draft), step)) if draft else []
    if found:
        told = " ".join(dict.fromkeys(one["message"] for one in found[:3]))
        later = tk._("You can still change it in “{step}”; under “{check}” you say whether it is a person.")
        tk.h.flash_notice(f"{told} {later.format(step=titles()[step], check=titles()['check'])}")


def _post_data(draft_id: str, step: str) -> Any:
    done = datastep.save(draft_id)
    if done.following:
        return go(done.following, draft_id)
    shown = call("steamcity_draft_show", {"id": draft_id})
    if done.report is not None:
        # Of answers of people only this page may say what was found.
        shown["report"] = done.report
    extra: dict[str, Any] = {"carried": done.carried, "given": done.given}
    if done.saved:
        extra["seen"] = shown["seen"]["data"]
    page = render(draft_id, "data", shown, done.errors, **extra)
    return (page, 422) if done.errors else page


def _new_class(draft_id: str, values: dict[str, Any]) -> str:
    """A class made with this save, in its transaction; the second click of a double click finds the one it made."""
    cleaned = answers.clean({"question": {**values, "class_id": ""}})["question"]
    draft = Draft.locked(draft_id)
    if draft is None:
        tk.abort(404, tk._("There is no such draft."))
    shown = request.form.get(revisions.FIELD)
    if shown and shown != revisions.digest(draft, "question"):
        kept = revisions.kept(draft, "question")
        if kept["class_id"] and revisions.changed(kept, {**cleaned, "class_id": kept["class_id"]}) == []:
            return kept["class_id"]
        raise revisions.stale()
    form = request.form
    wanted = {"school": draft.school, "level_band": form.get("level_band"), "school_year": form.get("school_year")}
    return call("steamcity_class_create", wanted, defer_commit=True)["id"]


def _post_check(draft_id: str, step: str) -> Any:
    # Marks are added, never taken away: another window's are not lost.
    before = call("steamcity_draft_show", {"id": draft_id})["answers"].get("check", {}).get("no_person", [])
    marks = list(dict.fromkeys([*before, *request.form.getlist("no_person")]))
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
