"""Two windows on one step, double clicks, and a data step that loses nothing."""

from __future__ import annotations

import io
import re

import pytest
from ckan import model
from ckan.tests import factories
from schoolhelp import act, co2_csv, refused

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")


@pytest.fixture
def token(people):
    """The teacher's."""
    return {"Authorization": factories.APIToken(user=people["teacher"]["name"])["token"]}


def seen_of(page):
    """What a page says it showed."""
    return re.search(r'name="seen" value="(\w+)"', page.body)[1]


def saved(draft, people, step="question"):
    return act("steamcity_draft_show", people["teacher"], id=draft["id"])["answers"].get(step, {})


class TestTwoWindows:
    """The second save is refused, shows both, and goes through when it is sent again."""

    def test_a_stale_save_shows_both(self, app, draft, people, token):
        address = f"/publish/{draft['id']}/question"
        first, second = (seen_of(app.get(address, headers=token)) for _ in range(2))
        mine = {"question": "Theirs: is it warm?", "language": "en", "seen": first, "do": "save"}
        assert app.post(address, data=mine, headers=token, follow_redirects=False).status_code == 302
        late = {**mine, "question": "Mine: is it cold?", "seen": second}
        page = app.post(address, data=late, headers=token)
        assert page.status_code == 422
        assert "Theirs: is it warm?" in page.body
        assert re.search(r"<textarea[^>]*name=\"question\"[^>]*>\s*Mine: is it cold\?", page.body)
        assert saved(draft, people)["question"] == "Theirs: is it warm?"
        again = app.post(address, data={**late, "seen": seen_of(page)}, headers=token, follow_redirects=False)
        assert again.status_code == 302
        assert saved(draft, people)["question"] == "Mine: is it cold?"

    def test_another_step_is_no_conflict(self, app, draft, people, token):
        seen = seen_of(app.get(f"/publish/{draft['id']}/question", headers=token))
        act("steamcity_draft_update", people["teacher"], id=draft["id"], answers={"outcome": {"limits": "One room."}})
        form = {"question": "Is it warm?", "seen": seen}
        answer = app.post(f"/publish/{draft['id']}/question", data=form, headers=token, follow_redirects=False)
        assert answer.status_code == 302
        assert saved(draft, people, "outcome")["limits"] == "One room."

    def test_an_error_does_not_hide_what_was_saved_meanwhile(self, app, draft, people, token):
        """The page that comes back with an error still knows what it had shown first."""
        address = f"/publish/{draft['id']}/outcome"
        seen = seen_of(app.get(address, headers=token))
        act("steamcity_draft_update", people["teacher"], id=draft["id"], answers={"outcome": {"finding": "Theirs"}})
        wrong = app.post(address, data={"finding": "x" * 300, "seen": seen}, headers=token)
        assert wrong.status_code == 422
        page = app.post(address, data={"finding": "Mine", "seen": seen_of(wrong)}, headers=token)
        assert page.status_code == 422
        assert saved(draft, people, "outcome")["finding"] == "Theirs"

    def test_outcomes_follow_their_statements(self, ready, people):
        """What became of a hypothesis is not put beside another one."""
        seen = act("steamcity_draft_show", people["teacher"], id=ready["id"])["seen"]
        other = {"question": {"hypotheses": [{"statement": "Windows help."}]}}
        act("steamcity_draft_update", people["teacher"], id=ready["id"], answers=other)
        late = {"outcome": {"hypotheses": [{"outcome": "inconclusive", "reflection": ""}]}}
        error = refused("steamcity_draft_update", people["teacher"], id=ready["id"], answers=late, seen=seen)
        assert "seen" in error.error_dict
        assert act("steamcity_draft_update", people["teacher"], id=ready["id"], answers=late)

    def test_choices_about_an_older_file(self, app, draft, people, token):
        """Accepting what another window has replaced is refused; what is there is shown."""
        address = f"/publish/{draft['id']}/data"
        act("steamcity_draft_file_set", people["teacher"], id=draft["id"], text=co2_csv(50))
        page = app.get(address, headers=token)
        file = re.search(r'name="seen_file" value="(\w+)"', page.body)[1]
        act("steamcity_draft_file_set", people["teacher"], id=draft["id"], text=co2_csv(70))
        form = {"do": "accept", "seen": seen_of(page), "seen_file": file}
        late = app.post(address, data=form, headers=token)
        assert late.status_code == 422
        assert "70 rows" in late.body
        shown = act("steamcity_draft_show", people["teacher"], id=draft["id"])
        assert shown["accepted"] is None
        form["seen_file"] = re.search(r'name="seen_file" value="(\w+)"', late.body)[1]
        assert app.post(address, data=form, headers=token).status_code == 200
        assert act("steamcity_draft_show", people["teacher"], id=draft["id"])["accepted"]["rows"] == 70


