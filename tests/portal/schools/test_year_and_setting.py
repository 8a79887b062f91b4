"""The school year is that of the data, and times are as fine as the place of measuring allows."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from ckan.tests import factories
from ckanext.steamcity.schools import compose
from ckanext.steamcity.schools.model import Draft
from schoolhelp import ANSWERS, act, co2_csv

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")


def missing(draft, people):
    """Codes of the check list that are not met."""
    judged = act("steamcity_gate_check", people["teacher"], id=draft["id"])
    return {item["code"]: item["message"] for item in judged["items"] if not item["ok"]}


class TestSchoolYear:
    def test_a_class_of_another_year_is_told(self, app, ready, people, school_class):
        """Both years and the name of the class; on the data step too."""
        teacher = people["teacher"]
        wrong = act(
            "steamcity_class_create",
            teacher,
            school=people["school"]["id"],
            level_band="mixed",
            school_year="2023-2024",
        )
        act("steamcity_draft_update", teacher, id=ready["id"], answers={"question": {"class_id": wrong["id"]}})
        assert compose.fields(Draft.get(ready["id"]))["school_year"] == "2025-2026"
        sentence = missing(ready, people)["school_year"]
        for word in (wrong["name"], "2023-2024", "2025-2026"):
            assert word in sentence
        token = {"Authorization": factories.APIToken(user=teacher["name"])["token"]}
        for step in ("data", "question"):
            assert "2023-2024, but the data" in app.get(f"/publish/{ready['id']}/{step}", headers=token).body
        new = app.get(f"/publish/{ready['id']}/question", headers=token).body
        assert '<option value="2025-2026" selected' in new
        act("steamcity_draft_update", teacher, id=ready["id"], answers={"question": {"class_id": school_class["id"]}})
        assert missing(ready, people) == {}

    def test_over_the_summer_both_years_will_do(self, ready, people):
        """Data that lie in two school years."""
        teacher, draft = people["teacher"], Draft.get(ready["id"])
        draft.accepted = {**draft.accepted, "period_start": "2026-06-01", "period_end": "2026-09-20"}
        values = compose.fields(draft)
        assert values["school_year"] == "2025-2026"
        assert compose.measured_years(values) == ["2025-2026", "2026-2027"]
        assert teacher


def walls_csv(rows=96):
    """Four temperatures every quarter of an hour."""
    names = "time,indoor_temperature,outdoor_temperature,inner_wall_temperature,outer_wall_temperature\n"
    start = datetime(2026, 1, 20, 7, tzinfo=UTC)
    lines = [
        f"{start + timedelta(minutes=15 * n):%Y-%m-%dT%H:%M:%SZ},{20 + n % 4}.5,{3 + n % 3}.1,18.{n % 2},4.{n % 2}"
        for n in range(rows)
    ]
    return names + "\n".join(lines) + "\n"


@pytest.fixture
def walls(people, school_class):
    """A draft about walls with everything but the setting."""
    teacher = people["teacher"]
    given = {"protocol": "warm-walls", "owner_org": people["school"]["id"], "class_id": school_class["id"]}
    draft = act("steamcity_draft_create", teacher, **given)
    act("steamcity_draft_update", teacher, id=draft["id"], answers=ANSWERS)
    act("steamcity_draft_file_set", teacher, id=draft["id"], text=walls_csv())
    act("steamcity_draft_file_accept", teacher, id=draft["id"])
    return draft


def table(draft, people):
    """Times of the table that would be published, from the file stored with the package."""
    from ckanext.steamcity import blobs

    package = act("package_show", people["teacher"], id=draft["id"])
    sha256 = next(one["sha256"] for one in package["resources"] if one["role"] == "data")
    return re.findall(r"^(2026[^,]+),", blobs.read(sha256).decode(), re.MULTILINE)


class TestSetting:
    def test_it_is_asked_where_there_are_several(self, app, walls, draft, people):
        token = {"Authorization": factories.APIToken(user=people["teacher"]["name"])["token"]}
        assert set(missing(walls, people)) == {"setting"}
        page = app.get(f"/publish/{walls['id']}/place", headers=token).body
        assert 'value="home"' in page
        assert 'name="setting"' not in app.get(f"/publish/{draft['id']}/place", headers=token).body

    def test_at_school_by_the_hour(self, walls, people):
        answers = {"place": {"setting": "school"}}
        act("steamcity_draft_update", people["teacher"], id=walls["id"], answers=answers)
        assert missing(walls, people) == {}
        times = table(walls, people)
        assert len(times) == 24
        assert all(time.endswith(":00:00Z") for time in times)

    def test_at_home_by_the_day(self, walls, people):
        """The accepted table is written anew at once; back at school the hours are there again."""
        teacher = people["teacher"]
        act("steamcity_draft_update", teacher, id=walls["id"], answers={"place": {"setting": "home"}})
        assert missing(walls, people) == {}
        assert table(walls, people) == ["2026-01-20T00:00:00Z", "2026-01-21T00:00:00Z"]
        asked = act("steamcity_review_request", teacher, id=walls["id"])
        act("steamcity_review_cancel", teacher, id=walls["id"])
        assert asked["state"] == "open"
        act("steamcity_draft_update", teacher, id=walls["id"], answers={"place": {"setting": "school"}})
        assert len(table(walls, people)) == 24

    def test_no_repair_tells_the_moment(self, people, walls):
        """A row that was left out leaves neither its time nor its line."""
        from ckanext.steamcity.schools import datafile

        text = walls_csv().replace("2026-01-20T09:15:00Z,21.5", "2026-01-20T09:15:00Z,999")
        act("steamcity_draft_file_set", people["teacher"], id=walls["id"], text=text)
        hints = {"decisions": {"out_of_range": "leave_out"}}
        act("steamcity_draft_file_set", people["teacher"], id=walls["id"], hints=hints)
        made = datafile.outputs(Draft.get(walls["id"]))
        assert made["provenance"]["repairs"]
        assert "09:15" not in str(made["provenance"])
        assert all(one["row"] is None for one in made["provenance"]["repairs"])

    def test_a_finer_table_is_refused(self, walls, people, monkeypatch):
        """Whatever wrote it: the gate reads the stored table."""
        from ckanext.steamcity.schools import gate

        act("steamcity_draft_update", people["teacher"], id=walls["id"], answers={"place": {"setting": "home"}})
        state = gate.read(Draft.get(walls["id"]))
        assert gate._time_step(state) == ""
        state.made = {**state.made, "csv": state.made["csv"].replace("2026-01-21T00:00:00Z", "2026-01-21T07:15:00Z")}
        assert gate._time_step(state)

    def test_another_place_than_offered(self, walls, people):
        from schoolhelp import refused

        assert refused(
            "steamcity_draft_update", people["teacher"], id=walls["id"], answers={"place": {"setting": "bus"}}
        )


class TestReviewTellsWhatChanged:
    def test_notes_by_step_and_changes(self, app, ready, people):
        """The teacher sees the note at the step, the coordinator what became of it."""
        teacher, coordinator = people["teacher"], people["coordinator"]
        first = act("steamcity_review_request", teacher, id=ready["id"])
        assert act("steamcity_review_show", coordinator, id=first["id"])["changes"] is None
        notes = {"outcome": "Say which lessons.", "place": ""}
        act("steamcity_review_return", coordinator, id=first["id"], notes=notes)
        token = {"Authorization": factories.APIToken(user=teacher["name"])["token"]}
        assert "Say which lessons." in app.get(f"/publish/{ready['id']}/outcome", headers=token).body
        assert "Say which lessons." in app.get("/desk", headers=token).body
        change = {"outcome": {"finding": "CO2 climbs above 1,300 ppm in maths and music"}}
        act("steamcity_draft_update", teacher, id=ready["id"], answers=change)
        act("steamcity_draft_file_set", teacher, id=ready["id"], text=co2_csv(90))
        act("steamcity_draft_file_accept", teacher, id=ready["id"])
        second = act("steamcity_review_request", teacher, id=ready["id"])
        shown = act("steamcity_review_show", coordinator, id=second["id"])
        assert {one["field"] for one in shown["changes"]} == {"finding", "data"}
        finding = next(one for one in shown["changes"] if one["field"] == "finding")
        assert finding["before"] == ANSWERS["outcome"]["finding"]
        assert finding["after"] == change["outcome"]["finding"]
        page = app.get(
            f"/review/{second['id']}",
            headers={"Authorization": factories.APIToken(user=coordinator["name"])["token"]},
        ).body
        assert f'<del class="scs-note">{ANSWERS["outcome"]["finding"]}</del>' in page
        assert "Say which lessons." in page

    def test_a_note_is_needed_and_bounded(self, app, requested, people):
        token = {"Authorization": factories.APIToken(user=people["coordinator"]["name"])["token"]}
        for form in ({}, {"notes-outcome": "x" * 5000}, {"note": "x" * 5000}):
            page = app.post(f"/review/{requested['id']}", data={"do": "return", **form}, headers=token)
            assert page.status_code == 422, form
            assert "-error" in page.body
