"""The pack of a protocol without a network: opened from a folder, nothing is asked for; what is printed fits."""

from __future__ import annotations

import io
import re
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

LANGUAGES = ("en", "fr", "it", "es", "bg")
A4_POINTS = (594.96, 841.92)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pack_opens_without_network(
    browser: Browser, site: str, tmp_path: Path, serious: Callable[[Page], list[str]], language: str
) -> None:
    """Both pages, the drawing included; every link leads to a file of the folder."""
    with urllib.request.urlopen(f"{site}/{language}/protocol/co2-indoor/pack.zip") as answer:
        zipfile.ZipFile(io.BytesIO(answer.read())).extractall(tmp_path)
    folder = tmp_path / "co2-indoor"
    visitor = browser.new_context(offline=True, viewport={"width": 320, "height": 700})
    asked: list[str] = []
    visitor.on("request", lambda request: asked.append(request.url))
    page = visitor.new_page()
    for name in ("index.html", "fieldsheet.html"):
        page.goto((folder / name).as_uri())
        assert page.locator("html").get_attribute("lang") == language
        assert page.evaluate("getComputedStyle(document.querySelector('h1')).lineHeight") != "normal", (
            "style is missing"
        )
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert serious(page) == []
    page.goto((folder / "index.html").as_uri())
    assert page.locator("figure svg").count() == 1
    for link in page.locator("a[href]").all():
        assert (folder / (link.get_attribute("href") or "")).is_file()
    assert [url for url in asked if not url.startswith(("file://", "data:"))] == []
    visitor.close()


@pytest.mark.parametrize(("slug", "pages"), [("co2-indoor", 2), ("mobility-regulation", 2), ("light-vs-zzz", 2)])
def test_the_field_sheet_fits_on_a4(page: Page, site: str, slug: str, pages: int) -> None:
    """Upright or across, on one sheet of paper: the table in front, what to write behind."""
    page.goto(f"{site}/bg/protocol/{slug}/fieldsheet")
    printed = page.pdf(prefer_css_page_size=True)
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert len(boxes) <= pages
    for box in boxes:
        assert sorted(float(side) for side in box) == pytest.approx(A4_POINTS, abs=1)


@pytest.mark.parametrize(
    "address", ["/protocol/co2-indoor", "/protocol/co2-indoor/twins", "/property/co2", "/property"]
)
@pytest.mark.parametrize("width", [320, 1280])
def test_pages_fit_and_can_be_used_by_everybody(
    page: Page, site: str, serious: Callable[[Page], list[str]], address: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{site}/bg{address}")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert serious(page) == []


def test_twins_show_four_cities_of_the_demo(page: Page, site: str) -> None:
    """In the order of their names, each with how sure it is."""
    page.goto(f"{site}/protocol/co2-indoor/twins")
    assert page.locator(".sc-card h3").all_inner_texts() == ["Aix-en-Provence", "Naples", "Paris", "Sofia"]
    assert page.locator("figure svg").count() >= 2
