"""The gate, item by item, and what a coordinator decides."""

from __future__ import annotations

import threading

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from schoolhelp import act, co2_csv, refused, state

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")


def red(people, draft):
    """Codes of the items that are not met."""
    judged = act("steamcity_gate_check", people["teacher"], id=draft["id"])
    return {item["code"] for item in judged["items"] if not item["ok"]}


def test_an_empty_draft_says_everything_that_is_missing(draft, people):
    """Each sentence names its step; nothing is asked for while something is missing."""
    assert red(people, draft) == {
        "class", "question", "hypotheses", "data", "place", "finding", "limits", "licence", "creators",
    }  # fmt: skip
    error = refused("steamcity_review_request", people["teacher"], id=draft["id"])
    assert isinstance(error, tk.ValidationError)
    assert len(error.error_dict["gate"]) == 9
    assert act("steamcity_draft_show", people["teacher"], id=draft["id"])["state"] == "draft"


# (item that turns red, step, answers that make it so)
SPOILED = [
    ("question", "question", {"question": ""}),
    ("hypotheses", "question", {"hypotheses": []}),
    ("outcome", "outcome", {"hypotheses": [{"outcome": "", "reflection": "We do not know."}]}),
    ("finding", "outcome", {"finding": ""}),
    ("limits", "outcome", {"limits": ""}),
    ("place", "place", {"published_place": ""}),
    ("place", "place", {"published_place": "cell:891e2659c2bffff"}),
    ("place", "place", {"city": "napoli"}),
    ("licence", "licence", {"license_id": ""}),
    ("privacy_texts", "outcome", {"limits": "Ask Mrs Garcia, garcia@school.example, or ring 06 12 34 56 78."}),
    ("privacy_texts", "question", {"question": "Is our class room at 43.529742, 5.447427 warm?"}),
]


def test_each_item_can_turn_red(ready, people):
    """One thing spoiled, one item red; mended, and all is well."""
    assert red(people, ready) == set()
    before = act("steamcity_draft_show", people["teacher"], id=ready["id"])["answers"]
    for code, step, spoiled in SPOILED:
        act("steamcity_draft_update", people["teacher"], id=ready["id"], answers={step: spoiled})
        assert red(people, ready) == {code}, spoiled
        act("steamcity_draft_update", people["teacher"], id=ready["id"], answers=before)
    assert red(people, ready) == set()


def test_items_about_class_data_and_licence(ready, people):
    """What answers alone cannot spoil."""
    from ckanext.steamcity.schools.model import Draft

    draft = Draft.get(ready["id"])
    kept = {name: getattr(draft, name) for name in ("class_id", "accepted", "file", "protocol")}

    def spoiled(**values):
        for name, value in {**kept, **values}.items():
            setattr(draft, name, value)
        model.Session.commit()
        return red(people, ready)

    assert spoiled() == set()
    assert spoiled(class_id="no-such-class") == {"class", "creators"}
    assert spoiled(accepted=None) == {"data"}
    assert spoiled(accepted={**kept["accepted"], "sha256": "0" * 64}) == {"data"}
    assert spoiled(file={**kept["file"], "hints": {"mapping": {"CO2 (ppm)": None}}}) == {"data"}
    assert spoiled(accepted={**kept["accepted"], "period_start": None}) == {"period"}
    source = {"title": "A station", "licence": "ODbL-1.0", "attribution": "somebody"}
    assert spoiled(accepted={**kept["accepted"], "source": source}) == {"licence"}
    assert spoiled(protocol="no-such-protocol") == {"protocol", "data"}
    spoiled()
    act(
        "resource_create",
        people["teacher"],
        package_id=ready["id"],
        url="https://example.org/names.csv",
        name="names.csv",
    )
    assert red(people, ready) == {"files"}


def test_results_of_an_invented_school_are_marked(ready, people):
    """The mark follows from the school; nobody can take it away."""
    patch = {"ignore_auth": True, "user": people["sysadmin"]["name"]}
    tk.get_action("organization_patch")(patch, {"id": people["school"]["id"], "synthetic": True})
    act("steamcity_draft_update", people["teacher"], id=ready["id"], answers={"data": {"synthetic": False}})
    act("steamcity_review_request", people["teacher"], id=ready["id"])
    assert act("package_show", people["teacher"], id=ready["id"])["synthetic"] is True


