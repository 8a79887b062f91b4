"""What is different since publication was asked for the last time. This plugin only."""

from __future__ import annotations

from typing import Any

from . import compose, words
from .model import Draft

# Fields a reviewer looks at, by the step that changes them.
_STEP_OF = {
    "class_name": "question", "school_year": "question", "level_band": "question", "language": "question",
    "question": "question", "hypotheses": "question", "partners": "question", "data": "data", "instruments": "data",
    "period_start": "data", "period_end": "data", "synthetic": "data", "setting": "place", "city": "place",
    "published_place": "place", "finding": "outcome", "finding_translated": "outcome", "limits": "outcome",
    "notes": "outcome", "notes_translated": "outcome", "license_id": "licence", "funders": "licence",
}  # fmt: skip
STEPS = tuple(dict.fromkeys(_STEP_OF.values()))


def picture(draft: Draft) -> dict[str, Any]:
    """What is asked for, field by field: kept with the request. The data stand there by name, rows and digest."""
    values = compose.fields(draft)
    accepted = draft.accepted or {}
    values["partners"] = draft.answers.get("question", {}).get("partners") or []
    values["setting"] = draft.answers.get("place", {}).get("setting") or ""
    values["data"] = {
        "name": (draft.file or {}).get("name") or "",
        "rows": accepted.get("rows"),
        "sha256": accepted.get("sha256"),
        "pictures": accepted.get("media"),
    }
    return {field: values.get(field) for field in _STEP_OF}


def between(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, str]]:
    """`[{step, field, label, before, after}]` of everything that says something else."""
    return [
        {
            "step": step,
            "field": field,
            "label": words.label(field),
            "before": _told(field, before.get(field)),
            "after": _told(field, after.get(field)),
        }
        for field, step in _STEP_OF.items()
        if (before.get(field) or None) != (after.get(field) or None)
    ]


def _told(field: str, value: Any) -> str:
    if field != "data" or not isinstance(value, dict):
        return words.value(field, value)
    digests = [str(value.get(name) or "")[:8] for name in ("sha256", "pictures")]
    return " · ".join(str(part) for part in (value.get("name"), value.get("rows"), *digests) if part) or "–"
