"""What people and strangers can learn of accounts, and who can act in their name."""

from __future__ import annotations

import re

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckan.lib.redis import connect_to_redis
from ckan.tests import factories
from ckan.tests.helpers import CKANTestApp, call_action
from ckanext.steamcity import brake
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

# The test client keeps the session's cookie for this host.
HERE = "http://localhost"
pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")


def ask(action: str, user: str, **data):
    """An action as somebody, with every permission asked for."""
    return call_action(action, context={"user": user, "ignore_auth": False}, **data)


@pytest.mark.parametrize("who", ["", "teacher", "member"])
def test_activity_is_for_administrators(school, who):
    """It names accounts and tells of drafts."""
    user = school[who]["name"] if who else ""
    for name in ("organization_activity_list", "group_activity_list"):
        with pytest.raises(tk.NotAuthorized):
            ask(name, user, id=school["organization"]["id"])
    with pytest.raises(tk.NotAuthorized):
        ask("recently_changed_packages_activity_list", user)
    assert ask("organization_activity_list", factories.Sysadmin()["name"], id=school["organization"]["id"])


def test_activity_of_plain_datasets_stays_cores(school):
    """Plain datasets keep CKAN's behaviour."""
    dataset = factories.Dataset(owner_org=school["organization"]["id"])
    assert isinstance(ask("package_activity_list", "", id=dataset["id"]), list)


def test_accounts_are_ones_own(school):
    """Neither strangers nor teachers read other accounts."""
    teacher, coordinator = school["teacher"]["name"], school["coordinator"]["name"]
    assert ask("user_show", teacher, id=teacher)["name"] == teacher
    assert ask("organization_list_for_user", teacher)
    for user in ("", teacher):
        for name in ("user_show", "organization_list_for_user", "user_activity_list"):
            with pytest.raises(tk.NotAuthorized):
                ask(name, user, id=coordinator)
        for name, data in (("user_list", {}), ("user_autocomplete", {"q": "test"})):
            with pytest.raises(tk.NotAuthorized):
                ask(name, user, **data)
    assert isinstance(ask("user_autocomplete", coordinator, q="test"), list)


def test_a_form_needs_its_token_even_after_an_anonymous_request(app, school, monkeypatch):
    """CKAN exempts a view for good once an anonymous request has reached it (CVE-2026-41255)."""
    flask_app = app.flask_app
    monkeypatch.setitem(flask_app.config, "WTF_CSRF_ENABLED", True)
    monkeypatch.setitem(flask_app.config, "WTF_CSRF_CHECK_DEFAULT", True)
    address = f"/organization/edit/{school['organization']['name']}"
    for _attempt in range(3):
        app.post(address, data={"title": "x"})
    app.set_session_user(school["coordinator"]["id"])
    answer = app.post(
        address, data={"title": "Forged", "name": school["organization"]["name"]}, follow_redirects=False, base_url=HERE
    )
    assert answer.status_code == 400
    assert call_action("organization_show", id=school["organization"]["id"])["title"] != "Forged"


def test_pages_of_a_person_are_not_kept_by_caches(app, school):
    """Nor answers of the API to a token."""
    app.set_session_user(school["teacher"]["id"])
    headers = app.get("/desk", base_url=HERE).headers
    assert headers["Cache-Control"] == "private, no-store"
    assert "Cookie" in headers["Vary"]


def test_the_index_holds_no_account(school):
    """Not even in the stored copies of a dataset."""
    ask(
        "package_create",
        school["teacher"]["name"],
        type="experiment",
        name="air",
        title="Air",
        owner_org=school["organization"]["id"],
    )
    found = call_action(
        "package_search", include_drafts=True, fq="+state:draft", fl=["data_dict", "validated_data_dict"]
    )
    assert "creator_user_id" not in str(found["results"])


def test_a_coordinator_does_not_turn_the_school_into_a_city(school):
    """A city publishes plain datasets without a review."""
    coordinator, organization = school["coordinator"]["name"], school["organization"]["id"]
    for data in ({"kind": "city"}, {"title": "Another name"}):
        ask("organization_patch", coordinator, id=organization, **data)
    assert call_action("organization_show", id=organization)["kind"] == "school"
    with pytest.raises(tk.NotAuthorized):
        ask("package_create", school["teacher"]["name"], name="plain", title="Plain", owner_org=organization)
    ask("organization_patch", factories.Sysadmin()["name"], id=organization, kind="library")
    assert call_action("organization_show", id=organization)["kind"] == "library"


