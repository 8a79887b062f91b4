"""Templates of ours hold no script and no style of their own: the security policy would not run them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

FRAME = Path(__file__).resolve().parents[2] / "ckanext-steamcity" / "ckanext" / "steamcity"
TEMPLATES = sorted(file for file in FRAME.rglob("templates/**/*.html"))
NAMES = [str(file.relative_to(FRAME)) for file in TEMPLATES]
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)


@pytest.fixture(params=TEMPLATES, ids=NAMES)
def source(request) -> str:
    """A template without its comments."""
    return _COMMENT.sub("", request.param.read_text(encoding="utf-8"))


def test_there_are_templates():
    """Else the tests below would hold for nothing."""
    assert len(TEMPLATES) > 10


def test_no_inline_style(source):
    """No element and no attribute."""
    assert not re.search(r"<style[\s>]|\sstyle\s*=", source)


def test_no_inline_script(source):
    """Only data blocks."""
    scripts = re.findall(r"<script[^>]*>", source)
    assert all("application/" in script and "json" in script for script in scripts)
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']|javascript:", source)


def test_nothing_from_elsewhere(source):
    """Nothing is loaded from another host."""
    assert not re.search(r"<(?:script|img|iframe|source|video|audio)[^>]*src=[\"'](?:https?:)?//", source)
    assert not re.search(r"<link[^>]*href=[\"'](?:https?:)?//", source)


def test_no_marking_as_safe(source):
    """Text of data is never taken for HTML.

    Only the drawings of icons are, which are written in the template, and forms of core's views, which one of these
    templates has drawn.
    """
    marked = [line for line in source.splitlines() if re.search(r"\|\s*safe\b|h\.literal\(", line)]
    assert all("ICONS.get(" in line or line == "{{ form|safe }}" for line in marked), marked


def test_every_form_that_changes_something_carries_its_token(source):
    """Else it is refused for whoever is logged in."""
    forms = re.findall(r"<form\b[^<]*?method=[\"']post[\"'].*?</form>", source, re.DOTALL | re.IGNORECASE)
    assert all("h.csrf_input()" in form for form in forms)


def test_percent_signs_of_messages_are_places(source):
    """A lone % in a message breaks the page in which it is said."""
    messages = re.findall(r"_\('((?:[^'\\]|\\.)*)'", source) + re.findall(r'_\("((?:[^"\\]|\\.)*)"', source)
    assert not [text for text in messages if re.search(r"%(?!\(\w+\)s|%)", text)]


@pytest.mark.parametrize("sheet", sorted(FRAME.glob("**/assets/**/*.css")), ids=lambda file: file.name)
def test_style_sheets_close_what_they_open(sheet):
    """One missing brace switches off every rule after it."""
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
    depth = 0
    for brace in re.findall("[{}]", text):
        depth += 1 if brace == "{" else -1
        assert depth >= 0
    assert depth == 0


@pytest.mark.parametrize("sheet", sorted(FRAME.glob("assets/css/*.css")), ids=lambda file: file.name)
def test_our_style_sheets_load_nothing(sheet):
    """No font, no picture, no other sheet."""
    assert not re.search(r"url\(|@import", sheet.read_text(encoding="utf-8"))
