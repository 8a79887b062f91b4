"""Put the demo into a portal, step by step, through the public actions and as the people who would do it.

Imports no CKAN: whoever calls it hands over ``call(action, user, data)``. Nothing is written twice: what is there is
left, a result that stopped half-way goes on where it stopped.
"""

from __future__ import annotations

import io
import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ckanext.steamcity import protocols
from ckanext.steamcity.places import outlines
from werkzeug.datastructures import FileStorage

from .content import LANGUAGES, Result, organisations, results

log = logging.getLogger(__name__)

Call = Callable[[str, str, dict[str, Any]], Any]
# What a teacher answers to the questions and errors the synthetic files are made to raise.
HINTS = {"date_order": "dmy", "decisions": {"out_of_range": "leave_out"}}
NOTE = "Invented for the demo of SteamCity Open Data. Its data are synthetic: nobody measured them."


@dataclass(frozen=True)
class People:
    """The accounts of a school. They are adults' roles, not persons."""

    teacher: str
    coordinator: str


def people_of(school: str) -> People:
    """Return the account names of a school."""
    short = school.removeprefix("demo-school-")
    return People(f"demo-teacher-{short}", f"demo-coordinator-{short}")


def accounts() -> tuple[str, ...]:
    """Return every account the demo needs, so that the caller can make a password for each."""
    return tuple(name for school in organisations()["schools"] for name in vars(people_of(school["name"])).values())


def answers_of(result: Result) -> dict[str, dict[str, Any]]:
    """Return the answers of the wizard, by step."""
    hypotheses = [hypothesis.to_dict() for hypothesis in result.hypotheses]
    own = result.language
    return {
        "question": {
            "language": own,
            "question": result.question,
            "hypotheses": [{key: one[key] for key in ("statement", "stated_on")} for one in hypotheses],
        },
        "data": {"instruments": [dict(one) for one in result.instruments], "synthetic": True, **_days(result)},
        "place": {"city": result.city, "published_place": result.place, "setting": _setting(result)},
        "outcome": {
            "hypotheses": [{key: one[key] for key in ("outcome", "reflection")} for one in hypotheses],
            "finding": result.finding[own],
            "finding_translated": {lang: result.finding[lang] for lang in LANGUAGES if lang in result.finding},
            "limits": result.limits,
            "notes": result.notes[own],
            "notes_translated": {lang: result.notes[lang] for lang in LANGUAGES if lang in result.notes},
        },
        "licence": {"license_id": result.licence, "funders": [dict(one) for one in result.funders]},
    }


def _setting(result: Result) -> str:
    """Where it was measured; read only where the protocol asks for it."""
    return protocols.load(result.protocol).place_setting


def _days(result: Result) -> dict[str, str]:
    """First and last day; they are read only where the table has no times."""
    return {name: getattr(result, name).isoformat() for name in ("period_start", "period_end")}


def load(call: Call, admin: str, passwords: Mapping[str, str]) -> None:
    """Load organisations, accounts and all results. ``passwords`` holds one for every name of ``accounts()``."""
    load_places(call, admin)
    load_organisations(call, admin)
    load_accounts(call, admin, passwords)
    for result in results():
        load_result(call, result)
        log.info("demo: %s", result.key)


def load_places(call: Call, admin: str) -> None:
    """Load the approximate outlines of the demo cities where no areas are known yet."""
    if call("steamcity_area_list", admin, {"kind": "city"}):
        return
    about = outlines.source()
    terms = {key: about[key] for key in ("source", "licence", "attribution")}
    call("steamcity_area_load", admin, {**terms, "geojson": outlines.collection()})


def load_organisations(call: Call, admin: str) -> None:
    """Make partners and schools that are not there yet."""
    known = set(call("organization_list", admin, {}))
    lists = organisations()
    for kind, group in (("partners", lists["partners"]), ("schools", lists["schools"])):
        invented = kind == "schools"
        for one in group:
            if one["name"] in known:
                continue
            data = {
                # The same id in every portal: class names follow from it.
                "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"steamcity:demo:{one['name']}")),
                "name": one["name"],
                "title": one["title"],
                "kind": "school" if invented else one["kind"],
                "city": one["city"],
                "country": one["country"].upper(),
                "synthetic": invented,
            }
            call("organization_create", admin, data | ({"description": NOTE} if invented else {}))


