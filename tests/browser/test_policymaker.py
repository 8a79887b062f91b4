"""The policymaker's journey: finds what was measured near her, sees how sure it is, cites it. Never logs in."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser


def test_finds_and_cites(page: Page, site: str):
    """Home → search for a neighbourhood → result → citation."""
    page.goto(site)
    page.locator("input[name=q]").first.fill("Jas de Bouffan CO2")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile(r"\d+ results?"))
    page.locator("main").get_by_role("link", name=re.compile("1,500 ppm|1 500 ppm")).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("CO2")
    expect(page.get_by_text("How sure is this?")).to_be_visible()
    expect(page.get_by_text("Demo data, generated").first).to_be_visible()
    expect(page.get_by_text("What these data cannot tell")).to_be_visible()
    expect(page.locator("svg").first).to_be_attached()
    expect(page.get_by_text(re.compile(r"steamcity:\d{4}\.")).first).to_be_visible()
    expect(page.get_by_text("The exact place is not published").first).to_be_visible()


def test_by_facet_and_by_box(page: Page, site: str):
    """Both narrow the list; the box stays through a further search and a change of order."""
    page.goto(f"{site}/dataset/?type=experiment")
    count = _count(page)
    page.get_by_role("link", name=re.compile("^Mobility")).first.click()
    page.wait_for_load_state()
    assert 0 < _count(page) < count
    page.goto(f"{site}/dataset/?type=experiment&ext_bbox=14.1,40.7,14.5,41.0")
    naples = _count(page)
    assert 0 < naples < count
    page.locator("input[name=q]").first.fill("e")
    page.keyboard.press("Enter")
    page.wait_for_load_state()
    assert "ext_bbox" in page.url
    page.locator(".sc-sorts a").first.click()
    page.wait_for_load_state()
    assert "ext_bbox" in page.url


def test_the_map_searches(page: Page, site: str):
    """Looking at a part of the map and searching there gives an address with a box."""
    page.goto(f"{site}/dataset/?type=experiment")
    page.locator("[data-steamcity-map-view]").click()
    page.wait_for_url(re.compile("ext_bbox="))
    assert _count(page) > 0


def test_nothing_found_says_what_to_do(page: Page, site: str):
    """An empty search offers a next step."""
    page.goto(f"{site}/dataset/?q=zzzxxyyqq")
    expect(page.get_by_text("Nothing was measured here yet")).to_be_visible()
    expect(page.locator("main").get_by_role("link", name="Choose a protocol")).to_be_visible()


def test_reads_without_javascript(browser: Browser, site: str):
    """Home, search, facets, result, language switch."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site)
    page.locator("input[name=q]").first.fill("noise")
    page.locator("form[role=search] button, form:has(input[name=q]) button").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("result")
    page.locator("main .sc-list a, main li a").first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("main svg").first).to_be_attached()
    page.goto(f"{site}/fr/")
    assert page.locator("html").get_attribute("lang") == "fr"
    context.close()


@pytest.mark.parametrize("language", ["fr", "it", "es", "bg"])
def test_in_her_language(page: Page, site: str, language: str):
    """The page says its language, and the words are of it."""
    page.goto(f"{site}/{language}/")
    assert page.locator("html").get_attribute("lang") == language
    assert "What do classes know" not in page.locator("main").inner_text()
    page.goto(f"{site}/{language}/dataset/?type=experiment")
    assert page.locator("html").get_attribute("lang") == language


def _count(page: Page) -> int:
    return int(re.sub(r"\D", "", page.get_by_role("heading", level=1).inner_text().split("result")[0]) or 0)


@pytest.mark.parametrize(
    "words", ["noise", "air quality", "bruit", "въздух", "Jas de Bouffan", "Naples", "София", "qualità dell'aria"]
)
def test_words_people_search_by(page: Page, site: str, words: str):
    """What a protocol measures and where it was, in any of the five languages, though no class wrote the word."""
    page.goto(f"{site}/dataset/")
    page.locator("input[name=q]").first.fill(words)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("q="))
    assert _count(page) > 0


def test_a_result_is_printed_whole(page: Page, site: str):
    """Chart, tables that fit the paper and the citation, without navigation and buttons."""
    page.goto(f"{site}/dataset/?type=experiment&steamcity_protocol=mobility-regulation")
    page.locator("article h2 a").first.click()
    page.set_viewport_size({"width": 700, "height": 990})  # the width of a sheet
    page.emulate_media(media="print")
    for gone in (".sc-header", ".sc-footer", ".sc-crumbs", ".sc-button"):
        assert not page.locator(f"{gone}:visible").count(), gone
    expect(page.locator(".sc-chart-wide svg").first).to_be_visible()
    expect(page.locator("#citation")).to_be_visible()
    assert page.locator("main table:visible").count() >= 2
    wide = page.evaluate(
        "[...document.querySelectorAll('main table')].filter(t => t.getBoundingClientRect().right > innerWidth).length"
    )
    assert wide == 0


def test_no_label_of_a_chart_is_cut_on_a_phone(page: Page, site: str):
    """Every text of the drawing lies within it, at 320 pixels, in a language with long words."""
    page.set_viewport_size({"width": 320, "height": 700})
    for slug in ("co2-indoor", "outdoor-air", "soundsquad"):
        page.goto(f"{site}/fr/protocol/{slug}")
        drawing = page.locator(".sc-chart-narrow svg").first
        expect(drawing).to_be_visible()
        cut = drawing.evaluate(
            """svg => {const box = svg.getBoundingClientRect();
            return [...svg.querySelectorAll('text')].filter(t => {const at = t.getBoundingClientRect();
            return t.textContent && (at.left < box.left - 1 || at.right > box.right + 1)}).map(t => t.textContent)}"""
        )
        assert cut == [], slug
