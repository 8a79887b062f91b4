"""Fixtures of the browser tier: a running site with the demo, the system's Chromium, axe."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

SITE = os.environ.get("STEAMCITY_SITE", "http://127.0.0.1:5100")
_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def site() -> str:
    """Address of the running site."""
    return SITE


@pytest.fixture(scope="session")
def passwords() -> dict[str, str]:
    """Name of a demo account → its password."""
    secrets = json.loads(Path(os.environ["STEAMCITY_SECRETS"]).read_text(encoding="utf-8"))
    return {name.removeprefix("user_"): value for name, value in secrets.items() if name.startswith("user_")}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        instance = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield instance
        instance.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh visitor. A request to anybody but the site, or a violation of the content policy, fails the test."""
    visitor = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    strangers: list[str] = []
    violations: list[str] = []
    visitor.on("request", lambda request: strangers.append(request.url) if not _ours(request.url) else None)
    visitor.on(
        "console",
        lambda message: violations.append(message.text) if "Content Security Policy" in message.text else None,
    )
    yield visitor
    visitor.close()
    assert strangers == [], "requests to third parties"
    assert violations == [], "the content policy was violated"


def _ours(url: str) -> bool:
    return url.startswith((SITE, "data:", "blob:", "about:"))


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def log_in(site: str, passwords: dict[str, str]) -> Callable[[Page, str], None]:
    """Log a page in as one of the demo's people."""

    def _log_in(page: Page, name: str) -> None:
        page.goto(f"{site}/user/login")
        page.fill("input[name=login]", name)
        page.fill("input[name=password]", passwords[name])
        page.locator("form:has(input[name=password]) button[type=submit]").click()
        page.wait_for_load_state()
        assert "/login" not in page.url

    return _log_in


@pytest.fixture
def teacher(context: BrowserContext, log_in: Callable[[Page, str], None]) -> Page:
    """A page of the demo school's teacher."""
    page = context.new_page()
    log_in(page, "demo-teacher-aix-a")
    return page


@pytest.fixture
def serious() -> Callable[[Page], list[str]]:
    """Serious and critical findings of axe on a page."""
    axe = Axe()

    def _serious(page: Page) -> list[str]:
        found = axe.run(page).response["violations"]
        return [
            f"{one['id']}: {node['html'][:160]}"
            for one in found
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]

    return _serious
