"""Pages of the schools plugin: the desk, publishing a result, reviews, classes."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.types import CKANApp
from ckanext.steamcity import protocols
from ckanext.steamcity.protocols import pictures
from flask import Blueprint, jsonify, make_response, request

from . import changes, files, wizard
from .forms import call, go, sentences
from .model import Draft, now
from .years import school_year

__all__ = ["steamcity_schools"]

steamcity_schools = Blueprint("steamcity_schools", __name__)
_OWN_FORMS = {"new", "edit", "resources", "views", "new_view", "edit_view"}
# Of a request that is refused for its length, this much is still taken in.
_LONGEST_BODY = 256 * 1024 * 1024


@steamcity_schools.before_request
def log_in_first() -> Any:
    """Pages of this blueprint are for people who work here."""
    if tk.current_user.is_anonymous:
        # CKAN has taken the language out of the path; url_for puts it back.
        back = tk.h.url_for(str(request.endpoint), **(request.view_args or {}))
        query = request.query_string.decode(errors="replace")
        return tk.redirect_to("user.login", came_from=f"{back}?{query}" if query else back)
    return None


@steamcity_schools.before_app_request
def lead_to_the_wizard() -> Any:
    """CKAN's own forms for experiments know nothing of protocols and reviews: they lead here."""
    blueprint, _, view = (request.endpoint or "").partition(".")
    if request.endpoint == "organization.member_new" and "user" not in request.args and request.method == "GET":
        # CKAN's form finds accounts by an address that takes no cookies here; ours needs no search.
        school = model.Group.get((request.view_args or {})["id"])
        return tk.redirect_to("steamcity_schools.people", name=school.name) if school else None
    kind = (request.view_args or {}).get("package_type") if view == "new" else None
    if kind in ("dataset", "harvest") and request.method == "GET" and _only_results():
        if kind == "dataset":
            return tk.redirect_to("steamcity_schools.publish")
        tk.abort(403, tk._("Feeds are added by whoever runs this portal: ask there, and say which sensors you have."))
    if blueprint not in ("experiment", "experiment_resource", "dataset", "dataset_resource"):
        return None
    if request.endpoint == "experiment.new":
        return tk.redirect_to("steamcity_schools.publish")
    if view not in {*_OWN_FORMS, "delete"} or "id" not in (request.view_args or {}):
        return None
    package = model.Package.get((request.view_args or {})["id"])
    if package is None or package.type != "experiment" or tk.current_user.is_anonymous:
        return None
    if package.state == "draft" and view == "delete" and request.method == "POST":
        return None
    if package.state == "draft" and view == "delete" and blueprint in ("experiment", "dataset"):
        return tk.redirect_to("steamcity_schools.delete", draft_id=package.id)
    if package.state == "draft":
        of_a_file = blueprint.endswith("_resource") or view == "resources"
        return tk.redirect_to("steamcity_schools.step", draft_id=package.id, step="data" if of_a_file else "question")
    stays = tk._("A published result cannot be changed, so that a citation always leads to the same data.")
    if view == "delete" and request.method == "POST":
        tk.abort(403, stays)
    tk.h.flash_notice(stays)
    return tk.redirect_to("experiment.read", id=package.name)


def _only_results() -> bool:
    """Somebody who belongs to schools and partners only: CKAN would take the form and refuse what was written in it."""
    if tk.current_user.is_anonymous or tk.h.check_access("sysadmin"):
        return False
    schools = _my_schools()
    return bool(schools) and not any(
        tk.h.check_access("package_create", {"owner_org": school["id"], "type": "dataset"}) for school in schools
    )


def answer_long_requests(app: CKANApp) -> CKANApp:
    """Answer what is too long; CKAN registers a page of its own for every error after the blueprints."""
    app.register_error_handler(413, too_large)
    return app


def too_large(error: Exception) -> Any:
    """A file that is too large for the server never reaches the check; the draft stays as it was."""
    _let_it_finish()
    limit = files.LIMIT // 1024 // 1024
    sentence = tk._("This file is too large: at most {limit} MB can be read.").format(limit=limit)
    if request.path.startswith("/api/"):
        return jsonify({"success": False, "error": {"__type": "Validation Error", "upload": [sentence]}}), 413
    if (request.endpoint or "") == "steamcity_schools.step" and not tk.current_user.is_anonymous:
        tk.h.flash_error(sentence)
        return tk.redirect_to("steamcity_schools.step", **(request.view_args or {}))
    return tk.render("error_document_template.html", {"code": 413, "content": sentence, "name": ""}), 413


def _let_it_finish() -> None:
    """Read what still comes and forget it: a browser that is cut off while it sends never sees the answer."""
    stream, left = request.environ["wsgi.input"], _LONGEST_BODY
    while left > 0 and (chunk := stream.read(min(left, 1 << 20))):
        left -= len(chunk)


def _my_schools() -> list[dict[str, Any]]:
    return tk.get_action("organization_list_for_user")({"user": tk.current_user.name}, {"permission": "create_dataset"})


