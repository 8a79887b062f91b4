"""All five languages are complete and compiled."""

from __future__ import annotations

import io

import pytest
from babel.messages.mofile import write_mo
from ckanext.steamcity import translations


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_every_string_is_translated(language):
    """None missing, empty or fuzzy; the places for values are those of the English text."""
    assert translations.faults(language) == []


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_the_compiled_catalogue_is_the_one_of_the_source(language):
    """The .mo file is what the .po file compiles to."""
    compiled = io.BytesIO()
    write_mo(compiled, translations.load(language))
    assert translations.path(language).with_suffix(".mo").read_bytes() == compiled.getvalue()


def test_a_missing_translation_is_found(monkeypatch, tmp_path):
    """The check can fail."""
    catalog = translations.load("fr")
    victim = next(message for message in catalog if message.id and isinstance(message.id, str))
    victim.string = ""
    monkeypatch.setattr(translations, "load", lambda language: catalog)
    assert any("not translated" in line for line in translations.faults("fr"))
