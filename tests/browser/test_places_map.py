"""The map of places in a real browser: by mouse, by keyboard, with and without JavaScript."""

from __future__ import annotations

from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser

LIVE = ".steamcity-map-live"


def box_in(page: Page) -> list[float]:
    page.wait_for_url("**ext_bbox=*")
    return [float(number) for number in parse_qs(urlparse(page.url).query)["ext_bbox"][0].split(",")]


def test_the_map_starts_and_offers_no_extra_tab_stops(site: str, page: Page) -> None:
    """The map itself and its two buttons can be focused, its shapes cannot."""
    page.goto(f"{site}/places/")
    expect(page.locator(LIVE)).to_be_visible()
    assert page.locator(f"{LIVE} path").count() >= 10
    assert page.locator(f"{LIVE} [tabindex]").count() == 0
    assert page.locator(LIVE).get_attribute("tabindex") == "0"


def test_tab_never_stops_on_a_shape(site: str, page: Page) -> None:
    """Tab from the map goes to its buttons and on to the page."""
    page.goto(f"{site}/")
    page.locator(LIVE).focus()
    for _ in range(8):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.tagName.toLowerCase()") in ("a", "button", "summary")


def test_a_box_drawn_by_mouse_searches(site: str, page: Page) -> None:
    """West before east, south before north, inside the map shown."""
    page.goto(f"{site}/places/")
    page.get_by_role("button", name="Draw a box").click()
    area = page.locator(LIVE).bounding_box()
    assert area
    page.mouse.move(area["x"] + area["width"] * 0.7, area["y"] + area["height"] * 0.6)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] * 0.4, area["y"] + area["height"] * 0.2, steps=4)
    page.mouse.up()
    west, south, east, north = box_in(page)
    assert -20 < west < east < 40
    assert 30 < south < north < 60


def test_escape_ends_drawing(site: str, page: Page) -> None:
    """And says so."""
    page.goto(f"{site}/places/")
    button = page.get_by_role("button", name="Draw a box")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(page.locator("[data-steamcity-map-status]")).to_contain_text("stopped")


def test_by_keyboard_alone(site: str, page: Page) -> None:
    """Focus the map, zoom in, move on to the button: the box is smaller than the first view."""
    page.goto(f"{site}/places/")
    page.locator(LIVE).focus()
    page.keyboard.press("+")
    page.keyboard.press("+")
    page.keyboard.press("+")
    page.get_by_role("button", name="Search in this part of the map").focus()
    page.keyboard.press("Enter")
    west, _, east, _ = box_in(page)
    assert east - west < 15


def test_the_list_lights_the_map(site: str, page: Page) -> None:
    """Hovering a place in the list of its city."""
    page.goto(f"{site}/places/")
    expect(page.locator(LIVE)).to_be_visible()
    assert page.locator(f"{LIVE} .steamcity-map-lit").count() == 0
    for place in ("madrid-centro", "arzano"):
        one = page.locator(f'[data-steamcity-place="area:{place}"]')
        page.locator("details", has=one).locator("summary").click()
        one.hover()
    expect(page.locator(f"{LIVE} .steamcity-map-lit")).to_have_count(1)


def test_without_javascript_there_is_a_drawing(site: str, browser: Browser) -> None:
    """And no button that does nothing."""
    visitor = browser.new_context(java_script_enabled=False)
    try:
        page = visitor.new_page()
        page.goto(f"{site}/places/")
        expect(page.locator(".steamcity-map-svg")).to_be_visible()
        expect(page.get_by_role("button", name="Draw a box")).to_be_hidden()
    finally:
        visitor.close()
