"""The pages of publishing, with good and with bad input."""

from __future__ import annotations

import io

import pytest
from ckan import model
from ckan.tests import factories
from schoolhelp import ANSWERS, act, co2_csv, complete, state

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")


def headers(user):
    """A token of this person."""
    return {"Authorization": factories.APIToken(user=user["name"])["token"]}


def upload(content, name="data.csv"):
    """A file as a browser sends it."""
    return {"do": "check", "upload": (io.BytesIO(content), name)}


UNREADABLE = {
    "a PDF": b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n" * 30,
    "a zip": b"PK\x03\x04" + b"\x00" * 400,
    "nothing": b"",
    "one column": b"a\n" + b"1\n" * 60,
    "no rows": b"time,CO2\n",
    "10,000 columns": ",".join(f"c{n}" for n in range(10_000)).encode() + b"\n1\n",
    "another protocol": b"species,count\nbee,3\nfly,4\n" * 30,
    "NUL bytes": b"time,CO2\n2026-03-03T07:05:00Z,\x00\x00\n" * 60,
}
HOSTILE = "time,CO2,Température\n" + "\n".join(
    f'2026-03-0{3 + n // 60}T0{n // 6 % 10}:{n % 6}0:00Z,{500 + n},=HYPERLINK("http://x")' for n in range(100)
)


def test_bad_files_get_a_sentence_and_leave_nothing(app, draft, people):
    """Each in the interface's language; the draft is kept, nothing is half written."""
    token, address = headers(people["teacher"]), f"/publish/{draft['id']}/data"
    for name, content in UNREADABLE.items():
        page = app.post(address, data=upload(content), headers=token)
        assert page.status_code in (200, 422), name
        if content:
            report = act("steamcity_draft_show", people["teacher"], id=draft["id"])["report"]
            assert not report["ok"], name
            assert [one for one in report["findings"] if one["severity"] == "error"] or report["questions"], name
        answer = app.post(address, data={"do": "accept"}, headers=token)
        assert answer.status_code == 422, name
        assert "error-summary" in answer.body, name
    assert act("package_show", people["teacher"], id=draft["id"])["resources"] == []
    shown = act("steamcity_draft_show", people["teacher"], id=draft["id"])
    assert (shown["state"], shown["accepted"]) == ("draft", None)


def test_hostile_cells_headers_and_names(app, draft, people):
    """Formula cells are an error; scripts and paths are shown as text or not at all."""
    token, address = headers(people["teacher"]), f"/publish/{draft['id']}/data"
    header = HOSTILE.replace("Température", "<script>alert(1)</script>", 1)
    page = app.post(address, data=upload(header.encode(), "../../etc/<b>passwd\x07.csv"), headers=token)
    assert page.status_code == 200
    assert "<script>alert(1)" not in page.body
    assert "<b>passwd" not in page.body
    assert "../../etc" not in page.body
    formula = app.post(address, data=upload(HOSTILE.encode()), headers=token)
    assert formula.status_code == 200
    report = act("steamcity_draft_show", people["teacher"], id=draft["id"])["report"]
    assert "formula" in {finding["code"] for finding in report["findings"]}, {f["code"] for f in report["findings"]}


def test_too_large_and_utf16(app, draft, people, monkeypatch):
    """A file over the limit is refused; UTF-16 is read."""
    from ckanext.steamcity.schools import files

    token, address = headers(people["teacher"]), f"/publish/{draft['id']}/data"
    monkeypatch.setattr(files.within_limit, "__defaults__", (1000,))
    page = app.post(address, data=upload(co2_csv().encode()), headers=token)
    assert page.status_code == 422
    assert "upload-error" in page.body
    monkeypatch.undo()
    app.post(address, data=upload(co2_csv().encode("utf-16")), headers=token)
    assert act("steamcity_draft_show", people["teacher"], id=draft["id"])["report"]["rows"] == 96


