"""What the schools tests share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model

CO2_HEADER = "time;CO2 (ppm);Température (°C)\n"


def act(action: str, user: Any, **data: Any) -> Any:
    """Call an action as somebody (a user dict, None for anonymous), with authorisation."""
    person = model.User.get(user["name"]) if user else None
    context: Any = {"user": user["name"] if user else "", "auth_user_obj": person, "ignore_auth": False}
    return tk.get_action(action)(context, data)


def refused(action: str, user: Any, **data: Any) -> Exception | None:
    """The refusal, None when the action went through."""
    try:
        act(action, user, **data)
    except (tk.NotAuthorized, tk.ValidationError, tk.ObjectNotFound) as error:
        model.Session.rollback()
        return error
    return None


def co2_csv(rows: int = 96, first_day: int = 2) -> str:
    """Readings every five minutes as a French logger writes them: semicolons, decimal commas, UTC."""
    lines, begin = [], datetime(2026, 3, first_day, tzinfo=UTC)
    for number in range(rows):
        moment = begin + timedelta(minutes=5 * number)
        value = 450 + (number * 37) % 900
        lines.append(f"{moment:%Y-%m-%dT%H:%M:%SZ};{value};{20 + (number % 7) / 10:.1f}".replace(".", ","))
    return CO2_HEADER + "\n".join(lines) + "\n"


def state(package_id: str) -> str:
    """State of the package in the database."""
    model.Session.expire_all()
    package = model.Package.get(package_id)
    assert package is not None
    return f"{package.state}{' private' if package.private else ''}"


ANSWERS = {
    "question": {
        "language": "en",
        "question": "Is the air in our classroom good enough?",
        "hypotheses": [{"statement": "CO2 stays below 1000 ppm.", "stated_on": "2026-02-27"}],
    },
    "place": {"city": "aix-en-provence", "published_place": "area:jas-de-bouffan"},
    "outcome": {
        "hypotheses": [{"outcome": "refuted", "reflection": "We opened the windows too late."}],
        "finding": "CO2 climbs above 1,300 ppm in two of three lessons",
        "limits": "One sensor shows one spot of one room.",
    },
    "licence": {"license_id": "CC-BY-4.0"},
}


def complete(draft: dict[str, Any], people: Any, school_class: dict[str, Any]) -> dict[str, Any]:
    """Fill a draft until nothing is missing."""
    teacher = people["teacher"]
    act("steamcity_draft_update", teacher, id=draft["id"], answers=ANSWERS)
    act("steamcity_draft_update", teacher, id=draft["id"], answers={"question": {"class_id": school_class["id"]}})
    act("steamcity_draft_file_set", teacher, id=draft["id"], text=co2_csv())
    act("steamcity_draft_file_accept", teacher, id=draft["id"])
    return act("steamcity_draft_show", teacher, id=draft["id"])