def test_an_uncertain_name_can_be_confirmed_and_the_mark_ends_with_the_text(ready, people):
    """A teacher says "this is no person" of what only looks like one."""
    text = "Emma opened the window."
    act("steamcity_draft_update", people["teacher"], id=ready["id"], answers={"outcome": {"limits": text}})
    judged = act("steamcity_gate_check", people["teacher"], id=ready["id"])
    assert [(found["field"], found["certain"]) for found in judged["private"]] == [("limits", False)]
    marks = [found["mark"] for found in judged["private"] if not found["certain"]]
    act("steamcity_draft_update", people["teacher"], id=ready["id"], answers={"check": {"no_person": marks}})
    judged = act("steamcity_gate_check", people["teacher"], id=ready["id"])
    assert judged["private"] == []
    answers = {"outcome": {"limits": text + " Twice."}}
    act("steamcity_draft_update", people["teacher"], id=ready["id"], answers=answers)
    assert len(act("steamcity_gate_check", people["teacher"], id=ready["id"])["private"]) == 1


class TestReview:
    """Asked for, looked at, decided."""

    def test_approve(self, requested, ready, people):
        """The coordinator publishes exactly what was asked for; pressing twice publishes once."""
        assert act("steamcity_review_request", people["teacher"], id=ready["id"])["id"] == requested["id"]
        listed = act("steamcity_review_list", people["coordinator"])
        assert [one["id"] for one in listed] == [requested["id"]]
        assert act("steamcity_review_list", people["teacher"]) == []
        seen = act("steamcity_review_show", people["coordinator"], id=requested["id"])
        assert seen["unchanged"]
        assert seen["gate"]["ok"]
        assert seen["record"]["finding"]["text"].startswith("CO2 climbs")
        for who in ("teacher", "colleague", "member", "stranger", "stranger_admin"):
            given = {"id": requested["id"], "sha256": requested["sha256"]}
            assert isinstance(refused("steamcity_review_approve", people[who], **given), tk.NotAuthorized), who
        assert refused("steamcity_review_approve", people["coordinator"], id=requested["id"], sha256="0" * 64)
        assert state(ready["id"]) == "draft"
        act("steamcity_review_approve", people["coordinator"], id=requested["id"], sha256=requested["sha256"])
        assert state(ready["id"]) == "active"
        again = act("steamcity_review_approve", people["coordinator"], id=requested["id"], sha256=requested["sha256"])
        assert again["state"] == "approved"
        version = act("steamcity_version_show", people["anonymous"], id=ready["id"])
        assert version["record"] == seen["record"]
        assert act("steamcity_draft_show", people["teacher"], id=ready["id"])["state"] == "published"
        assert refused(
            "steamcity_draft_update", people["teacher"], id=ready["id"], answers={"outcome": {"finding": "x"}}
        )
        assert refused("steamcity_review_request", people["teacher"], id=ready["id"])

    def test_read_only_while_open_then_returned_then_cancelled(self, requested, ready, people):
        """Nobody changes it meanwhile; a note comes back; the teacher may take a request back."""
        answers = {"outcome": {"finding": "Something else"}}
        for who in ("teacher", "coordinator", "sysadmin"):
            assert refused("steamcity_draft_update", people[who], id=ready["id"], answers=answers), who
            assert refused("package_patch", people[who], id=ready["id"], finding="Something else"), who
            assert refused("steamcity_draft_file_set", people[who], id=ready["id"], text=co2_csv()), who
            assert refused("package_delete", people[who], id=ready["id"]), who
        assert isinstance(
            refused("steamcity_review_return", people["coordinator"], id=requested["id"], note=""), tk.ValidationError
        )
        assert isinstance(
            refused("steamcity_review_return", people["teacher"], id=requested["id"], note="x"), tk.NotAuthorized
        )
        act("steamcity_review_return", people["coordinator"], id=requested["id"], note="Say which room.")
        shown = act("steamcity_draft_show", people["teacher"], id=ready["id"])
        assert (shown["state"], shown["review"]["note"]) == ("returned", "Say which room.")
        given = {"id": requested["id"], "sha256": requested["sha256"]}
        assert isinstance(refused("steamcity_review_approve", people["coordinator"], **given), tk.ValidationError)
        act("steamcity_draft_update", people["teacher"], id=ready["id"], answers=answers)
        second = act("steamcity_review_request", people["teacher"], id=ready["id"])
        assert second["sha256"] != requested["sha256"]
        act("steamcity_review_cancel", people["teacher"], id=ready["id"])
        assert act("steamcity_draft_show", people["teacher"], id=ready["id"])["state"] == "draft"
        assert state(ready["id"]) == "draft"

    def test_a_draft_that_changed_is_not_published(self, requested, ready, people):
        """Whatever changed it, past every action."""
        package = model.Package.get(ready["id"])
        package.extras["finding"] = "All is well"
        model.Session.commit()
        seen = act("steamcity_review_show", people["coordinator"], id=requested["id"])
        assert not seen["unchanged"]
        given = {"id": requested["id"], "sha256": requested["sha256"]}
        assert isinstance(refused("steamcity_review_approve", people["coordinator"], **given), tk.ValidationError)
        assert state(ready["id"]) == "draft"

    def test_sysadmin_and_named_reviewer(self, ready, people):
        """A sysadmin does not approve what she asked for herself; a named reviewer sees and decides this one draft."""
        requested = act("steamcity_review_request", people["sysadmin"], id=ready["id"])
        given = {"id": requested["id"], "sha256": requested["sha256"]}
        assert isinstance(refused("steamcity_review_approve", people["sysadmin"], **given), tk.NotAuthorized)
        assert isinstance(refused("package_show", people["stranger"], id=ready["id"]), tk.NotAuthorized)
        name = people["stranger"]["name"]
        assert isinstance(
            refused("steamcity_review_assign", people["teacher"], id=requested["id"], reviewer=name), tk.NotAuthorized
        )
        act("steamcity_review_assign", people["coordinator"], id=requested["id"], reviewer=name)
        assert act("package_show", people["stranger"], id=ready["id"])["id"] == ready["id"]
        assert isinstance(refused("package_patch", people["stranger"], id=ready["id"], title="x"), tk.NotAuthorized)
        act("steamcity_review_approve", people["stranger"], **given)
        assert state(ready["id"]) == "active"

    def test_withdrawn_ones_are_seen_by_sysadmins_only(self, requested, ready, people):
        """Withdrawing ends the life cycle; the labels close the door."""
        given = {"id": requested["id"], "sha256": requested["sha256"]}
        act("steamcity_review_approve", people["coordinator"], **given)
        reason = "The sensor stood in the wrong room."
        act("steamcity_version_withdraw", people["coordinator"], id=ready["id"], reason=reason)
        assert act("steamcity_draft_show", people["teacher"], id=ready["id"])["state"] == "withdrawn"
        for who in ("anonymous", "member", "teacher", "coordinator"):
            assert refused("package_show", people[who], id=ready["id"]), who
        assert refused("package_patch", people["sysadmin"], id=ready["id"], private=False)

    def test_two_coordinators_at_once(self, app, requested, ready, people):
        """Approved at the same moment from two threads: one version."""
        outcomes = []

        def press():
            with app.flask_app.test_request_context():
                try:
                    given = {"id": requested["id"], "sha256": requested["sha256"]}
                    outcomes.append(act("steamcity_review_approve", people["coordinator"], **given)["state"])
                except (tk.ValidationError, tk.NotAuthorized) as error:
                    outcomes.append(type(error).__name__)
                finally:
                    model.Session.remove()

        model.Session.remove()
        threads = [threading.Thread(target=press) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        assert outcomes.count("approved") >= 1
        assert len(outcomes) == 2
        assert state(ready["id"]) == "active"
        concept = act("steamcity_version_show", people["anonymous"], id=ready["id"])["concept"]
        assert len(act("steamcity_version_list", people["anonymous"], concept=concept)) == 1
