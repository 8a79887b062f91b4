"""How the pages of feeds ask: as the person who is logged in; refusals become pages, or sentences beside fields (only
`harvesters/` imports this)."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk

from . import sources


def who() -> Any:
    return {"user": tk.current_user.name, "auth_user_obj": tk.current_user}


def call(action: str, /, **data: Any) -> Any:
    """An action as the person who is logged in; refusals become pages."""
    try:
        return tk.get_action(action)(who(), data)
    except tk.ObjectNotFound as error:
        tk.abort(404, str(error))
    except tk.NotAuthorized as error:
        tk.abort(403, str(error))


def school(name: str) -> dict[str, Any]:
    """A school whose feeds this person looks after."""
    found = call("organization_show", id=name, include_dataset_count=False, include_users=False)
    try:
        tk.check_access("steamcity_feed_list", who(), {"owner_org": found["id"]})
    except tk.NotAuthorized as error:
        tk.abort(403, str(error))
    return found


def feed(source_id: str) -> Any:
    """A feed whose settings this person may change."""
    try:
        source = sources.asked_for({"source_id": source_id})
        tk.check_access("steamcity_feed_update", who(), {"source_id": source.id})
    except tk.ObjectNotFound as error:
        tk.abort(404, str(error))
    except tk.NotAuthorized as error:
        tk.abort(403, str(error))
    return source


def sentences(error: tk.ValidationError) -> dict[str, str]:
    """What is wrong, by field."""
    found = {}
    for name, texts in error.error_dict.items():
        found[name] = " ".join(str(text) for text in texts) if isinstance(texts, list) else str(texts)
    return found


def summary(errors: dict[str, str]) -> list[dict[str, str]]:
    return [{"field": "" if name == "source" else name, "message": text} for name, text in errors.items()]
