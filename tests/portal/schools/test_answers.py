"""Answers that reach the published record: days of a table without times, partners, the mark of generated data."""

from __future__ import annotations

import io

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan import model
from ckan.tests import factories
from ckanext.steamcity import protocols
from ckanext.steamcity.demo import results
from schoolhelp import ANSWERS, act, co2_csv, refused
from werkzeug.datastructures import FileStorage

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")


def headers(user):
    """A token of this person."""
    return {"Authorization": factories.APIToken(user=user["name"])["token"]}


def open_items(draft, person):
    """Codes of what the gate still asks for."""
    judged = act("steamcity_gate_check", person, id=draft["id"])
    return [item["code"] for item in judged["items"] if not item["ok"]]


def publish(draft, people):
    """Ask and approve; the frozen record."""
    asked = act("steamcity_review_request", people["teacher"], id=draft["id"])
    act("steamcity_review_approve", people["coordinator"], id=asked["id"], sha256=asked["sha256"])
    return act("steamcity_version_show", None, id=draft["id"])["record"]


@pytest.fixture
def timeless(people, school_class):
    """A draft whose accepted table says nothing about time; everything else is there."""
    made = next(one for one in results() if protocols.load(one.protocol).time_column is None)
    given = {"protocol": made.protocol, "owner_org": people["school"]["id"], "class_id": school_class["id"]}
    draft = act("steamcity_draft_create", people["teacher"], **given)
    file = {"upload": FileStorage(io.BytesIO(made.file()), filename=made.filename)}
    hints = {"date_order": "dmy", "decisions": {"out_of_range": "leave_out"}}
    act("steamcity_draft_file_set", people["teacher"], id=draft["id"], **file, hints=hints)
    file = {"upload": FileStorage(io.BytesIO(made.file()), filename=made.filename)}
    act("steamcity_draft_file_accept", people["teacher"], id=draft["id"], **file, hints=hints)
    act("steamcity_draft_update", people["teacher"], id=draft["id"], answers=ANSWERS)
    return draft


class TestDays:
    """When the table does not say when it was measured, the class says it."""

    def test_the_gate_asks_for_both_days_in_order(self, timeless, people):
        """One day is not enough, nor an end before the beginning."""
        teacher = people["teacher"]
        assert open_items(timeless, teacher) == ["period"]
        for days in (("2026-03-02", ""), ("", "2026-03-04"), ("2026-03-04", "2026-03-02")):
            answers = {"data": dict(zip(("period_start", "period_end"), days, strict=True))}
            act("steamcity_draft_update", teacher, id=timeless["id"], answers=answers)
            assert open_items(timeless, teacher) == ["period"], days
        assert refused("steamcity_review_request", teacher, id=timeless["id"])

    def test_the_page_asks_and_the_record_tells(self, app, timeless, people):
        """By the form; a wrong day is shown again with a sentence."""
        token, address = headers(people["teacher"]), f"/publish/{timeless['id']}/data"
        assert 'name="period_start"' in app.get(address, headers=token).body
        form = {"do": "instruments", "period_start": "2026-03-02", "period_end": "4 March"}
        wrong = app.post(address, data=form, headers=token)
        assert wrong.status_code == 422
        assert 'id="period_end-error"' in wrong.body
        assert 'value="2026-03-02"' in wrong.body
        assert app.post(address, data={**form, "period_end": "2026-03-04"}, headers=token).status_code == 200
        assert open_items(timeless, people["teacher"]) == []
        assert publish(timeless, people)["period"] == {"start": "2026-03-02", "end": "2026-03-04"}

    def test_times_in_the_table_win(self, app, ready, people):
        """Nobody is asked, and what was said is not taken."""
        days = {"period_start": "2020-01-01", "period_end": "2020-01-02"}
        act("steamcity_draft_update", people["teacher"], id=ready["id"], answers={"data": days})
        page = app.get(f"/publish/{ready['id']}/data", headers=headers(people["teacher"]))
        assert 'name="period_start"' not in page.body
        assert publish(ready, people)["period"]["start"] == "2026-03-02"


