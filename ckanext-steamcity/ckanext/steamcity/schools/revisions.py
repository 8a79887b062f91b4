"""Two people, or two tabs, on one step: who saves what somebody else has changed meanwhile is told. This plugin only.

A page carries a digest of what it showed. A save with another digest is refused, unless it changes nothing: so a
double click is no conflict.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model

from .model import Draft

FIELD = "seen"


def kept(draft: Draft, step: str) -> dict[str, Any]:
    """What a step shows: its answers, for the question also the class."""
    values = dict(draft.answers.get(step, {}))
    return {**values, "class_id": draft.class_id or ""} if step == "question" else values


def digest(draft: Draft, step: str) -> str:
    """What stands for the state of a step. Outcomes are told beside statements and end with them."""
    beside = draft.answers.get("question", {}).get("hypotheses") if step == "outcome" else None
    return _digest([kept(draft, step), beside])


def file_digest(draft: Draft) -> str:
    """What stands for the file of a draft and the choices made about it."""
    file = draft.file or {}
    return _digest([file.get("sha256"), file.get("name"), file.get("bytes"), file.get("hints")])


def all_of(draft: Draft, steps: tuple[str, ...]) -> dict[str, str]:
    return {**{step: digest(draft, step) for step in steps}, "file": file_digest(draft)}


def changed(before: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Fields of `new` that say something else than `before`; empty is as good as not there."""
    return [name for name, value in new.items() if (value or None) != (before.get(name) or None)]


def refuse_stale(draft: Draft, new: dict[str, dict[str, Any]], seen: Any) -> None:
    """tk.ValidationError when a step is no longer what the page of these answers showed. The draft is locked."""
    for step, shown in (seen if isinstance(seen, dict) else {}).items():
        if step in new and shown and shown != digest(draft, step) and changed(kept(draft, step), new[step]):
            raise stale()


def refuse_stale_file(draft: Draft, hints: dict[str, Any] | None, seen: Any) -> None:
    """The same for choices about a file (None: it is taken as it is). Those that are made already are no conflict."""
    shown = seen.get("file") if isinstance(seen, dict) else None
    if shown and shown != file_digest(draft) and hints != (draft.file or {}).get("hints"):
        model.Session.rollback()
        sentence = tk._("Meanwhile another file was given, or other choices were made about it. This is how it is now.")
        raise tk.ValidationError({"file": [sentence]})


def stale() -> tk.ValidationError:
    model.Session.rollback()
    sentence = tk._(
        "This step was changed in another window after you opened it. Nothing of yours is lost: look below."
    )
    return tk.ValidationError({FIELD: [sentence]})


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]