@steamcity_schools.route("/desk")
def desk() -> Any:
    """Where a teacher and a coordinator arrive after log-in."""
    schools = _my_schools()
    names = " OR ".join(f'"{school["name"]}"' for school in schools)
    query = {"fq": f"+dataset_type:experiment +organization:({names})", "rows": 6, "sort": "metadata_modified desc"}
    found = call("package_search", query) if names else {"results": [], "count": 0}
    return tk.render(
        "steamcity_schools/desk.html",
        {
            "schools": schools,
            "drafts": call("steamcity_draft_list"),
            "reviews": call("steamcity_review_list"),
            "results": found["results"],
            "count": found["count"],
        },
    )


@steamcity_schools.route("/publish", methods=["GET", "POST"])
def publish() -> Any:
    """Choose a protocol: one press makes the draft."""
    schools = _my_schools()
    if request.method == "POST":
        if not schools:
            tk.abort(403, tk._("Only teachers and coordinators of a school publish its results."))
        given = {"protocol": request.form.get("protocol"), "language": tk.h.lang()}
        given["owner_org"] = request.form.get("school") or schools[0]["id"]
        if untouched := _untouched(given):
            return go("question", untouched)
        try:
            made = call("steamcity_draft_create", {**given, "class_id": _only_class(given["owner_org"])})
        except tk.ValidationError as error:
            model.Session.rollback()
            tk.h.flash_error(" ".join(sentences(error).values()))
            return tk.redirect_to("steamcity_schools.publish")
        return go("question", made["id"])
    found = [protocols.load(slug) for slug in protocols.slugs()]
    return tk.render("steamcity_schools/publish.html", {"schools": schools, "protocols": found})


def _untouched(given: dict[str, Any]) -> str | None:
    """My empty draft of the same protocol: a double click begins one draft, not two."""
    key = f"steamcity_draft {tk.current_user.id} {given['protocol']}"
    # The second click waits here until the first one has made its draft.
    model.Session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(key))))
    for draft in Draft.open_of(creator=tk.current_user.id):
        begun = set(draft.answers) - {"question"} or set(draft.answers.get("question", {})) - {"language"}
        school = model.Group.get(given["owner_org"])
        same = draft.protocol == given["protocol"] and school is not None and draft.school == school.id
        package = model.Package.get(draft.id)
        if same and not begun and not draft.file and package is not None and package.state == "draft":
            return draft.id
    return None


def _only_class(school: str) -> str | None:
    """The class of this school year when there is only one to choose from."""
    year = school_year(now().date())
    classes = [one for one in call("steamcity_class_list", {"school": school}) if one["school_year"] == year]
    return classes[0]["id"] if len(classes) == 1 else None


@steamcity_schools.route("/publish/<draft_id>")
def resume(draft_id: str) -> Any:
    """Go on where something is missing."""
    shown = call("steamcity_draft_show", {"id": draft_id})
    items = wizard.rail(Draft.get(shown["id"]), "")  # type: ignore[arg-type]  # just shown
    step = next((step for step, item in zip(wizard.STEPS, items, strict=True) if item["state"] != "done"), "check")
    return go(step, shown["id"])


@steamcity_schools.route("/publish/<draft_id>/delete", methods=["GET", "POST"])
def delete(draft_id: str) -> Any:
    """Throw a draft away, after one question."""
    shown = call("steamcity_draft_show", {"id": draft_id})
    if request.method == "POST":
        call("steamcity_draft_delete", {"id": draft_id})
        tk.h.flash_notice(tk._("The draft is gone."))
        return tk.redirect_to("steamcity_schools.desk")
    return tk.render("steamcity_schools/delete.html", {"draft": shown})


@steamcity_schools.route("/review/<review_id>", methods=["GET", "POST"])
def review(review_id: str) -> Any:
    """The page as it will be frozen beside the check list; approve or return."""
    errors: dict[str, str] = {}
    if request.method == "POST":
        approving = request.form.get("do") == "approve"
        notes = {step: request.form.get(f"notes-{step}", "") for step in changes.STEPS}
        given = {
            "id": review_id,
            "sha256": request.form.get("sha256", ""),
            "note": request.form.get("note", ""),
            "notes": notes,
        }
        try:
            decided = call("steamcity_review_approve" if approving else "steamcity_review_return", given)
        except tk.ValidationError as error:
            model.Session.rollback()
            errors = sentences(error)
        else:
            if approving:
                tk.h.flash_success(tk._("Published. From now on this version stays as it is."))
                return tk.redirect_to("experiment.read", id=decided["package_id"])
            tk.h.flash_notice(tk._("The draft is back with its class, with your note."))
            return tk.redirect_to("steamcity_schools.desk")
    shown = call("steamcity_review_show", {"id": review_id})
    if shown["state"] == "approved":
        return tk.redirect_to("experiment.read", id=shown["package_id"])
    package = tk.get_action("package_show")({"ignore_auth": True}, {"id": shown["package_id"]})
    variables = {
        "review": shown, "record": shown["record"], "pkg_dict": package, "dataset_type": "experiment", "errors": errors,
        "titles": wizard.titles(), "note": request.form.get("note", ""), "steps": changes.STEPS,
        "notes": {step: request.form.get(f"notes-{step}", "") for step in changes.STEPS},
        "summary": [{"field": field, "message": message} for field, message in errors.items()],
    }  # fmt: skip
    return tk.render("steamcity_schools/review.html", variables), 422 if errors else 200