class TestDoubleClicks:
    """One effect, no error."""

    def test_saving(self, app, draft, people, token):
        address = f"/publish/{draft['id']}/question"
        form = {
            "question": "Is it warm?",
            "seen": seen_of(app.get(address, headers=token)),
            "hypotheses-0-statement": "Yes",
        }
        for _ in range(2):
            assert app.post(address, data=form, headers=token, follow_redirects=False).status_code == 302

    def test_a_new_class_is_one_class(self, app, draft, people, token):
        address = f"/publish/{draft['id']}/question"
        form = {"class_id": "new", "level_band": "mixed", "school_year": "2024-2025", "question": "Is it warm?"}
        form["seen"] = seen_of(app.get(address, headers=token))
        for _ in range(2):
            assert app.post(address, data=form, headers=token, follow_redirects=False).status_code == 302
        classes = act("steamcity_class_list", people["teacher"], school=people["school"]["id"])
        assert [one["school_year"] for one in classes] == ["2024-2025"]

    def test_no_class_stays_of_a_save_that_was_refused(self, app, draft, people, token):
        form = {"class_id": "new", "level_band": "mixed", "question": "x" * 5000}
        assert app.post(f"/publish/{draft['id']}/question", data=form, headers=token).status_code == 422
        assert act("steamcity_class_list", people["teacher"], school=people["school"]["id"]) == []

    def test_accepting(self, app, draft, people, token):
        address = f"/publish/{draft['id']}/data"
        page = app.post(address, data={"do": "check", "text": co2_csv()}, headers=token)
        form = {"do": "accept", "seen_file": re.search(r'name="seen_file" value="(\w+)"', page.body)[1]}
        form |= {"decision-anything": "keep", "seen": seen_of(page)}
        for _ in range(2):
            assert app.post(address, data=form, headers=token).status_code == 200
        assert len(act("package_show", people["teacher"], id=draft["id"])["resources"]) == 2

    def test_taking_the_request_back(self, app, requested, ready, token):
        for _ in range(2):
            answer = app.post(
                f"/publish/{ready['id']}/ask", data={"do": "cancel"}, headers=token, follow_redirects=False
            )
            assert answer.status_code == 302


class TestNothingIsLost:
    """Whatever button is pressed on the data step."""

    def test_the_button_for_a_new_file_asks_for_one(self, app, draft, people, token):
        """What was said of the file before is not said again as if it were of this one."""
        address = f"/publish/{draft['id']}/data"
        act("steamcity_draft_file_set", people["teacher"], id=draft["id"], text=co2_csv(50))
        before = act("steamcity_draft_show", people["teacher"], id=draft["id"])
        page = app.post(address, data={"do": "check_new"}, headers=token)
        assert page.status_code == 422
        assert 'id="upload-error"' in page.body
        after = act("steamcity_draft_show", people["teacher"], id=draft["id"])
        assert (after["file"], after["report"]) == (before["file"], before["report"])
        # A file of answers of people travels with the page only, and must not be lost on the way.
        page = app.post(address, data={"do": "check_new", "carried": "YTtiCjE7Mgo="}, headers=token)
        assert 'value="YTtiCjE7Mgo="' in page.body
        assert app.post(address, data={"do": "check"}, headers=token, follow_redirects=False).status_code == 302

    @pytest.mark.parametrize("do", ["check", "check_new", "accept", "instruments", "save"])
    def test_a_new_file_is_checked(self, app, draft, people, token, do):
        address = f"/publish/{draft['id']}/data"
        act("steamcity_draft_file_set", people["teacher"], id=draft["id"], text=co2_csv(50))
        form = {"do": do, "upload": (io.BytesIO(co2_csv(70).encode()), "new.csv"), "decision-gap": "keep"}
        form["instruments-0-name"] = "SCD30"
        answer = app.post(address, data=form, headers=token, follow_redirects=False)
        assert answer.status_code == 302
        assert answer.location.endswith("/data")
        shown = act("steamcity_draft_show", people["teacher"], id=draft["id"])
        assert (shown["file"]["name"], shown["report"]["rows"]) == ("new.csv", 70)
        assert shown["accepted"] is None
        assert "decisions" not in shown["file"]["hints"]
        assert shown["answers"]["data"]["instruments"][0]["name"] == "SCD30"

    def test_instruments_beside_a_decision(self, app, draft, people, token):
        """What was typed is kept when the file is accepted."""
        act("steamcity_draft_file_set", people["teacher"], id=draft["id"], text=co2_csv())
        form = {"do": "accept", "instruments-0-name": "SCD30", "instruments-0-calibrated_on": "2026-02-01"}
        assert app.post(f"/publish/{draft['id']}/data", data=form, headers=token).status_code == 200
        shown = act("steamcity_draft_show", people["teacher"], id=draft["id"])
        assert shown["accepted"]
        assert shown["answers"]["data"]["instruments"][0]["name"] == "SCD30"

    def test_a_wrong_day_costs_no_file(self, app, draft, people, token):
        """Nor does a station that is none cost the words beside it."""
        address = f"/publish/{draft['id']}/data"
        form = {
            "do": "check",
            "text": co2_csv(60),
            "instruments-0-name": "SCD30",
            "instruments-0-calibrated_on": "soon",
        }
        page = app.post(address, data=form, headers=token)
        assert page.status_code == 422
        assert 'id="instruments-0-calibrated_on-error"' in page.body
        assert 'value="soon"' in page.body
        shown = act("steamcity_draft_show", people["teacher"], id=draft["id"])
        assert shown["report"]["rows"] == 60
        form = {
            "do": "check",
            "station": "none",
            "from": "2026-03-02",
            "to": "2026-03-03",
            "instruments-0-name": "Kept",
        }
        page = app.post(address, data=form, headers=token)
        assert page.status_code in (404, 422)
        assert saved(draft, people, "data")["instruments"][0]["name"] == "Kept"


