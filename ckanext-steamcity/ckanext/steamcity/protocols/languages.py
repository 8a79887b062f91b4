"""Two languages in one table: all are read, and it is said. Pure."""

from __future__ import annotations

from functools import cache

from ..messages import N_, Message
from .headers import key
from .loader import load, slugs
from .model import LANGUAGES
from .table import Table

_SHORTEST = 4  # letters of a word that belongs to a language
_ONLY_IN_NAMES = {"horodatage": "fr", "fecha": "es", "hora": "es", "orario": "it"}  # no title of a template has them


def mixed_languages(table: Table) -> None:
    """One note when the names of the columns, or the answers in one, are written in more than one language."""
    titles = [
        (
            table.headers[entry.column.name],
            entry.column.titles,
            {key(entry.column.name), *map(key, entry.column.aliases)},
        )
        for entry in table.mapped
        if entry.extra is None
    ]
    words = _languages(titles)
    if words:
        text = N_("The names of the columns are in several languages ({first}, {second}). All were read.")
        table.log.add("mixed_languages", "note", Message(text, {"first": words[0], "second": words[1]}))
    for column in table.columns:
        if column.type != "category":
            continue
        pairs = zip(table.raw[column.name], table.values[column.name], strict=True)
        # only what was read as an answer
        cells = [(cell, key(cell)) for cell in sorted({cell for cell, value in pairs if value is not None})]
        meant = [
            (
                {key(title) for title in choice.titles.values()},
                choice.titles,
                {key(choice.value), *map(key, choice.aliases)},
            )
            for choice in column.choices
        ]
        written = [(cell, titles, neutral) for cell, name in cells for own, titles, neutral in meant if name in own]
        words = _languages(written)
        if words:
            text = N_("The answers in “{column}” are in several languages ({word}, {another}). All were read.")
            # not first and second: in a report on people's answers these would be told
            params = {"column": table.headers[column.name], "word": words[0], "another": words[1]}
            table.log.add("mixed_languages", "note", Message(text, params), column=table.headers[column.name])


def _languages(found: list[tuple[str, dict[str, str], set[str]]]) -> tuple[str, str] | None:
    """Two words of which no language has both; None when one language explains all. Words every language has, and
    the names loggers use (English), belong to none."""
    spoken: list[tuple[str, set[str]]] = []
    for written, titles, neutral in found:
        name = key(written.partition("(")[0])
        languages = {language for language in LANGUAGES if key(titles[language]) == name}
        if name in neutral:
            languages = _of_words(name)
        if languages:
            spoken.append((written, languages))
    common = set(LANGUAGES)
    for _written, languages in spoken:
        common &= languages
    if common:
        return None
    first, languages = spoken[0]
    second = next((word for word, others in spoken if not others & languages), None)
    return (first, second) if second else None


def _of_words(name: str) -> set[str]:
    """The languages whose titles have the words of a name; none where English has them too."""
    found = [languages for word in name.split() if (languages := _words().get(word))]
    spoken = set[str].intersection(*map(set, found)) if found else set()
    return set() if "en" in spoken else spoken


@cache
def _words() -> dict[str, frozenset[str]]:
    """The words of all titles of all templates, with the languages that have them."""
    found: dict[str, set[str]] = {word: {language} for word, language in _ONLY_IN_NAMES.items()}
    for slug in slugs():
        for column in load(slug).columns:
            for language, title in column.titles.items():
                for word in key(title).split():
                    if len(word) >= _SHORTEST:
                        found.setdefault(word, set()).add(language)
    return {word: frozenset(languages) for word, languages in found.items()}
