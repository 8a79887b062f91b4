"""Requests for publication and what a coordinator decides. This plugin only; who may is asked before.

A decision locks the request and the draft until the transaction ends, so that of two people who press at once one is
first and the other is told.
"""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model

from . import changes, compose, files, gate, workflow
from .model import Draft, Review, now, valid

_NOTE = 4000


def preview(package_id: str, reserving: bool = False) -> dict[str, Any]:
    """`{record, sha256}`: exactly what would be frozen now; its identifiers are reserved when it is asked for."""
    context: Any = {"ignore_auth": True, "steamcity_reserving": reserving}
    return tk.get_action("steamcity_version_preview")(context, {"id": package_id})


def _refuse(sentence: str, field: str = "review") -> tk.ValidationError:
    model.Session.rollback()
    return tk.ValidationError({field: [sentence]})


def request(draft: Draft, user: model.User) -> dict[str, Any]:
    if draft.state == workflow.SUBMITTED and (waiting := Review.open_of(draft.id)):
        model.Session.commit()
        return waiting.dictize()
    if not workflow.may(draft.state, workflow.REQUEST):
        raise _refuse(tk._("This draft is published already."))
    user_id, draft_id = user.id, draft.id
    compose.sync(draft, user.name)
    # Writing the package ended the transaction: what the gate judges must be what the lock holds.
    draft = _locked(draft_id)
    judged = gate.check(draft)
    if not judged["ok"]:
        missing = [item["message"] for item in judged["items"] if not item["ok"]]
        model.Session.rollback()
        raise tk.ValidationError({"gate": missing})
    if not workflow.may(draft.state, workflow.REQUEST):
        raise _refuse(tk._("Somebody else has changed the state of this draft. Look at it again."))
    made = Review(
        package_id=draft.id,
        school=draft.school,
        sha256=preview(draft.id, reserving=True)["sha256"],
        requested_by=user_id,
        asked=changes.picture(draft),
    )
    draft.state = workflow.move(draft.state, workflow.REQUEST)
    draft.modified = now()
    model.Session.add(made)
    model.Session.commit()
    return made.dictize()


def _locked(draft_id: str) -> Draft:
    draft = Draft.locked(draft_id)
    if draft is None:
        raise tk.ObjectNotFound(tk._("There is no such draft."))
    return draft


def cancel(draft: Draft, user: model.User) -> dict[str, Any]:
    waiting = Review.open_of(draft.id)
    last = Review.last_of(draft.id) if waiting is None else None
    if last and last.state == "cancelled" and last.decided_by == user.id and draft.state == workflow.DRAFT:
        model.Session.commit()
        return last.dictize()
    if waiting is None or not workflow.may(draft.state, workflow.CANCEL):
        raise _refuse(tk._("There is no open request for this draft."))
    _close(waiting, draft, user, "cancelled", workflow.CANCEL)
    model.Session.commit()
    return waiting.dictize()


def _close(review: Review, draft: Draft, user: model.User, state: str, event: str, note: str = "") -> None:
    draft.state = workflow.move(draft.state, event)
    draft.modified = now()
    review.state, review.decided_by, review.decided_at, review.note = state, user.id, now(), note


def _open(review_id: str) -> tuple[Review, Draft]:
    """Request and draft, locked in this order by everybody."""
    review = Review.locked(review_id)
    if review is None:
        raise tk.ObjectNotFound(tk._("There is no such request."))
    return review, _locked(review.package_id)


def give_back(review_id: str, note: Any, notes: Any, user: model.User) -> dict[str, Any]:
    sentence = tk._("Say in the note what to mend, in at most {limit} characters.").format(limit=_NOTE)
    by_step = _notes(notes, sentence)
    text = _note(note)
    if text is None or not (text or by_step):
        raise tk.ValidationError({"note": [sentence]})
    review, draft = _open(review_id)
    if review.state == "returned" and review.decided_by == user.id and (review.note, review.notes) == (text, by_step):
        model.Session.commit()
        return review.dictize()
    if review.state != "open":
        raise _refuse(_decided(review))
    _close(review, draft, user, "returned", workflow.RETURN, text)
    review.notes = by_step
    model.Session.commit()
    return review.dictize()