class TestMappingIsRemembered:
    """By class, protocol and header."""

    ODD = co2_csv().replace("CO2 (ppm)", "valeur A").replace("Température (°C)", "valeur B")

    def test_for_the_next_file_of_the_class(self, app, draft, people, school_class, token):
        teacher = people["teacher"]
        act("steamcity_draft_update", teacher, id=draft["id"], answers={"question": {"class_id": school_class["id"]}})
        first = act("steamcity_draft_file_set", teacher, id=draft["id"], text=self.ODD)
        assert not first["report"]["ok"]
        chosen = {"valeur A": "co2", "valeur B": None}
        told = act("steamcity_draft_file_set", teacher, id=draft["id"], hints={"mapping": chosen})
        assert told["report"]["ok"]
        assert not told["report"]["remembered"]
        given = {"protocol": "co2-indoor", "owner_org": people["school"]["id"]}
        other = act("steamcity_draft_create", teacher, **given, class_id=school_class["id"])
        later = act("steamcity_draft_file_set", teacher, id=other["id"], text=self.ODD)
        assert later["report"]["ok"]
        assert later["report"]["remembered"]
        assert "As your class chose" in app.get(f"/publish/{other['id']}/data", headers=token).body
        # It can still be changed, and the change is what is remembered.
        changed = {"valeur A": None, "valeur B": "co2"}
        act("steamcity_draft_file_set", teacher, id=other["id"], hints={"mapping": changed})
        once_more = act("steamcity_draft_file_set", teacher, id=draft["id"], text=self.ODD)
        found = {one["header"]: one["column"] for one in once_more["report"]["columns"]}
        assert (found["valeur A"], found["valeur B"]) == (None, "co2")

    def test_not_for_another_class_or_header(self, draft, people, school_class):
        teacher = people["teacher"]
        act("steamcity_draft_update", teacher, id=draft["id"], answers={"question": {"class_id": school_class["id"]}})
        hints = {"mapping": {"valeur A": "co2"}}
        act("steamcity_draft_file_set", teacher, id=draft["id"], text=self.ODD, hints=hints)
        given = {"protocol": "co2-indoor", "owner_org": people["school"]["id"]}
        nobody = act("steamcity_draft_create", teacher, **given)
        assert not act("steamcity_draft_file_set", teacher, id=nobody["id"], text=self.ODD)["report"]["ok"]
        another = self.ODD.replace("valeur B", "valeur C")
        assert not act("steamcity_draft_file_set", teacher, id=draft["id"], text=another)["report"]["ok"]

    def test_no_header_is_stored(self, draft, people, school_class):
        """A header may hold what points to people."""
        from ckanext.steamcity.schools.model import Mapping

        teacher = people["teacher"]
        act("steamcity_draft_update", teacher, id=draft["id"], answers={"question": {"class_id": school_class["id"]}})
        hints = {"mapping": {"valeur A": "co2"}}
        act("steamcity_draft_file_set", teacher, id=draft["id"], text=self.ODD, hints=hints)
        kept = model.Session.query(Mapping).one()
        assert "valeur" not in f"{kept.signature} {kept.columns}"
