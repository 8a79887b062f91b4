"""How a version is cited: text in five languages, BibTeX, RIS, CSL-JSON. Pure: it knows a record, not the portal.

Creators are a class, its school and its partners, never a person.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

FORMATS = {
    "bib": "application/x-bibtex",
    "ris": "application/x-research-info-systems",
    "json": "application/vnd.citationstyles.csl+json",
}
LANGUAGES = ("en", "fr", "it", "es", "bg")
# Words of the citation itself, in the language asked for, which need not be the interface's: data, like a protocol's.
_WORDS: dict[str, dict[str, str]] = {
    "en": {"and": "&", "version": "Version", "kind": "Data set", "synthetic": "generated demo data"},
    "fr": {
        "and": "et",
        "version": "version",
        "kind": "Jeu de données",
        "synthetic": "données de démonstration générées",
    },
    "it": {"and": "e", "version": "versione", "kind": "Set di dati", "synthetic": "dati dimostrativi generati"},
    "es": {
        "and": "y",
        "version": "versión",
        "kind": "Conjunto de datos",
        "synthetic": "datos de demostración generados",
    },
    "bg": {"and": "и", "version": "версия", "kind": "Набор от данни", "synthetic": "генерирани демонстрационни данни"},
}
#: How generated data are called, by language.
GENERATED = {language: words["synthetic"] for language, words in _WORDS.items()}
_TEX = {"\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
        "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}  # fmt: skip


@dataclass(frozen=True)
class Work:
    """What every style needs, taken from a frozen record and what its publication added."""

    title: str
    creators: tuple[str, ...]
    year: int
    day: str
    version: str
    publisher: str
    identifier: str
    url: str
    licence: str
    language: str
    abstract: str
    synthetic: bool


def work(record: dict[str, Any], *, published_at: str, publisher: str, url: str) -> Work:
    """`published_at` is an ISO date; `url` the permanent address of the identifier."""
    return Work(
        title=_line(record["finding"]["text"] or record["title"]["text"]),
        creators=tuple(_line(creator["name"]) for creator in record["creators"]),
        year=int(published_at[:4]),
        day=published_at[:10],
        version=str(record["version"]),
        publisher=_line(publisher),
        identifier=record["identifier"],
        url=url,
        licence=(record["licence"] or {}).get("url") or (record["licence"] or {}).get("title") or "",
        language=record["language"],
        abstract=_line(record["notes"]["text"]),
        synthetic=bool(record["synthetic"]),
    )


def text(work: Work, language: str = "en") -> str:
    """One line in the manner of APA, in one of the five languages (English for any other)."""
    words = _WORDS.get(language, _WORDS["en"])
    kind = words["kind"] + (f"; {words['synthetic']}" if work.synthetic else "")
    head = f"{_joined(work.creators, words['and'])} ({work.year})."
    title = f"{work.title} ({words['version']} {work.version}) [{kind}]."
    return f"{head} {title} {work.publisher}. {work.identifier}. {work.url}"


def bibtex(work: Work) -> str:
    """A BibTeX entry; braces keep every creator and the title as they are written."""
    key = re.sub(r"[^A-Za-z0-9]+", "_", work.identifier).strip("_")
    fields = {
        "title": "{" + _tex(work.title) + "}",
        "author": " and ".join("{" + _tex(name) + "}" for name in work.creators),
        "year": str(work.year),
        "publisher": _tex(work.publisher),
        "version": _tex(work.version),
        "howpublished": _tex("Data set" + (" (generated demo data)" if work.synthetic else "")),
        "note": "Identifier: " + _tex(work.identifier),
        "url": work.url.replace("{", "%7B").replace("}", "%7D"),
        "language": work.language,
    }
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return f"@misc{{{key},\n{lines}\n}}\n"


def ris(work: Work) -> str:
    """A RIS record, CRLF as its description asks."""
    lines = [("TY", "DATA"), ("TI", work.title), *(("AU", name) for name in work.creators)]
    lines += [
        ("PY", str(work.year)), ("DA", work.day.replace("-", "/")), ("ET", work.version), ("PB", work.publisher),
        ("AN", work.identifier), ("UR", work.url), ("LA", work.language), ("AB", work.abstract),
    ]  # fmt: skip
    if work.synthetic:
        lines.append(("N1", "Generated demo data"))
    return "".join(f"{tag}  - {value}\r\n" for tag, value in lines if value) + "ER  - \r\n"


def csl(work: Work) -> list[dict[str, Any]]:
    """CSL-JSON: a list with one item."""
    item: dict[str, Any] = {
        "id": work.identifier,
        "type": "dataset",
        "title": work.title,
        "author": [{"literal": name} for name in work.creators],
        "issued": {"date-parts": [[int(part) for part in work.day.split("-")]]},
        "version": work.version,
        "publisher": work.publisher,
        "number": work.identifier,
        "URL": work.url,
        "language": work.language,
    }
    if work.abstract:
        item["abstract"] = work.abstract
    if work.synthetic:
        item["note"] = "Generated demo data"
    return [item]


def render(work: Work, style: str, language: str = "en") -> str:
    """`style` is text, bib, ris or json. KeyError for any other."""
    writers = {
        "text": lambda: text(work, language),
        "bib": lambda: bibtex(work),
        "ris": lambda: ris(work),
        "json": lambda: json.dumps(csl(work), ensure_ascii=False, indent=1),
    }
    return writers[style]()


def _joined(names: tuple[str, ...], word: str) -> str:
    if len(names) < 2:
        return "".join(names)
    comma = "," if word == "&" else ""
    return f"{', '.join(names[:-1])}{comma} {word} {names[-1]}"


def _line(value: str | None) -> str:
    return " ".join((value or "").split())


def _tex(value: str) -> str:
    return "".join(_TEX.get(character, character) for character in value)