def test_files_of_a_draft_carry_no_texts_of_people(school):
    """The gate would not read them."""
    teacher = school["teacher"]["name"]
    file = {
        "name": "data.csv",
        "url": "https://example.org/data.csv",
        "description": "Léa Martin",
        "hash": "Léa",
        "cache_url": "javascript:1",
    }
    made = ask(
        "package_create",
        teacher,
        type="experiment",
        name="air",
        title="Air",
        owner_org=school["organization"]["id"],
        resources=[file],
    )
    resource = made["resources"][0]["id"]
    ask("resource_patch", teacher, id=resource, description="Léa Martin", resource_type="Léa", mimetype="text/html")
    assert "Léa" not in str(call_action("package_show", id="air"))
    assert "javascript" not in str(call_action("package_show", id="air"))
    with pytest.raises(tk.NotAuthorized):
        ask("resource_view_create", teacher, resource_id=resource, title="Léa Martin", view_type="text_view")


def log_in(app, login: str, password: str, address: str = "192.0.2.1"):
    return app.post(
        "/user/login",
        data={"login": login, "password": password},
        follow_redirects=False,
        environ_overrides={"REMOTE_ADDR": address},
    )


def with_mail(monkeypatch, config) -> None:
    """A portal whose operator has set up mail."""
    monkeypatch.setitem(config, "smtp.server", "smtp.example.org")
    monkeypatch.setitem(config, "smtp.mail_from", "portal@example.org")


@pytest.fixture
def clean_brake(school):
    """No wrong password is remembered, and everybody's right one is known."""
    for who in ("teacher", "coordinator"):
        person = model.User.get(school[who]["id"])
        person.password = "correct123"
    model.Session.commit()
    redis = connect_to_redis()
    for key in redis.scan_iter("steamcity:brake:*"):
        redis.delete(key)


def test_each_wrong_password_makes_the_next_try_wait_longer(app, school, clean_brake):
    """By name and by e-mail address together; the page says how long."""
    teacher = school["teacher"]
    for turn in range(brake.FREE + 1):
        login = teacher["name"] if turn % 2 else teacher["email"].upper()
        assert log_in(app, login, "wrong").status_code == 200
    refused = log_in(app, teacher["name"], "correct123")
    assert refused.status_code == 429
    assert "Wait 1 minute" in refused.body
    assert 0 < int(refused.headers["Retry-After"]) <= brake.FIRST_WAIT
    waits = []
    for _turn in range(10):
        brake.wrong(teacher["name"], "192.0.2.1")
        waits.append(brake.waiting(teacher["name"], "192.0.2.1"))
    assert waits == sorted(waits)
    assert waits[0] > brake.FIRST_WAIT
    assert waits[-1] <= brake.LONGEST_WAIT


def test_nobody_else_waits(app, school, clean_brake):
    """Neither the colleagues behind the school's address nor the teacher at home."""
    teacher = school["teacher"]["name"]
    for _turn in range(brake.FREE + 3):
        brake.wrong(teacher, "192.0.2.1")
    assert log_in(app, teacher, "correct123").status_code == 429
    assert log_in(app, school["coordinator"]["name"], "correct123").status_code == 302
    app.get("/user/_logout")
    assert log_in(CKANTestApp(app.app), teacher, "correct123", "198.51.100.7").status_code == 302


def test_an_address_that_tries_many_accounts_waits_for_strangers_only(app, school, clean_brake):
    """Who has logged in from there before does it again."""
    assert log_in(app, school["teacher"]["name"], "correct123").status_code == 302
    for turn in range(brake.CROWD):
        brake.wrong(f"nobody-{turn}", "192.0.2.1")
    assert brake.waiting(school["teacher"]["name"], "192.0.2.1") == 0
    assert brake.waiting(school["coordinator"]["name"], "192.0.2.1") > 0
    assert brake.waiting(school["coordinator"]["name"], "192.0.2.2") == 0


def test_being_in_forgets_the_wrong_passwords(app, school, clean_brake):
    """And what is remembered names nobody."""
    teacher = school["teacher"]["name"]
    for _turn in range(brake.FREE):
        brake.wrong(teacher, "192.0.2.1")
    kept = b" ".join(connect_to_redis().scan_iter("steamcity:brake:*")).decode()
    assert kept
    assert teacher not in kept
    assert "192.0.2.1" not in kept
    assert log_in(app, teacher, "correct123").status_code == 302
    brake.wrong(teacher, "192.0.2.1")
    assert brake.waiting(teacher, "192.0.2.1") == 0


