"""The demo's loader on the real portal: through the review, marked synthetic, once."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
import pytest
from ckan.lib.search import clear_all
from ckan.tests import factories
from ckanext.steamcity.demo import load, organisations, results
from ckanext.steamcity.places import outlines

KEYS = ("bruxelles-a-pollinators", "napoli-a-signs", "arzano-a-waste")


class Calls:
    """Hand every call to the real action and remember which were made."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def __call__(self, action: str, user: str, data: dict[str, Any]) -> Any:
        if action != "organization_member_create":  # saying again who works at a school changes nothing
            self.made.append(action)
        return tk.get_action(action)({"user": user}, data)


@pytest.fixture
def admin(clean_db, clean_index) -> str:
    """A sysadmin, and the approximate places of the demo."""
    user = factories.Sysadmin()["name"]
    about = {key: outlines.source()[key] for key in ("source", "licence", "attribution")}
    tk.get_action("steamcity_area_load")({"user": user}, {**about, "geojson": outlines.collection()})
    return user


def _load(call: Calls, admin: str) -> None:
    load.load_organisations(call, admin)
    load.load_accounts(call, admin, {name: f"Secret-{name}-1" for name in load.accounts()})
    for result in results():
        if result.key in KEYS:
            load.load_result(call, result)


@pytest.mark.usefixtures("with_plugins", "with_request_context")
def test_results_arrive_through_the_review_and_only_once(admin: str) -> None:
    """What the demo says is what a visitor finds; a second load creates nothing."""
    call = Calls()
    _load(call, admin)
    assert call.made.count("steamcity_review_approve") == len(KEYS)
    assert len(tk.get_action("organization_list")({}, {})) == sum(
        len(organisations()[k]) for k in ("partners", "schools")
    )
    for result in (one for one in results() if one.key in KEYS):
        found = tk.get_action("package_search")({}, {"fq": f"+type:experiment +steamcity_protocol:{result.protocol}"})
        (package,) = found["results"]
        assert package["finding"] == result.finding[result.language]
        assert package["synthetic"] is True
        assert package["published_place"] == result.place
        assert [one["outcome"] for one in package["hypotheses"]] == [one.outcome for one in result.hypotheses]
        roles = {one["role"]: one for one in package["resources"]}
        assert ("media" in roles) == bool(result.pictures())
    again = Calls()
    _load(again, admin)
    assert not [action for action in again.made if action.endswith(("_create", "_approve", "_request", "_set"))]
    # Nor when the index was lost meanwhile.
    clear_all()
    lost = Calls()
    _load(lost, admin)
    assert not [action for action in lost.made if action.endswith(("_create", "_approve", "_request", "_set"))]