def load_accounts(call: Call, admin: str, passwords: Mapping[str, str]) -> None:
    """Make a teacher (editor) and a coordinator (admin) for every school."""
    known = {user["name"] for user in call("user_list", admin, {"q": "demo-", "all_fields": True})}
    for school in organisations()["schools"]:
        people = people_of(school["name"])
        for name, role in ((people.teacher, "editor"), (people.coordinator, "admin")):
            if name not in known:
                data = {"name": name, "email": f"{name}@demo.example", "password": passwords[name]}
                call("user_create", admin, data)
            member = {"id": school["name"], "username": name, "role": role}
            call("organization_member_create", admin, member)


def class_for(call: Call, school: str, level: str, people: People) -> str:
    """Return the id of a school's class of a level, made when there is none: one for each level and school."""
    wanted = {"school": school, "school_year": Result.school_year, "level_band": level}
    for found in call("steamcity_class_list", people.coordinator, {"school": school}):
        if all(found[key] == wanted[key] for key in ("school_year", "level_band")):
            return found["id"]
    return call("steamcity_class_create", people.coordinator, wanted)["id"]


def published(call: Call, school: str, protocol: str) -> bool:
    """Say whether a result is there; no school has two results of one protocol, so that is how it is found again."""
    wanted = f"+type:experiment +organization:{school} +steamcity_protocol:{protocol}"
    teacher = people_of(school).teacher
    if call("package_search", teacher, {"fq": wanted, "rows": 0})["count"]:
        return True
    # The index may have been lost; what is published twice stays for ever.
    candidates = [name for name in call("package_list", teacher, {}) if name.startswith(f"{protocol}-")]
    found = [call("package_show", teacher, {"id": name}) for name in candidates]
    return any((one["protocol"], one["organization"]["name"]) == (protocol, school) for one in found)


def _draft_of(call: Call, result: Result, people: People) -> dict[str, Any]:
    """Return the draft of a result: the one that is there, else a new one."""
    for found in call("steamcity_draft_list", people.teacher, {}):
        if found["protocol"] == result.protocol:
            return found
    data = {
        "protocol": result.protocol,
        "owner_org": result.school,
        "class_id": class_for(call, result.school, result.level_band, people),
        "language": result.language,
    }
    return call("steamcity_draft_create", people.teacher, data)


def _upload(result: Result) -> FileStorage:
    return FileStorage(io.BytesIO(result.file()), filename=result.filename, content_type="text/csv")


def _give_pictures(call: Call, result: Result, people: People, package: str) -> None:
    """Hand in the pictures of a result that has some, and say that nobody is on them: they are drawn."""
    files = [FileStorage(io.BytesIO(content), filename=name) for name, content in result.pictures().items()]
    if files:
        given = call("steamcity_draft_pictures_set", people.teacher, {"id": package, "upload": files})
        seen = {"data": {"pictures_seen": given["mark"]}}
        call("steamcity_draft_update", people.teacher, {"id": package, "answers": seen})


def load_result(call: Call, result: Result) -> None:
    """Take one result through the publishing path: draft, answers, file, review request, approval."""
    people = people_of(result.school)
    if published(call, result.school, result.protocol):
        return
    draft = _draft_of(call, result, people)
    package = draft["id"]
    if draft["state"] != "submitted":
        call("steamcity_draft_update", people.teacher, {"id": package, "answers": answers_of(result)})
        hints = {**HINTS, "timezone": result.timezone}
        _give_pictures(call, result, people, package)
        # Answers of people are not stored between the check and the acceptance: the file is handed in with both.
        call("steamcity_draft_file_set", people.teacher, {"id": package, "upload": _upload(result), "hints": hints})
        accepted = {"id": package, "upload": _upload(result), "hints": hints, "decisions": HINTS["decisions"]}
        call("steamcity_draft_file_accept", people.teacher, accepted)
        call("steamcity_review_request", people.teacher, {"id": package})
    reviews = call("steamcity_review_list", people.coordinator, {})
    review = next(one for one in reviews if one["package_id"] == package and one["state"] == "open")
    shown = call("steamcity_review_show", people.coordinator, {"id": review["id"]})
    call("steamcity_review_approve", people.coordinator, {"id": review["id"], "sha256": shown["sha256"]})