def test_without_redis_nobody_is_kept_out(app, school, clean_brake, monkeypatch):
    """The brake is a help, not a lock."""
    away = Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.2, retry=Retry(NoBackoff(), 0))
    monkeypatch.setattr(brake, "connect_to_redis", lambda: away)
    teacher = school["teacher"]["name"]
    for _turn in range(brake.FREE + 3):
        assert log_in(app, teacher, "wrong").status_code == 200
    assert log_in(app, teacher, "correct123").status_code == 302


@pytest.mark.parametrize("mail", ["none", "works", "broken"])
def test_a_forgotten_password_tells_nobody_who_has_an_account(
    app, school, clean_brake, mail, monkeypatch, request, ckan_config
):
    """The same page, byte by byte, whether mail is configured, broken, or not."""
    sent = request.getfixturevalue("mail_server") if mail == "works" else None
    if mail != "none":
        with_mail(monkeypatch, ckan_config)
    if mail == "broken":
        monkeypatch.setattr("ckan.lib.mailer.mail_user", lambda *_a, **_k: 1 / 0)
    known, unknown = school["teacher"], "nobody-at-all"
    pages = {}
    for asked in (known["name"], known["email"], unknown, f"{unknown}@example.org", "a\x01b", "x" * 5000):
        answer = CKANTestApp(app.app).post("/user/reset", data={"user": asked}, follow_redirects=False)
        assert answer.status_code == 200, asked[:40]
        pages[re.sub(r'content="[\w.-]{40,}"|value="[\w.-]{40,}"', "", answer.body)] = asked
        answer.close()
    assert len(pages) == 1
    assert "on its way" in next(iter(pages))
    if sent is not None:
        assert [message[2] for message in sent.get_smtp_messages()] == [[known["email"]]] * 2


def test_a_link_of_a_forgotten_password_tells_nothing_either(app, school):
    """Whoever made it up."""
    answers = {
        app.get(f"/user/reset/{who}?key=made-up", expect_errors=True).status_code
        for who in (school["teacher"]["id"], school["teacher"]["name"], "nobody", "0" * 36)
    }
    assert answers == {403}


def test_mails_about_one_account_end(app, school, clean_brake, mail_server, monkeypatch, ckan_config):
    """Nobody's letter box is filled."""
    with_mail(monkeypatch, ckan_config)
    for _turn in range(9):
        app.post("/user/reset", data={"user": school["teacher"]["name"]}).close()
    assert len(mail_server.get_smtp_messages()) == 5


def test_the_session_changes_at_log_in_and_its_cookie_is_closed(app, school, clean_brake):
    """CVE-2025-64100: what a stranger planted is worth nothing afterwards."""
    app.get("/user/login", base_url=HERE)
    before = app.post("/user/login", data={"login": "x", "password": "y"}, base_url=HERE).headers.getlist("Set-Cookie")
    answer = app.post(
        "/user/login",
        data={"login": school["teacher"]["name"], "password": "correct123", "remember": "63072000"},
        follow_redirects=False,
        base_url=HERE,
    )
    cookies = answer.headers.getlist("Set-Cookie")
    assert cookies
    assert not set(before) & set(cookies)
    for cookie in cookies:
        assert "HttpOnly" in cookie, cookie
        assert "SameSite=Lax" in cookie, cookie


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "https:evil.example",
     "///evil.example", "/\t/evil.example", "javascript:alert(1)", "http:///evil.example", " //evil.example",
     "/%5Cevil.example", "https://127.0.0.1@evil.example/", "\x0c//evil.example"],
)  # fmt: skip
def test_no_way_out_of_the_portal(app, school, clean_brake, target):
    """Log-in, log-out and the language switch send nobody to another site."""
    from urllib.parse import quote, urljoin, urlparse

    asked = quote(target)
    answers = [
        app.post(
            f"/user/login?{name}={asked}",
            data={"login": school["teacher"]["name"], "password": "correct123"},
            follow_redirects=False,
        )
        for name in ("next", "came_from")
    ]
    answers.append(app.get(f"/user/_logout?came_from={asked}", follow_redirects=False, expect_errors=True))
    for answer in answers:
        location = answer.headers.get("Location", "")
        # As browsers read it: a backslash is a slash, and white space is nothing.
        read = re.sub(r"[\x00-\x20]", "", location).replace("\\", "/")
        there = urlparse(urljoin("http://127.0.0.1:5000/", read))
        assert there.hostname in ("127.0.0.1", "localhost", "test.ckan.net"), location
        assert there.scheme in ("http", "https"), location
