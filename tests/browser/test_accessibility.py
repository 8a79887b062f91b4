"""Zero serious findings of axe, no sideways scrolling at 320 pixels, and a keyboard that reaches everything."""

from __future__ import annotations

import json
import urllib.request

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

PAGES = [
    "/",
    "/dataset/?type=experiment",
    "/dataset/?q=zzzxxyyqq",
    "/protocol",
    "/protocol/co2-indoor",
    "/organization",
    "/organization/demo-school-aix-a",
    "/developers",
    "/about",
    "/privacy",
    "/accessibility",
    "/user/login",
    "/no-such-page",
]


@pytest.fixture(scope="session")
def found(site) -> dict[str, str]:
    """Addresses of pages whose names the demo makes up."""

    def ask(query: str) -> list[dict[str, str]]:
        with urllib.request.urlopen(f"{site}/api/3/action/{query}", timeout=60) as answer:
            return json.load(answer)["result"]["results"]

    station = ask("steamcity_station_search?limit=1")[0]
    return {
        "result": "/experiment/" + ask("package_search?q=co2&fq=dataset_type:experiment&rows=1")[0]["name"],
        "network": "/monitoring/" + station["dataset_id"],
        "station": "/station/" + station["id"],
        "window": f"/station/{station['id']}/window",
    }


@pytest.mark.parametrize("path", [*PAGES, "result", "network", "station", "window"])
def test_reading_pages(page: Page, site: str, path: str, serious, found):
    """At a desk and on a phone."""
    path = found.get(path, path)
    page.goto(site + path)
    assert serious(page) == []
    page.set_viewport_size({"width": 320, "height": 800})
    page.goto(site + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert serious(page) == []


@pytest.mark.parametrize("path", ["/", "/dataset/?type=experiment", "result", "network", "station"])
@pytest.mark.parametrize("language", ["fr", "bg"])
def test_long_words(page: Page, site: str, path: str, language: str, found):
    """French and Bulgarian fit on a phone."""
    page.set_viewport_size({"width": 320, "height": 800})
    page.goto(f"{site}/{language}{found.get(path, path)}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_keyboard_reaches_the_search_quickly(page: Page, site: str):
    """Skip link first; the search field within twelve steps; focus is visible."""
    page.goto(site)
    page.keyboard.press("Tab")
    assert "#" in (page.evaluate("document.activeElement.getAttribute('href')") or "")
    for _step in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "q":
            break
    assert page.evaluate("document.activeElement.name") == "q"
    outline = page.evaluate(
        "(() => {const s = getComputedStyle(document.activeElement); return s.outlineStyle + s.boxShadow})()"
    )
    assert outline not in ("nonenone", "none")


@pytest.mark.parametrize(
    ("who", "paths"),
    [
        ("", ["/user/reset", "/group", "/harvest", "/group/new"]),
        ("demo-teacher-aix-a", ["/user/demo-teacher-aix-a", "/user/edit", "/user/demo-teacher-aix-a/api-tokens"]),
        ("demo-coordinator-aix-a", ["/organization/edit/demo-school-aix-a"]),
        ("admin", ["/user/", "/user/register", "/harvest/new", "/harvest/admin/demo-street-sensors", "/ckan-admin/",
                   "/organization/new", "/ckan-admin/trash"]),
    ],
)  # fmt: skip
def test_pages_of_cores_views(page: Page, site: str, who: str, paths: list[str], serious, log_in):
    """Accounts, forms, feeds, administration and refusals."""
    if who:
        log_in(page, who)
    for path in paths:
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(site + path)
        assert serious(page) == [], path
        page.set_viewport_size({"width": 320, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path


def test_a_token_by_keyboard(page: Page, site: str, log_in):
    """Made and taken back under the security policy, which the context watches."""
    log_in(page, "demo-teacher-aix-a")
    page.goto(f"{site}/user/demo-teacher-aix-a/api-tokens")
    page.get_by_label("Name of the program").focus()
    page.keyboard.type("A logger")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="The token is made").wait_for()
    page.get_by_role("link", name="Back to the tokens").press("Enter")
    page.get_by_label("A logger").press("Space")
    page.get_by_role("button", name="Take the chosen ones back").press("Enter")
    page.get_by_role("heading", name="1 token does not work any more").wait_for()
