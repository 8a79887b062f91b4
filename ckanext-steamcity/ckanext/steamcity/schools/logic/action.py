"""Actions of the schools plugin: classes, drafts, the gate, reviews; and CKAN's own actions, chained (core.py)."""

from __future__ import annotations

import uuid
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.types import Context, DataDict
from ckanext.steamcity import protocols
from ckanext.steamcity.arguments import checked

from .. import answers, compose, datafile, files, gate, pictures, review, revisions
from ..model import Draft, Review, SchoolClass, now
from .classes import (
    steamcity_class_create,
    steamcity_class_list,
    steamcity_class_show,
    steamcity_class_update,
    the_school,
)
from .core import (
    dataset_purge,
    format_autocomplete,
    member_list,
    package_create,
    package_delete,
    package_owner_org_update,
    package_update,
    resource_view_create,
    resource_view_update,
    tag_autocomplete,
    tag_list,
    tag_search,
)
from .drafts import editable as _editable
from .drafts import steamcity_draft_pictures_set
from .drafts import the_draft as _draft

__all__ = [
    "dataset_purge", "format_autocomplete", "member_list", "package_create", "package_delete",
    "package_owner_org_update", "package_update", "resource_view_create", "resource_view_update",
    "steamcity_class_create", "steamcity_class_list",
    "steamcity_class_show", "steamcity_class_update", "steamcity_draft_create", "steamcity_draft_delete",
    "steamcity_draft_file_accept", "steamcity_draft_file_set", "steamcity_draft_list", "steamcity_draft_show",
    "steamcity_draft_pictures_set", "steamcity_draft_update",
    "steamcity_gate_check", "steamcity_review_approve", "steamcity_review_assign",
    "steamcity_review_cancel", "steamcity_review_list", "steamcity_review_request", "steamcity_review_return",
    "steamcity_review_show", "tag_autocomplete", "tag_list", "tag_search",
]  # fmt: skip


# Drafts