@steamcity_schools.route("/school/<name>/classes", methods=["GET", "POST"])
def classes(name: str) -> Any:
    """Classes of a school; a new one gets its name from the portal."""
    school = call("organization_show", {"id": name, "include_dataset_count": False, "include_users": False})
    try:
        tk.check_access("steamcity_class_create", {"user": tk.current_user.name}, {"school": school["id"]})
    except tk.NotAuthorized as error:
        tk.abort(403, str(error))
    errors: dict[str, str] = {}
    if request.method == "POST":
        given = {"school": school["id"], "school_year": request.form.get("school_year") or None}
        try:
            made = call("steamcity_class_create", {**given, "level_band": request.form.get("level_band")})
        except tk.ValidationError as error:
            model.Session.rollback()
            errors = sentences(error)
        else:
            tk.h.flash_success(tk._("The new class is called {name}.").format(name=made["name"]))
            return tk.redirect_to("steamcity_schools.classes", name=school["name"])
    variables = {
        "school": school, "classes": call("steamcity_class_list", {"school": school["id"]}), "errors": errors,
        "this_year": school_year(now().date()), "values": request.form,
        "summary": [{"field": field, "message": message} for field, message in errors.items()],
    }  # fmt: skip
    return tk.render("steamcity_schools/classes.html", variables), 422 if errors else 200


@steamcity_schools.route("/school/<name>/people", methods=["GET", "POST"])
def people(name: str) -> Any:
    """Teachers and coordinators of a school: add one who has an account, or take one out."""
    school = call("organization_show", {"id": name, "include_dataset_count": False, "include_users": True})
    try:
        tk.check_access("organization_member_create", {"user": tk.current_user.name}, {"id": school["id"]})
    except tk.NotAuthorized as error:
        tk.abort(403, str(error))
    errors: dict[str, str] = {}
    if request.method == "POST":
        change = _take_out if request.form.get("do") == "remove" else _take_in
        try:
            tk.h.flash_success(change(school))
            return tk.redirect_to("steamcity_schools.people", name=school["name"])
        except tk.ValidationError as error:
            model.Session.rollback()
            errors = sentences(error)
    order = {"admin": 0, "editor": 1}
    variables = {
        "school": school, "errors": errors, "values": request.form,
        "members": sorted(school["users"], key=lambda one: (order.get(one["capacity"], 2), one["name"])),
        "me": tk.current_user.id,
        "summary": [{"field": field, "message": message} for field, message in errors.items()],
    }  # fmt: skip
    return tk.render("steamcity_schools/people.html", variables), 422 if errors else 200


def _take_in(school: dict[str, Any]) -> str:
    """Make somebody with an account a teacher or coordinator; what was done, in a sentence."""
    given, role = request.form.get("username", "").strip(), request.form.get("role", "editor")
    person = model.User.get(given) if given else None
    if person is None or person.state != "active":
        sentence = tk._("There is no account with this name. Write it exactly as its owner types it to log in.")
        raise tk.ValidationError({"username": [sentence]})
    if role not in ("editor", "admin"):
        raise tk.ValidationError({"role": [tk._("Choose what this person does.")]})
    if person.id == tk.current_user.id:
        raise tk.ValidationError({"username": [tk._("You cannot change your own part. Ask another coordinator.")]})
    call("organization_member_create", {"id": school["id"], "username": person.name, "role": role})
    if role == "admin":
        return tk._("{name} is a coordinator now.").format(name=person.name)
    return tk._("{name} is a teacher of the school now.").format(name=person.name)


def _take_out(school: dict[str, Any]) -> str:
    person = model.User.get(request.form.get("username", ""))
    if person is None or person.id not in {one["id"] for one in school["users"]}:
        raise tk.ValidationError({"username": [tk._("This person does not belong to the school any more.")]})
    if person.id == tk.current_user.id:
        raise tk.ValidationError({"username": [tk._("You cannot change your own part. Ask another coordinator.")]})
    call("organization_member_delete", {"id": school["id"], "username": person.name})
    return tk._("{name} does not belong to the school any more.").format(name=person.name)


@steamcity_schools.route("/publish/<draft_id>/picture/<sha256>")
def picture(draft_id: str, sha256: str) -> Any:
    """A picture of a draft, for the people of its school and whoever reviews it; kept by no browser."""
    shown = call("steamcity_draft_show", {"id": draft_id})
    known = sha256 in {one["sha256"] for one in shown["pictures"]}
    content = files.read(shown["id"], sha256) if known else None
    if content is None:
        tk.abort(404, tk._("There is no such picture."))
    answer = make_response(pictures.smaller(content) if request.args.get("size") == "small" else content)
    answer.headers["Content-Type"], answer.headers["Cache-Control"] = "image/jpeg", "private, no-store"
    return answer


steamcity_schools.add_url_rule("/publish/<draft_id>/<step>", view_func=wizard.Step.as_view("step"))