class TestPartners:
    """Who helped is named as an author."""

    @pytest.fixture
    def fablab(self, people):
        return factories.Organization(name="lab-aix", title="Fablab Aix", kind="fablab")

    def test_chosen_on_the_page_named_in_record_page_and_citation(self, app, ready, people, fablab):
        """None by default; schools are not offered."""
        token, address = headers(people["teacher"]), f"/publish/{ready['id']}/question"
        page = app.get(address, headers=token).body
        assert f'name="partners" value="{fablab["id"]}"' in page
        assert f'value="{fablab["id"]}" checked' not in page
        assert people["other_school"]["id"] not in page
        question = ready["answers"]["question"]
        form = {"question": question["question"], "hypotheses-0-statement": "CO2 stays low.", "partners": fablab["id"]}
        assert app.post(address, data=form, headers=token).status_code == 200
        assert f'value="{fablab["id"]}" checked' in app.get(address, headers=token).body
        record = publish(ready, people)
        assert [one["kind"] for one in record["creators"]] == ["class", "school", "partner"]
        assert record["creators"][2]["name"] == "Fablab Aix"
        assert "with Fablab Aix" in app.get(f"/experiment/{record['concept']}-v1").body
        cited = act("steamcity_citation_show", None, id=ready["id"])["citation"]
        assert "Fablab Aix" in cited

    def test_only_partners_of_the_portal_and_three_at_most(self, ready, people, fablab):
        """By name or id; schools, strangers and a fourth are refused."""
        teacher = people["teacher"]
        more = [factories.Organization(kind="library")["id"] for _ in range(3)]
        for wrong in (
            [people["other_school"]["id"]],
            [people["school"]["name"]],
            ["nobody"],
            [fablab["id"], *more],
            "x",
        ):
            answers = {"question": {"partners": wrong}}
            assert refused("steamcity_draft_update", teacher, id=ready["id"], answers=answers), wrong
        saved = act("steamcity_draft_update", teacher, id=ready["id"], answers={"question": {"partners": ["lab-aix"]}})
        assert saved["answers"]["question"]["partners"] == [fablab["id"]]


def test_generated_data_of_a_class_say_so(draft, people, school_class):
    """What the class ticks reaches the package with the accepted file."""
    act("steamcity_draft_update", people["teacher"], id=draft["id"], answers={"data": {"synthetic": True}})
    act("steamcity_draft_file_set", people["teacher"], id=draft["id"], text=co2_csv())
    act("steamcity_draft_file_accept", people["teacher"], id=draft["id"])
    assert act("package_show", people["teacher"], id=draft["id"])["synthetic"] is True


def rows_of_everything():
    """How many rows every table has, and the newest change of any package."""
    tables = model.Session.execute(
        sa.text("select tablename from pg_tables where schemaname = 'public' and tableowner = current_user")
    ).scalars()
    # A token notes when it was used last.
    names = [name for name in tables if name != "api_token"]
    counts = {name: model.Session.execute(sa.text(f'select count(*) from "{name}"')).scalar() for name in names}
    changed = model.Session.execute(sa.text("select max(metadata_modified), max(version) from package")).one()
    drafts = model.Session.execute(sa.text("select max(modified) from steamcity_schools_draft")).scalar()
    model.Session.rollback()
    return counts, tuple(changed), drafts


class TestLookingWritesNothing:
    """A GET shows; what is written is written by a POST."""

    def test_every_step_and_the_preview(self, app, ready, people):
        """Also the first look at the page as the public will see it."""
        token = headers(people["teacher"])
        changed = {**ANSWERS["outcome"], "finding": "Open windows help within five minutes"}
        act("steamcity_draft_update", people["teacher"], id=ready["id"], answers={"outcome": changed})
        before = rows_of_everything()
        for step in ("question", "data", "place", "outcome", "licence", "check", "ask"):
            assert app.get(f"/publish/{ready['id']}/{step}", headers=token).status_code == 200
        act("steamcity_version_preview", people["teacher"], id=ready["id"])
        assert rows_of_everything() == before
        page = app.get(f"/publish/{ready['id']}/check", headers=token).body
        assert "Open windows help within five minutes" in page
        assert act("package_show", people["teacher"], id=ready["id"])["title"] != changed["finding"]

    def test_what_was_shown_is_what_is_asked_for(self, ready, people):
        """The record of the answers is the record of the saved package, identifiers included."""
        from ckanext.steamcity.schools import compose
        from ckanext.steamcity.schools.model import Draft

        answers = {"outcome": {"notes": "What we did.", "finding_translated": {"fr": "Le CO2 monte"}}}
        act("steamcity_draft_update", people["teacher"], id=ready["id"], answers=answers)
        context = {"ignore_auth": True, "steamcity_fields": compose.previewed(Draft.get(ready["id"]))}
        seen = tk.get_action("steamcity_version_preview")(context, {"id": ready["id"]})
        asked = act("steamcity_review_request", people["teacher"], id=ready["id"])
        assert asked["sha256"] == seen["sha256"]