@checked
def steamcity_draft_create(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Begin a result: an empty draft for one protocol.

    :param protocol: slug of the protocol
    :param owner_org: id or name of the school
    :param class_id: the class (may follow later)
    :param language: language the class writes in (may follow later)
    """
    tk.check_access("steamcity_draft_create", context, data_dict)
    school = the_school(tk.get_or_bust(data_dict, "owner_org"))
    slug = str(data_dict.get("protocol") or "")
    if slug not in protocols.slugs():
        raise tk.ValidationError(
            {"protocol": [tk._("There is no protocol with this name: {value}").format(value=slug[:80])]}
        )
    user = model.User.get(context.get("user") or "")
    question = answers.clean({"question": {"language": data_dict.get("language") or ""}})
    draft = Draft(
        id=str(uuid.uuid4()), school=school.id, creator=user.id if user else None, protocol=slug,
        class_id=_class_of(school.id, data_dict.get("class_id")), answers=question,
    )  # fmt: skip
    model.Session.add(draft)
    model.Session.flush()
    package = {
        "name": f"{slug}-{draft.id[:8]}",
        "owner_org": school.id,
        "type": "experiment",
        **_known(compose.fields(draft)),
    }
    # The name of the class comes into the address at the next save; now the draft's own id keeps it free.
    package["name"] = f"{slug}-{draft.id[:8]}"
    inside: Any = {"ignore_auth": True, "user": context.get("user"), "steamcity_inside": True}
    tk.get_action("package_create")(inside, {"id": draft.id, **package})
    return steamcity_draft_show({**context, "ignore_auth": True}, {"id": draft.id})  # type: ignore[arg-type]


def _known(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in ("", None, [], {})}


def _class_of(school: str, class_id: Any) -> str | None:
    if not class_id:
        return None
    found = SchoolClass.get(str(class_id))
    if found is None or found.school != school:
        raise tk.ValidationError({"class_id": [tk._("Choose a class of this school.")]})
    return found.id


@tk.side_effect_free
@checked
def steamcity_draft_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """A draft: state, answers by step, what the check said about its file, its class and its last review.

    `seen` stands for each step (and the file) as it is now: give it back with a save, and nothing is overwritten that
    somebody else saved meanwhile.

    :param id: the draft (the same id as its package)
    """
    draft = _draft(data_dict)
    tk.check_access("steamcity_draft_show", context, data_dict)
    found = SchoolClass.get(draft.class_id) if draft.class_id else None
    last = Review.last_of(draft.id)
    return {
        **draft.dictize(),
        "pictures": [{**one, "seen": pictures.confirmed(draft)} for one in pictures.given(draft)],
        "class": found.dictize() if found else None,
        "title": compose.fields(draft)["title"],
        "review": last.dictize() if last else None,
        "seen": revisions.all_of(draft, answers.STEPS),
    }


@tk.side_effect_free
@checked
def steamcity_draft_list(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """Drafts of my schools that are not published, the newest first.

    :param mine: only those I began (false)
    """
    tk.check_access("steamcity_draft_list", context, data_dict)
    user = model.User.get(context.get("user") or "")
    if user is None:
        return []
    if tk.asbool(data_dict.get("mine", False)):
        found = Draft.open_of(creator=user.id)
    else:
        schools = tk.get_action("organization_list_for_user")({"user": user.name}, {"permission": "update_dataset"})
        found = Draft.open_of(schools=[school["id"] for school in schools])
    states = {package.id: package.state for package in _packages([draft.id for draft in found])}
    return [{**_brief(draft), "mine": draft.creator == user.id} for draft in found if states.get(draft.id) == "draft"]


def _packages(ids: list[str]) -> list[model.Package]:
    return list(model.Session.scalars(sa.select(model.Package).where(model.Package.id.in_(ids))))


def _brief(draft: Draft) -> dict[str, Any]:
    shown = draft.dictize()
    title = compose.fields(draft)["title"]
    last = Review.last_of(draft.id) if draft.state == "returned" else None
    return {name: shown[name] for name in ("id", "school", "protocol", "state", "modified")} | {
        "title": tk._("Untitled draft") if title == draft.id else title,
        "note": (last.note or " ".join(last.notes.values())) if last else "",
    }


@checked
def steamcity_draft_update(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Save answers; steps and fields that are not given stay as they are.

    :param id: the draft
    :param answers: {step: {field: value}}, steps `question data place outcome licence check`
    :param seen: {step: digest} of `steamcity_draft_show`: refused when the step has changed since (optional)
    """
    draft = _draft(data_dict)
    tk.check_access("steamcity_draft_update", context, data_dict)
    new = answers.clean(data_dict.get("answers") or {})
    draft = _draft(data_dict, lock=True)
    _editable(draft)
    revisions.refuse_stale(draft, new, data_dict.get("seen"))
    if "class_id" in new.get("question", {}):
        draft.class_id = _class_of(draft.school, new["question"].pop("class_id"))
    before = datafile.reading_of(draft) if datafile.is_accepted(draft) else None
    draft.answers = answers.merge(draft.answers, new)
    draft.modified = now()
    if before and before == datafile.reading_of(draft) and not datafile.is_accepted(draft):
        # Read as before, only told as finely as is allowed where it was measured: nothing to ask the class again.
        model.Session.flush()
        _accept_again(draft, context.get("user") or "")
    model.Session.commit()
    return steamcity_draft_show({**context, "ignore_auth": True}, {"id": draft.id})  # type: ignore[arg-type]


def _accept_again(draft: Draft, user: str) -> None:
    """Write the clean table of a draft anew. When the file no longer passes, the data step says so."""
    if datafile.outputs(draft) is not None:
        datafile.accept(draft, user)


@checked
def steamcity_draft_delete(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Throw a draft away with everything in it.

    :param id: the draft
    """
    draft = _draft(data_dict)
    tk.check_access("steamcity_draft_delete", context, data_dict)
    draft = _draft(data_dict, lock=True)
    _editable(draft)
    inside: Any = {"ignore_auth": True, "user": context.get("user"), "steamcity_inside": True}
    tk.get_action("dataset_purge")(inside, {"id": draft.id})
    return {"id": data_dict["id"]}


@checked
def steamcity_draft_file_set(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Give the draft its file, or answer questions about the one it has; what the check says about it.

    :param id: the draft
    :param upload: a file (multipart), or :param text: a table as text, or :param window: {station, from, to}
    :param filename: its name, shown to people and never used as a path
    :param hints: {mapping, timezone, date_order, decimal, start_time, sheet, decisions}
    :param seen: {file: digest} of `steamcity_draft_show`: hints alone are refused when the file has changed since
    """
    draft = _draft(data_dict)
    tk.check_access("steamcity_draft_file_set", context, data_dict)
    draft = _draft(data_dict, lock=True)
    _editable(draft)
    if isinstance(data_dict.get("window"), dict):
        data_dict["window"] = {**data_dict["window"], "protocol": draft.protocol}
    try:
        _report, shown = datafile.set_file(draft, data_dict)
        kept = datafile.kept(draft)
        model.Session.commit()
    except Exception:
        model.Session.rollback()
        raise
    files.keep_only(draft.id, *kept)
    return {"id": draft.id, "file": draft.dictize()["file"], "report": shown}


@checked
def steamcity_draft_file_accept(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Accept how the file was read, with these decisions: its clean table and dictionary become the draft's files.

    :param id: the draft
    :param decisions: {finding code: choice}; :param hints: as for `steamcity_draft_file_set`
    :param upload: the file, or :param text: its text, again: needed for answers of people, which are not stored
    :param seen: {file: digest} of `steamcity_draft_show`: refused when the file has changed since
    """
    given_hints = data_dict.get("hints") or {}
    if not isinstance(given_hints, dict):
        raise tk.ValidationError({"hints": [tk._("Give the hints as an object.")]})
    hints = {**given_hints}
    if data_dict.get("decisions"):
        hints["decisions"] = data_dict["decisions"]
    again = any(data_dict.get(name) for name in ("upload", "text", "window"))
    if hints or again:
        names = ("id", "upload", "text", "window", "filename", "seen")
        given = {name: data_dict[name] for name in names if name in data_dict}
        steamcity_draft_file_set(context, {**given, "hints": hints})
    draft = _draft(data_dict)
    tk.check_access("steamcity_draft_file_accept", context, data_dict)
    draft = _draft(data_dict, lock=True)
    _editable(draft)
    if not hints and not again:
        revisions.refuse_stale_file(draft, None, data_dict.get("seen"))
    try:
        datafile.accept(draft, context.get("user") or "")
    except Exception:
        model.Session.rollback()
        raise
    return steamcity_draft_show({**context, "ignore_auth": True}, {"id": data_dict["id"]})  # type: ignore[arg-type]


# Gate and reviews


@tk.side_effect_free
@checked
def steamcity_gate_check(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """What still stands between a draft and publication.

    :param id: the draft
    :returns: `{ok, items: [{code, ok, message, step}], private}`
    """
    draft = _draft(data_dict)
    tk.check_access("steamcity_gate_check", context, data_dict)
    return gate.check(draft)


@checked
def steamcity_review_request(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Ask a coordinator to publish a draft. Asking twice is asking once.

    :param id: the draft
    """
    _draft(data_dict)
    tk.check_access("steamcity_review_request", context, data_dict)
    return review.request(_draft(data_dict, lock=True), _who(context))


@checked
def steamcity_review_cancel(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Take a request back; the draft can be changed again.

    :param id: the draft
    """
    _draft(data_dict)
    tk.check_access("steamcity_review_cancel", context, data_dict)
    return review.cancel(_draft(data_dict, lock=True), _who(context))


@tk.side_effect_free
@checked
def steamcity_review_list(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """Requests that wait for me: of the schools I coordinate, and those I was named for; the oldest first."""
    tk.check_access("steamcity_review_list", context, data_dict)
    user = model.User.get(context.get("user") or "")
    if user is None:
        return []
    schools = None
    if not user.sysadmin:
        found = tk.get_action("organization_list_for_user")({"user": user.name}, {"permission": "admin"})
        schools = [school["id"] for school in found]
    return review.listed(Review.waiting(schools, user.id), user.id)


@tk.side_effect_free
@checked
def steamcity_review_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """A request: its draft, the check list as it stands now, and whether the draft is still what was asked for.

    :param id: the request
    """
    tk.check_access("steamcity_review_show", context, data_dict)
    found = Review.get(str(tk.get_or_bust(data_dict, "id")))
    if found is None:
        raise tk.ObjectNotFound(tk._("There is no such request."))
    return review.shown(found, _who(context))


@checked
def steamcity_review_approve(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Publish what was asked for, exactly as it was seen. Approving twice publishes once.

    :param id: the request
    :param sha256: digest of what the reviewer saw (`steamcity_review_show`)
    """
    tk.check_access("steamcity_review_approve", context, data_dict)
    review_id, sha256 = tk.get_or_bust(data_dict, ["id", "sha256"])
    return review.approve(str(review_id), str(sha256), _who(context))


@checked
def steamcity_review_return(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Give a draft back with a note that says what to mend.

    :param id: the request
    :param note: what to mend
    :param notes: {step: what to mend there}, steps `question data place outcome licence` (one of both is needed)
    """
    tk.check_access("steamcity_review_return", context, data_dict)
    review_id = str(tk.get_or_bust(data_dict, "id"))
    return review.give_back(review_id, data_dict.get("note"), data_dict.get("notes"), _who(context))


@checked
def steamcity_review_assign(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Name a reviewer for a request: somebody who then sees this one draft and may decide about it.

    :param id: the request
    :param reviewer: user name; empty takes the name away
    """
    tk.check_access("steamcity_review_assign", context, data_dict)
    return review.assign(str(tk.get_or_bust(data_dict, "id")), data_dict.get("reviewer"))


def _who(context: Context) -> model.User:
    user = model.User.get(context.get("user") or "")
    if user is None:
        raise tk.NotAuthorized(tk._("Please log in first."))
    return user
