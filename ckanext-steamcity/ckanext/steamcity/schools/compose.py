"""From the answers of a draft to the fields of its package, and back. This plugin only."""

from __future__ import annotations

import json
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.lib.munge import munge_title_to_name
from ckanext.steamcity import protocols

from . import workflow, years
from .model import Draft, SchoolClass, invented

_OF_STEP = {
    "question": ("question", "language"),
    "place": ("city", "published_place"),
    "outcome": ("finding", "finding_translated", "limits", "notes", "notes_translated"),
    "licence": ("license_id", "funders"),
    "data": ("instruments",),
}
FIELDS = (
    "title", "title_translated", "protocol", "question", "hypotheses", "finding", "finding_translated", "limits",
    "notes", "notes_translated", "city", "published_place", "period_start", "period_end", "school_year", "class_name",
    "level_band", "instruments", "creators", "funders", "license_id", "data_licence_sources", "language", "synthetic",
)  # fmt: skip


def protocol_of(draft: Draft) -> protocols.Protocol | None:
    """The protocol of a draft, carried out where the class says; None when it has none we know."""
    if draft.protocol not in protocols.slugs():
        return None
    return protocols.load(draft.protocol).at(draft.answers.get("place", {}).get("setting"))


def measured_years(values: dict[str, Any]) -> list[str]:
    """School years in which was measured; none while that is not known."""
    return years.of_period(values["period_start"], values["period_end"])


def hypotheses_of(answers: dict[str, Any]) -> list[dict[str, Any]]:
    """Statements with what became of each."""
    outcomes = answers.get("outcome", {}).get("hypotheses", [])
    found = []
    for index, statement in enumerate(answers.get("question", {}).get("hypotheses", [])):
        became = outcomes[index] if index < len(outcomes) else {}
        found.append({key: value for key, value in {**statement, **became}.items() if value})
    return found


def fields(draft: Draft) -> dict[str, Any]:
    """Every field of the package that follows from the answers, the class, the school and the accepted file."""
    answers = draft.answers
    values: dict[str, Any] = dict.fromkeys(FIELDS, "")
    for step, names in _OF_STEP.items():
        values |= {name: answers.get(step, {}).get(name) or "" for name in names}
    school = model.Group.get(draft.school)
    language = values["language"] or tk.config["ckan.locale_default"]
    values |= {
        "language": language,
        "protocol": draft.protocol or "",
        "hypotheses": hypotheses_of(answers),
        "synthetic": _synthetic(draft, school),
        "creators": [{"kind": "school", "reference": draft.school}] if draft.school else [],
        "data_licence_sources": _sources(draft),
    }
    values["creators"] += [
        {"kind": "partner", "reference": one} for one in answers.get("question", {}).get("partners", [])
    ]
    school_class = SchoolClass.get(draft.class_id) if draft.class_id else None
    if school_class is not None:
        values |= {name: getattr(school_class, name) for name in ("school_year", "level_band")}
        values["class_name"] = school_class.name
        if draft.state in workflow.UNPUBLISHED:
            # The address of a result begins with what it is about; four signs keep two of one class apart.
            values["name"] = munge_title_to_name(f"{draft.protocol} {school_class.name} {draft.id[:4]}")
        values["creators"] = [{"kind": "class", "reference": school_class.id}, *values["creators"]]
    values |= _period(draft)
    measured = measured_years(values)
    if measured and values["school_year"] not in measured:
        # The year of the data counts; the gate asks for a class of that year.
        values["school_year"] = measured[0]
    values |= _titles(draft, values, language)
    for name in ("instruments", "funders"):
        values[name] = values[name] or []
    return values


def previewed(draft: Draft) -> dict[str, Any]:
    """The fields as the saved package would show them, with those the portal works out itself."""
    values, protocol = fields(draft), protocol_of(draft)
    found = {one["outcome"] for one in values["hypotheses"] if one.get("outcome")}
    return values | {"cluster": protocol.clusters[0] if protocol else "", "outcomes": sorted(found)}


