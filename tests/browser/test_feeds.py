"""A teacher adds a feed for the school's own devices and gets a token; the page of a network says what it has."""

from __future__ import annotations

import json
import re
import urllib.request

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

SCHOOL = "demo-school-aix-a"
NARROW, WIDE = {"width": 320, "height": 700}, {"width": 1280, "height": 900}


@pytest.fixture
def fine(serious):
    """No serious finding of axe, and nothing wider than a phone."""

    def _fine(page: Page) -> None:
        assert serious(page) == []
        page.set_viewport_size(NARROW)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        page.set_viewport_size(WIDE)
        assert wide <= 0, page.url

    return _fine


def test_a_teacher_adds_a_feed_in_plain_steps(teacher: Page, site: str, fine):
    """From the page of the school to a token, with a second click on the last button."""
    teacher.goto(f"{site}/organization/{SCHOOL}")
    teacher.get_by_role("link", name="Add a sensor feed").click()
    fine(teacher)
    teacher.get_by_label("Our own devices send their values").check()
    teacher.get_by_role("button", name="Go on").click()
    fine(teacher)
    teacher.get_by_role("button", name="Go on").click()
    expect(teacher.locator("#error-summary")).to_be_focused()
    fine(teacher)
    teacher.get_by_label("airRohr", exact=True).check()
    teacher.get_by_label("Where do they stand?").select_option(index=1)
    teacher.get_by_label("Outdoors", exact=True).check()
    teacher.get_by_role("button", name="Go on").click()
    fine(teacher)
    name = "Boxes of the journey of a test"
    teacher.get_by_label("Name of the feed").fill(name)
    teacher.get_by_role("button", name="Start").dblclick()
    expect(teacher.get_by_role("heading", name=name)).to_be_visible()
    feed = teacher.url
    teacher.get_by_role("button", name="Make a token").click()
    expect(teacher.locator(".sch-token")).to_have_text(re.compile(r"^sc_[\w-]{40,}$"))
    fine(teacher)
    teacher.goto(f"{site}/school/{SCHOOL}/feeds")
    expect(teacher.get_by_role("link", name=name).first).to_be_visible()
    fine(teacher)
    teacher.goto(feed)
    teacher.get_by_role("button", name="Pause the feed").click()
    expect(teacher.get_by_text("State: paused")).to_be_visible()
    fine(teacher)


def test_an_area_is_drawn_on_the_map(teacher: Page, site: str):
    """The map writes the rectangle into the form."""
    teacher.goto(f"{site}/school/{SCHOOL}/feeds/new/where?provider=opensensemap")
    teacher.locator("summary", has_text="Or draw a rectangle on the map").click()
    teacher.get_by_role("button", name="Draw a box").click()
    holder = teacher.locator(".steamcity-map-live")
    holder.scroll_into_view_if_needed()
    box = holder.bounding_box()
    assert box
    teacher.mouse.move(box["x"] + 200, box["y"] + 60)
    teacher.mouse.down()
    teacher.mouse.move(box["x"] + 300, box["y"] + 120, steps=4)
    teacher.mouse.up()
    edges = [float(edge) for edge in teacher.get_by_label("Rectangle").input_value().split(",")]
    assert edges[0] < edges[2]
    assert edges[1] < edges[3]


def test_the_page_of_a_network_without_javascript(browser, site: str, serious):
    """Stations, newest values, days with data and the file of the closed month, for a reader."""
    address = f"{site}/api/3/action/package_search?fq=dataset_type:monitoring"
    results = json.load(urllib.request.urlopen(address))["result"]["results"]
    found = next(one for one in results if one["title"] == "Demo street sensors")
    visitor = browser.new_context(java_script_enabled=False)
    page = visitor.new_page()
    page.goto(f"{site}/monitoring/{found['name']}")
    expect(page.get_by_role("heading", name="Which days have data")).to_be_visible()
    expect(page.get_by_role("heading", name="Files of closed months")).to_be_visible()
    expect(page.locator(".scn-days td.scn-all").first).to_contain_text("of 4 stations")
    expect(page.get_by_role("link", name=re.compile(r"Download .*\.csv")).first).to_be_visible()
    visitor.close()