def _note(note: Any) -> str | None:
    """A note as it is kept; None when it cannot be."""
    if note is None or note == "":
        return ""
    return valid("steamcity_plain_text", note) if isinstance(note, str) and len(note) <= _NOTE else None


def _notes(given: Any, sentence: str) -> dict[str, str]:
    """Notes by step, without the empty ones."""
    found = {}
    for step, note in (given if isinstance(given, dict) else {}).items():
        text = _note(note)
        if step not in changes.STEPS or text is None:
            raise tk.ValidationError({f"notes-{str(step)[:20]}": [sentence]})
        if text:
            found[step] = text
    return found


def approve(review_id: str, sha256: str, user: model.User) -> dict[str, Any]:
    review, draft = _open(review_id)
    package_id = draft.id
    if review.state == "approved" and review.sha256 == sha256:
        model.Session.commit()
        return review.dictize()
    if review.state != "open":
        raise _refuse(_decided(review))
    if not review.sha256 == sha256 == preview(package_id)["sha256"]:
        raise _refuse(tk._("The draft has changed since publication was asked for. Look at it again, or return it."))
    judged = gate.check(draft)
    if not judged["ok"]:
        missing = [item["message"] for item in judged["items"] if not item["ok"]]
        model.Session.rollback()
        raise tk.ValidationError({"gate": missing})
    _close(review, draft, user, "approved", workflow.APPROVE)
    # Cells, headers and the name of the file have served: the published table is all that is needed from here on.
    draft.file, draft.report, draft.media = None, None, None
    context: Any = {"ignore_auth": True, "user": user.name, "steamcity_publishing": package_id}
    try:
        # One transaction with the version: this commits the decision too, or neither happens.
        wanted = {"id": package_id, "sha256": sha256, "approved_by": user.id}
        tk.get_action("steamcity_version_publish")(context, wanted)
        model.Session.commit()
    except Exception:
        model.Session.rollback()
        raise
    files.forget(package_id)
    decided = Review.get(review_id)
    return decided.dictize() if decided else {}


def _decided(review: Review) -> str:
    sentences = {
        "approved": tk._("This result is published already."),
        "returned": tk._("This draft was returned already."),
        "cancelled": tk._("The request was taken back."),
    }
    return sentences.get(review.state, tk._("The draft has changed since publication was asked for."))


def assign(review_id: str, name: Any) -> dict[str, Any]:
    review, draft = _open(review_id)
    if review.state != "open":
        raise _refuse(_decided(review))
    if not name:
        review.reviewer = None
    else:
        person = model.User.get(str(name))
        if person is None or person.state != "active":
            raise _refuse(tk._("There is no such account."), "reviewer")
        if person.id in (review.requested_by, draft.creator):
            raise _refuse(tk._("Whoever made or asked for this draft cannot review it."), "reviewer")
        review.reviewer = person.id
    model.Session.commit()
    return review.dictize()


def listed(reviews: list[Review], user_id: str) -> list[dict[str, Any]]:
    found = []
    for review in reviews:
        draft = Draft.get(review.package_id)
        if draft is None:
            continue
        values = compose.fields(draft)
        about = {name: values[name] for name in ("title", "protocol", "class_name")}
        found.append({**review.dictize(), **about, "mine": review.requested_by == user_id})
    return found


def shown(review: Review, user: model.User) -> dict[str, Any]:
    draft = Draft.get(review.package_id)
    if draft is None:
        raise tk.ObjectNotFound(tk._("There is no such draft."))
    is_open = review.state == "open"
    earlier = review.before()
    seen = preview(review.package_id) if is_open else None
    judged = gate.check(draft) if is_open else None
    return {
        **review.dictize(),
        "title": compose.fields(draft)["title"],
        "mine": review.requested_by == user.id,
        "gate": judged,
        "record": seen["record"] if seen else None,
        "before": earlier.dictize() if earlier else None,
        "changes": changes.between(earlier.asked, review.asked) if earlier and earlier.asked and review.asked else None,
        "unchanged": bool(seen) and seen["sha256"] == review.sha256,
    }
