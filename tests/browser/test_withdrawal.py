"""The pages around a version nobody can change: the question whether to withdraw it; and the wizard on a phone."""

from __future__ import annotations

import json
import urllib.request

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

COORDINATOR, TEACHER = "demo-coordinator-aix-a", "demo-teacher-aix-a"
REASON = "The sensor was broken, so the values are wrong."
SIZES = ({"width": 1280, "height": 900}, {"width": 320, "height": 800})


def fits(page: Page, serious, sizes=SIZES) -> None:
    """No serious finding, no sideways scrolling, at a desk and on a phone."""
    for size in sizes:
        page.set_viewport_size(size)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert serious(page) == []


def test_the_way_to_withdraw_is_accessible(page: Page, site: str, serious, log_in):
    """The question and its error; nothing is withdrawn here."""
    log_in(page, COORDINATOR)
    query = "fq=%2Bdataset_type:experiment%20%2Borganization:demo-school-aix-a&rows=1"
    with urllib.request.urlopen(f"{site}/api/3/action/package_search?{query}", timeout=60) as answer:
        name = json.load(answer)["result"]["results"][0]["name"]
    page.goto(f"{site}/experiment/{name}/withdraw")
    fits(page, serious)
    page.fill("#reason", "no")
    page.click("button.sc-button-danger")
    assert page.locator("#reason-error").is_visible()
    fits(page, serious)


def test_the_wizard_says_its_step_in_one_line_on_a_phone(page: Page, site: str, serious, log_in):
    """All steps behind it; at a desk the whole rail."""
    log_in(page, TEACHER)
    page.goto(f"{site}/publish")
    page.click('button[name="protocol"][value="soundsquad"]')
    page.wait_for_url("**/question")
    fits(page, serious)
    line = page.locator(".sc-progress > summary")
    assert line.inner_text() == "Step 1 of 7: Question"
    assert page.locator("h1").bounding_box()["y"] < 400
    assert not page.locator(".sc-step:visible").count()
    line.click()
    assert page.locator(".sc-step:visible").count() == 7
    fits(page, serious, SIZES[1:])
    page.set_viewport_size(SIZES[0])
    assert not line.is_visible()
    assert page.locator(".sc-step:visible").count() == 7
    draft = page.url.rstrip("/").split("/")[-2]
    page.goto(f"{site}/publish/{draft}/delete")
    page.click("button.sc-button-danger")
    page.wait_for_url("**/desk")