def test_texts_too_long_and_markdown_with_script(app, ready, people):
    """A sentence beside the field, the text kept in it; Solr takes what is saved."""
    token = headers(people["teacher"])
    emoji = "🌳" * 10_000
    page = app.post(f"/publish/{ready['id']}/outcome", data={"limits": emoji, "finding": "F"}, headers=token)
    assert page.status_code == 422
    assert 'id="limits-error"' in page.body
    assert "🌳" * 9_000 in page.body
    assert act("steamcity_draft_show", people["teacher"], id=ready["id"])["answers"]["outcome"]["finding"] != "F"
    long = {"limits": "🌳" * 4_000, "notes": "[x](javascript:alert(1)) <script>alert(1)</script>", "finding": "F"}
    saved = app.post(f"/publish/{ready['id']}/outcome", data=long, headers=token, follow_redirects=False)
    assert saved.status_code == 302
    checked = app.get(f"/publish/{ready['id']}/check", headers=token)
    assert "<script>alert(1)" not in checked.body
    assert "javascript:alert" not in checked.body
    act("steamcity_draft_update", people["teacher"], id=ready["id"], answers=ANSWERS)
    act("steamcity_draft_update", people["teacher"], id=ready["id"], answers={"outcome": {"limits": long["limits"]}})
    act("steamcity_review_request", people["teacher"], id=ready["id"])
    assert act("package_show", people["teacher"], id=ready["id"])["limits"] == "🌳" * 4_000


def test_every_page_in_five_languages(app, requested, ready, people, school_class):
    """Each screen answers, in the language asked for."""
    token = headers(people["coordinator"])
    pages = ["/desk", "/publish", f"/school/{people['school']['name']}/classes", f"/review/{requested['id']}"]
    pages += [
        f"/publish/{ready['id']}/{step}" for step in ("question", "data", "place", "outcome", "licence", "check", "ask")
    ]
    pages += [f"/publish/{ready['id']}/delete"]
    for language in ("", "/fr", "/bg"):
        for page in pages:
            answer = app.get(language + page, headers=token)
            assert answer.status_code == 200, page
            assert f'<html lang="{language[1:] or "en"}"' in answer.body, page
            assert people["teacher"]["name"] not in answer.body, page
    for page in pages:
        assert app.get(page, follow_redirects=False).status_code in (302, 403), page


def test_from_protocol_to_publication_through_the_pages(app, people, school_class, area):
    """The whole way by forms, double clicks included."""
    teacher, coordinator = headers(people["teacher"]), headers(people["coordinator"])
    begun = app.post("/publish", data={"protocol": "co2-indoor"}, headers=teacher, follow_redirects=False)
    draft_id = begun.location.rstrip("/").split("/")[-2]
    twice = app.post("/publish", data={"protocol": "co2-indoor"}, headers=teacher, follow_redirects=False)
    assert twice.location == begun.location
    complete({"id": draft_id}, people, school_class)
    asked = [app.post(f"/publish/{draft_id}/ask", data={"do": "ask"}, headers=teacher) for _ in range(2)]
    assert [one.status_code for one in asked] == [200, 200]
    waiting = act("steamcity_review_list", people["coordinator"])
    assert len(waiting) == 1
    address, form = f"/review/{waiting[0]['id']}", {"do": "approve", "sha256": waiting[0]["sha256"]}
    assert app.post(address, data=form, headers=teacher).status_code == 403
    for _ in range(2):
        answer = app.post(address, data=form, headers=coordinator, follow_redirects=False)
        assert answer.status_code == 302
    assert state(draft_id) == "active"
    assert "CO2 climbs" in app.get(f"/experiment/{model.Package.get(draft_id).name}").body