def _period(draft: Draft) -> dict[str, str]:
    """First and last day: what the accepted table says, else what the class says of a table without times."""
    measured = draft.accepted or {}
    said = {} if measured.get("period_start") else draft.answers.get("data", {})
    return {name: (measured.get(name) or said.get(name) or "")[:10] for name in ("period_start", "period_end")}


def has_times(draft: Draft) -> bool:
    """Whether the data themselves say when they were measured."""
    if draft.accepted:
        return bool(draft.accepted.get("period_start"))
    protocol = protocol_of(draft)
    return protocol is not None and protocol.time_column is not None


def _titles(draft: Draft, values: dict[str, Any], language: str) -> dict[str, Any]:
    """The finding is the title; before there is one, the protocol and the class."""
    if values["finding"]:
        return {"title": values["finding"], "title_translated": values["finding_translated"]}
    protocol = protocol_of(draft)
    parts = [protocol.title(language) if protocol else "", values["class_name"]]
    return {"title": ", ".join(part for part in parts if part) or draft.id, "title_translated": ""}


def _synthetic(draft: Draft, school: model.Group | None) -> bool:
    source = ((draft.accepted or draft.file) or {}).get("source") or {}
    return invented(school) or bool(source.get("synthetic")) or bool(draft.answers.get("data", {}).get("synthetic"))


def _sources(draft: Draft) -> list[dict[str, str]]:
    source = ((draft.accepted or draft.file) or {}).get("source")
    return [{name: source[name] for name in source if name != "synthetic"}] if source else []


def answers_of(package: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """Answers that say what the package says, for a package that was written without the wizard."""
    answers = {step: dict(values) for step, values in before.items()}
    for step, names in _OF_STEP.items():
        kept = answers.setdefault(step, {})
        for name in names:
            value = package.get(name)
            kept[name] = value if value not in (None, "", [], {}) else ""
    hypotheses = [one for one in package.get("hypotheses") or [] if isinstance(one, dict)]
    answers["question"]["hypotheses"] = [_part(one, ("statement", "stated_on")) for one in hypotheses]
    answers["outcome"]["hypotheses"] = [_part(one, ("outcome", "reflection")) for one in hypotheses]
    answers["data"]["synthetic"] = bool(package.get("synthetic"))
    answers["data"] |= _part(package, ("period_start", "period_end"))
    creators = [one for one in package.get("creators") or [] if isinstance(one, dict)]
    answers["question"]["partners"] = [one["reference"] for one in creators if one.get("kind") == "partner"]
    for step, name in (("licence", "funders"), ("data", "instruments")):
        answers[step][name] = answers[step][name] or []
    for name in ("finding_translated", "notes_translated"):
        value = answers["outcome"][name]
        answers["outcome"][name] = json.loads(value) if isinstance(value, str) and value else value or {}
    return answers


def _part(entry: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: entry.get(name) or "" for name in names}


def differs(package: dict[str, Any], values: dict[str, Any]) -> bool:
    """Whether the package says something else than the answers."""
    return any(_plain(package.get(name)) != _plain(value) for name, value in values.items())


def _plain(value: Any) -> Any:
    """One shape for what CKAN keeps in several: empty is None, JSON is its value."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            value = json.loads(value)
        except ValueError:
            return value
    if isinstance(value, list):
        value = [
            {key: one for key, one in entry.items() if one} if isinstance(entry, dict) else entry for entry in value
        ]
    return value or None


def sync(draft: Draft, user: str) -> dict[str, Any]:
    """Write the answers into the package when they say something new; the package as it is then.

    Commits what the session holds, in any case.
    """
    package = tk.get_action("package_show")({"ignore_auth": True, "user": user}, {"id": draft.id})
    values = fields(draft)
    if not differs(package, values):
        model.Session.commit()
        return package
    whole = {**package, **values}
    for name, value in values.items():
        # An empty field is left out: validators ask for something or nothing.
        if _plain(value) is None:
            whole.pop(name)
    whole.pop("metadata_modified", None)
    context: Any = {"ignore_auth": True, "user": user, "steamcity_inside": True}
    return tk.get_action("package_update")(context, whole)
