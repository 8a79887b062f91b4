"""Keep the catalogues in step with the code: `python -m ckanext.steamcity.translations [update|compile|check]`.

Pure; used by people who change a text, and by the test that keeps all five languages complete. Core's own catalogues
are part-done in four of the languages, so ours also carries those of core's strings that our pages show (`CORE`).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

LANGUAGES = ("en", "fr", "it", "es", "bg")
DOMAIN = "ckanext-steamcity"
HERE = Path(__file__).parent
I18N = HERE / "i18n"
PROJECT = HERE.parents[2]
_KEYWORDS = {
    "_": None,
    "N_": None,
    "gettext": None,
    "ungettext": (1, 2),
    "ngettext": (1, 2),
    "P_": (1, 2),
    "n_": (1, 2),
}
_METHODS = [
    ("**/migration/**", "ignore"),
    ("**/i18n/**", "ignore"),
    ("**.py", "python"),
    ("**/templates/**.html", "ckan"),
]
_SCHEMAS = ("experiment", "monitoring", "organization", "presets")
_SCHEMA_KEYS = ("label", "help_text", "form_placeholder", "repeating_label", "repeating_once_label")
# The same plural rules as CKAN's own catalogues: the last catalogue loaded decides for both.
_PLURALS = {
    "en": "nplurals=2; plural=(n != 1);",
    "bg": "nplurals=2; plural=(n != 1);",
    "fr": "nplurals=3; plural=(n == 0 || n == 1) ? 0 : n != 0 && n % 1000000 == 0 ? 1 : 2;",
    "it": "nplurals=3; plural=n == 1 ? 0 : n != 0 && n % 1000000 == 0 ? 1 : 2;",
    "es": "nplurals=3; plural=n == 1 ? 0 : n != 0 && n % 1000000 == 0 ? 1 : 2;",
}
_PLACES = re.compile(r"\{[a-z_0-9]*\}|%\([a-z_]+\)[sd]|%[sd]|</?[a-z]+")


def template() -> Catalog:
    """Every string of ours, from Python, templates and schemas."""
    catalog = Catalog(project="SteamCity Open Data", copyright_holder="SteamCity", fuzzy=False)
    for root in (HERE, PROJECT / "harvesters"):
        options = {"**/templates/**.html": {"trimmed": "True", "silent": "False", "newstyle_gettext": "True"}}
        found = extract_from_dir(str(root), _METHODS, options, keywords=_KEYWORDS, comment_tags=("Translators:",))  # type: ignore[arg-type]  # the stubs want a narrower dict
        for name, line, message, comments, context in found:
            location = f"{root.name}/{name}"
            catalog.add(message, None, [(location, line)], auto_comments=comments, context=context)
    for name in _SCHEMAS:
        content = yaml.safe_load((PROJECT / "schemas" / f"{name}.yaml").read_text(encoding="utf-8"))
        for text in _schema_texts(content):
            catalog.add(text, None, [(f"schemas/{name}.yaml", 1)])
    return catalog


def _schema_texts(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key in _SCHEMA_KEYS and isinstance(value, str):
                yield value
            else:
                yield from _schema_texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _schema_texts(value)


def path(language: str) -> Path:
    """The catalogue of one language."""
    return I18N / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def load(language: str) -> Catalog:
    """The catalogue of one language, an empty one when there is none yet."""
    if not path(language).exists():
        return Catalog(locale=language)
    with path(language).open("rb") as file:
        return read_po(file, locale=language)


def update() -> None:
    """Bring every catalogue in step with the code; what is new stays empty (in English: the text itself)."""
    current = template()
    for language in LANGUAGES:
        old, new = load(language), Catalog(locale=language, project="SteamCity Open Data", fuzzy=False)
        new._plural_expr, new._num_plurals = _plural(language)
        for message in current:
            if message.id:
                text = _kept(old, message, language, new.num_plurals)
                new.add(message.id, text, sorted({(name, 1) for name, _ in message.locations}), context=message.context)
        path(language).parent.mkdir(parents=True, exist_ok=True)
        with path(language).open("wb") as file:
            write_po(file, new, sort_output=True, omit_header=False, include_lineno=False, width=120)
    compile_catalogues()


def _kept(old: Catalog, message: Message, language: str, plurals: int) -> Any:
    found = old.get(message.id if isinstance(message.id, str) else message.id[0], message.context)
    plural = not isinstance(message.id, str)
    if language == "en":
        return (message.id[0], *([message.id[1]] * (plurals - 1))) if plural else message.id
    if found is None or not found.string:
        return ("",) * plurals if plural else ""
    if plural and isinstance(found.string, str):
        return (found.string,) * plurals
    return found.string


def _plural(language: str) -> tuple[str, int]:
    match = re.fullmatch(r"nplurals=(\d); plural=(.+);", _PLURALS[language])
    if match is None:
        raise ValueError(language)
    return match[2], int(match[1])


def compile_catalogues() -> None:
    """Write the .mo files."""
    for language in LANGUAGES:
        with path(language).with_suffix(".mo").open("wb") as file:
            write_mo(file, load(language))


def faults(language: str) -> list[str]:
    """What is wrong with one language: missing, empty, fuzzy, or with other places than the English text."""
    catalog, found = load(language), []
    for message in template():
        if not message.id:
            continue
        first = message.id if isinstance(message.id, str) else message.id[0]
        entry = catalog.get(first, message.context)
        string = entry.string if entry is not None else None
        texts = [string] if isinstance(string, str) else list(string or ())
        if not texts or not all(texts):
            found.append(f"not translated: {first!r}")
        elif entry is not None and entry.fuzzy:
            found.append(f"fuzzy: {first!r}")
        else:
            allowed = {
                frozenset(_PLACES.findall(one)) for one in ([first] if isinstance(message.id, str) else message.id)
            }
            found += [
                f"other places: {text!r} for {first!r}"
                for text in texts
                if frozenset(_PLACES.findall(text)) not in allowed
            ]
    return found


if __name__ == "__main__":
    word = sys.argv[1] if len(sys.argv) > 1 else "check"
    if word == "update":
        update()
    elif word == "compile":
        compile_catalogues()
    problems = {language: faults(language) for language in LANGUAGES}
    for language, lines in problems.items():
        sys.stdout.write(
            f"{language}: {len(lines)} to do\n" + "".join(f"  {line}\n" for line in lines[:20] if word == "check")
        )
    sys.exit(1 if word == "check" and any(problems.values()) else 0)