def test_answers_of_people_are_not_stored(app, people, school_class):
    """A survey leaves only its table of groups, and only once it is in order."""
    from ckanext.steamcity import protocols
    from ckanext.steamcity.schools import files
    from ckanext.steamcity.schools.model import Draft

    slug = next(one for one in protocols.slugs() if protocols.load(one).privacy in ("P2", "P3"))
    given = {"protocol": slug, "owner_org": people["school"]["id"]}
    draft = act("steamcity_draft_create", people["teacher"], **given)
    template = protocols.template_csv(protocols.load(slug), "en").decode()
    text = template + "unheard-of-answer-4711\n" * 30
    act("steamcity_draft_file_set", people["teacher"], id=draft["id"], text=text)
    stored = Draft.get(draft["id"])
    assert "unheard-of-answer" not in str(stored.report)
    assert "unheard-of-answer" not in str(stored.file)
    kept = stored.file.get("sha256")
    assert kept is None or b"unheard-of-answer" not in (files.read(draft["id"], kept) or b"")
    page = app.post(
        f"/publish/{draft['id']}/data", data={"do": "check", "text": text}, headers=headers(people["teacher"])
    )
    assert page.status_code == 200
    assert 'name="carried"' in page.body


def test_a_draft_thrown_away_leaves_nothing(ready, people):
    """Neither rows nor files."""
    from ckanext.steamcity.schools import files
    from ckanext.steamcity.schools.model import Draft

    kept = Draft.get(ready["id"]).file["sha256"]
    assert files.read(ready["id"], kept)
    act("steamcity_draft_delete", people["teacher"], id=ready["id"])
    assert files.read(ready["id"], kept) is None
    model.Session.expire_all()
    assert Draft.get(ready["id"]) is None
    assert model.Package.get(ready["id"]) is None


def test_a_name_in_a_text_is_marked_where_it_stands(ready, app, people):
    """The check and the request show the sentence with a link to the field, never an error page."""
    token = headers(people["teacher"])
    text = {"question": {"question": "Is it fresh in here? Ask lea.martin@school.example."}}
    act("steamcity_draft_update", people["teacher"], id=ready["id"], answers=text)
    for step in ("check", "ask"):
        page = app.get(f"/publish/{ready['id']}/{step}", headers=token)
        assert page.status_code == 200
        assert f"/publish/{ready['id']}/question#question" in page.body, step


def test_an_unreadable_file_offers_nothing_to_accept(app, draft, people):
    """Only the sentence and another file."""
    token, address = headers(people["teacher"]), f"/publish/{draft['id']}/data"
    app.post(address, data=upload(UNREADABLE["a PDF"], "a.pdf"), headers=token)
    page = app.get(address, headers=token)
    assert 'value="accept"' not in page.body
    assert "Give another file" in page.body


def test_login_keeps_the_language(app):
    """Somebody who reads French comes back to the French page."""
    answer = app.get("/fr/publish", follow_redirects=False)
    assert "came_from=%2Ffr%2Fpublish" in answer.headers["Location"].replace("=/fr/", "=%2Ffr%2F")


def test_a_file_full_of_faults_shows_one_of_each_kind_and_counts_all(app, draft, people):
    """The rest is folded; how the file was read waits while something is to be decided."""
    token = headers(people["teacher"])
    lines = co2_csv(400).splitlines()
    broken = [lines[0], *(line.replace(line.split(";")[1], f"x{i}", 1) for i, line in enumerate(lines[1:]))]
    page = app.post(f"/publish/{draft['id']}/data", data=upload("\n".join(broken).encode()), headers=token).body
    errors = page[page.index('id="findings-error"') : page.index('id="findings-note"')]
    assert "400 places in all" in errors
    assert errors.count("is not a number") == 40
    assert errors.split("<details>")[0].count("is not a number") == 1
    assert "<details><summary><h2" in page[: page.index('id="findings-note"')]


def test_what_could_be_a_person_is_told_at_once(app, draft, people):
    """Not three steps later; and what nobody could take for a person is not."""
    token, address = headers(people["teacher"]), f"/publish/{draft['id']}/question"
    page = app.post(address, data={"question": "Warum? Emma a mesuré le bruit."}, headers=token).body
    assert "This looks like the name of a person" in page
    assert "Emma" not in page, "the next step shows none of it"
    page = app.post(address, data={"question": "Why is it loud?"}, headers=token).body
    assert "This looks like" not in page
