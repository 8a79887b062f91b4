"""Dates with words in them, as spreadsheets and pupils write them → the same in figures: 22 mars 2026 à 08:00,
22-mar-2026, Mar 22, 2026, 22.03.2026 г., 8:00:00 a. m., 08:00 22/03/2026. Pure, linear in the cell."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_LONGEST = 60


def _bare(text: str) -> str:
    """Without case and accents; й becomes и on both sides of a comparison."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


_MONTH_WORDS = (
    "jan january janv janvier gen gennaio ene enero ян яну януари",
    "feb february fev fevr fevrier febbraio febrero фев февр февруари",
    "mar march mars marzo мар март",
    "apr april avr avril aprile abr abril апр април",
    "may mai mag maggio mayo май",
    "jun june juin giu giugno junio юни юн",
    "jul july juil juillet lug luglio julio юли юл",
    "aug august aou aout ago agosto авг август",
    "sep sept september septembre set sett settembre septiembre setiembre сеп септ септември",
    "oct october octobre ott ottobre octubre окт октомври",
    "nov november novembre noviembre ное ноем ноември",
    "dec december decembre dic dicembre diciembre дек декември",
)
_MONTHS = {_bare(word): number for number, words in enumerate(_MONTH_WORDS, 1) for word in words.split()}
_DAY_WORDS = (
    "mon tue tues wed thu thur thurs fri sat sun monday tuesday wednesday thursday friday saturday sunday",
    "lun mar mer jeu ven sam dim lundi mardi mercredi jeudi vendredi samedi dimanche",
    "gio sab dom lunedi martedi mercoledi giovedi venerdi sabato domenica",
    "mie jue vie lunes martes miercoles jueves viernes sabado domingo",
    "пн вт ср чт пт сб нд понеделник вторник сряда четвъртък петък събота неделя",
)
_WEEKDAYS = frozenset(_bare(word) for words in _DAY_WORDS for word in words.split())
_SMALL_WORDS = ("at on of the st nd rd th", "a le er", "alle ore", "de del la las el dia o", "г год година ч часа в на")
_BETWEEN = frozenset(_bare(word) for words in _SMALL_WORDS for word in words.split())
_HALF = re.compile(r"(?<![^\W\d_])([ap])\.?\s?m(?![^\W\d_])\.?")
_HALF_BG = re.compile(r"(?<![^\W\d_])(пр|сл)\.?\s?об(?:яд)?(?![^\W\d_])\.?")
_LETTERS = re.compile(r"[^\W\d_]+")
_PARTS = re.compile(r"[^\W\d_]+|\d+|[^\w]|_")
_FIGURE = re.compile(r"\d")
_CLOCK = re.compile(
    r"(?<![\d.,/-])\d{1,2}\s?[:h]\s?\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?\s?(?:[ap]m)?\s?(?:z|utc|gmt|[+-]\d{2}:?\d{2})?(?![\d:])"
)
_GAP = r"[\s.,/-]{1,4}"
_DAY_MONTH = re.compile(rf"(\d{{1,2}}){_GAP}# (\d\d) #{_GAP}(\d{{4}}|\d{{2}})")
_MONTH_DAY = re.compile(rf"# (\d\d) #{_GAP}(\d{{1,2}}){_GAP}(\d{{4}})")
_YEAR_MONTH = re.compile(rf"(\d{{4}}){_GAP}# (\d\d) #{_GAP}(\d{{1,2}})")
_FIGURES = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}")
_SPACED = re.compile(r"(\d{1,2}) (\d{1,2}) (\d{4})")


def in_figures(cell: str) -> str | None:
    """The date (year first where the month is a word, else in the order of the cell), then the time of day."""
    if len(cell) > _LONGEST or not _FIGURE.search(cell):
        return None
    text = cell.lower() if cell.isascii() else _bare(cell)
    text = _HALF.sub(r"\1m", text)
    if "об" in text:
        text = _HALF_BG.sub(lambda found: "am" if found[1] == "пр" else "pm", text)
    clock = _CLOCK.search(text)
    rest = f"{text[: clock.start()]} {text[clock.end() :]}" if clock else text
    day = _day_in_figures(rest)
    if day is None:
        return None
    return f"{day} {''.join(clock[0].split()).upper()}" if clock else day


@lru_cache(4096)
def _day_in_figures(text: str) -> str | None:
    """Without the words between the figures; None when a word is none that stands in a date."""
    parts: list[str] = []
    months = [word for word in _LETTERS.findall(text) if word in _MONTHS]
    for word in _PARTS.findall(text):
        if word in _MONTHS and not (len(months) > 1 and word in _WEEKDAYS):
            parts.append(f"#{_MONTHS[word]:02d}#")
        elif word in _WEEKDAYS:
            months = months[1:] if word in months else months  # "mar. 24 mars": a Tuesday in March
        elif word[0].isdigit() or not word[0].isalpha():
            parts.append(word)
        elif word not in _BETWEEN:
            return None
    return _day(" ".join("".join(parts).replace("#", " # ").split()).strip(" ,.-/"))


def _day(text: str) -> str | None:
    if found := _DAY_MONTH.fullmatch(text):
        day, month, year = found.groups()
    elif found := _MONTH_DAY.fullmatch(text):
        month, day, year = found.groups()
    elif found := _YEAR_MONTH.fullmatch(text):
        year, month, day = found.groups()
    elif found := _SPACED.fullmatch(text):
        return "/".join(found.groups())
    else:
        return text if _FIGURES.fullmatch(text) else None
    return f"{year if len(year) > 2 else '20' + year}-{month}-{int(day):02d}"  # noqa: PLR2004
