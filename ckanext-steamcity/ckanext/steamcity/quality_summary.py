"""How good the data of a result are, in words and as a small table, out of what the check wrote down. The frame's."""

from __future__ import annotations

from typing import Any

from ckanext.steamcity import protocols
from ckanext.steamcity.messages import N_, Message, counted, n_
from ckanext.steamcity.protocols.quality import TITLES

_FLAGS = {
    "1": N_("good"),
    "2": N_("not evaluated"),
    "3": N_("suspect"),
    "4": N_("fail"),
    "9": N_("missing"),
}
_MARKED = ("3", "4", "9")
_READINGS = ("local_time", "since_start")


def summary(record: dict[str, Any]) -> dict[str, Any] | None:
    """Rows against the plan, share of rows for each flag and test, what is said of the instruments. None when the
    record has no quality: of results that were not measured by a protocol."""
    quality = record.get("quality")
    if not quality:
        return None
    rows, flags = quality.get("rows") or 0, quality.get("flags") or {}
    instruments = record.get("instruments") or []
    calibrated = sum(1 for instrument in instruments if instrument.get("calibrated_on"))
    listed = record.get("repairs") or []
    # A time is another way to write the same moment; that it was read so is listed, but nothing differs.
    repairs = (record.get("repairs_count") or len(listed)) - sum(one.get("code") in _READINGS for one in listed)
    # Records of before the flags were counted do not say how many rows are marked.
    marked = sum(flags.get(code, 0) for code in _MARKED) / rows if rows and flags else None
    slug = (record.get("protocol") or {}).get("slug")
    made = {
        "groups": bool(slug in protocols.slugs() and protocols.load(slug).aggregate),
        "rows": rows,
        "expected": quality.get("expected"),
        "completeness": quality.get("completeness"),
        "marked": None if marked is None else round(marked, 4),
        "sure": None if marked is None else _share(round(rows * (1 - marked)), quality.get("expected") or rows),
        "flags": [
            {
                "code": int(code),
                "message": Message(title).to_dict(),
                "rows": flags[code],
                "share": _share(flags[code], rows),
            }
            for code, title in _FLAGS.items()
            if flags.get(code)
        ],
        "tests": [
            {"code": code, "message": Message(TITLES[code]).to_dict(), "share": share}
            for code, share in (quality.get("tests") or {}).items()
            if code in TITLES
        ],
        "repairs": repairs,
        "instruments": instruments,
        "calibration": {"stated": calibrated, "instruments": len(instruments)},
    }
    return {**made, "words": [message.to_dict() for message in _words(made)]}


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _percent(share: float) -> str:
    """A share as people say it; a little is never told as nothing, nor nearly all as all."""
    if 0 < share < 0.001:  # noqa: PLR2004
        return "< 0.1"
    shown = min(share, 0.999) if share < 1 else share
    return f"{shown * 100:.1f}".removesuffix(".0")


def _words(made: dict[str, Any]) -> list[Message]:
    found = []
    if made["completeness"] is not None:
        params = {"rows": made["rows"], "expected": made["expected"], "percent": _percent(made["completeness"])}
        found.append(Message(N_("{rows} of {expected} planned rows are there ({percent} %)."), params))
    else:
        forms = n_(
            "There is {count} row; how many were planned is not stated.",
            "There are {count} rows; how many were planned is not stated.",
        )
        found.append(counted(forms, {"count": made["rows"]}))
    if made["marked"] is None:
        found.append(Message(N_("How many rows the tests marked is not stated.")))
    elif made["marked"]:
        text = N_("{percent} % of the rows are marked: suspect, failed or incomplete.")
        found.append(Message(text, {"percent": _percent(made["marked"])}))
    else:
        found.append(Message(N_("No test marked a row.")))
    if made["groups"]:
        text = N_("The table holds groups of people, no single answers; what few people answered is left out.")
        found.append(Message(text))
    elif made["repairs"]:
        text = N_("Values that differ from the measured ones: {count}. Each is listed with what was measured.")
        found.append(Message(text, {"count": made["repairs"]}))
    else:
        found.append(Message(N_("All values are as they were measured.")))
    calibration = made["calibration"]
    if not calibration["instruments"]:
        found.append(Message(N_("Which instrument was used is not stated.")))
    elif not calibration["stated"]:
        found.append(Message(N_("The instrument is stated; whether it was calibrated is not.")))
    else:
        params = {"count": calibration["stated"], "total": calibration["instruments"]}
        found.append(Message(N_("The instrument is stated; calibrated: {count} of {total}."), params))
    return found
