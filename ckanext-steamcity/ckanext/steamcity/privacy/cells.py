"""People in one cell of a table, where no sentence stands around a name. For this package only.

A cell is a label more often than not: of a plant, a street, a thing. Most of what is found is only possible.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from .names import (
    ALL_NAMES,
    AMBIGUOUS,
    CAPITALS,
    CELL_WORDS,
    LONGEST_WORD,
    PAIRED,
    PARTICLES,
    PLACE_WORDS,
    ROLE_SINGULAR,
    fold,
    is_surname,
    words_of,
)
from .texts import KNOWN_PEOPLE, after_place_word, listed, people

_LETTERS = re.compile(r"[^\W\d_]+")
_WRITTEN = re.compile(rf"[{CAPITALS}][^\W\d_]{{1,24}}(?:[-'’][^\W\d_]{{1,24}}){{0,2}}")
# "Rosa L." is a plant and who described it.
_DESCRIBED = re.compile(r"[^\W\d_]+ [A-ZÀ-ÞА-Я]\.?")
# One first name behind a sign, behind whose it is, or before the number of a class: "(Marco)", "chêne de Nathan",
# "Emma 3B".
_BESIDE = re.compile(
    r"(?:(?<=[(:;/–])\s?|(?<=\s[–-])\s|(?<=\sde\s)|(?<=\sdi\s)|(?<=\sof\s)|(?<=\sна\s)|(?<=\sd['’]))"
    rf"([{CAPITALS}][^\W\d_]{{1,24}})(?![\w'’-])|^([{CAPITALS}][^\W\d_]{{1,24}})(?=,?\s\(?[1-6]\s?°?\s?[A-Fa-fА-Да-д]\b)"
)
_BETWEEN = PARTICLES | words_of("von al ben bin dos y e")
_LONGEST_NAME = 5
_SHORT = 12  # words of a label; a sentence is searched for phrases
# What a turn of phrase needs, so that a long text without any of it is not searched for phrases.
_PHRASES = words_of("""
mrs mr ms miss mme mlle monsieur madame m mm sig prof sra sr dña don doña г жа ца н
name appelle chiamo llamo казвам
professeure alliewo alliewa ученика ученичката учителка учителката
""") | ROLE_SINGULAR  # fmt: skip


@lru_cache(maxsize=20_000)
def _telling(word: str) -> bool:
    folded = fold(word)
    return folded in ALL_NAMES or folded in _PHRASES


def suspicious(value: str) -> bool:
    """Whether a text has any word that a name could be found by: quick, and never False where `in_cell` finds one."""
    words = [word for word in _LETTERS.findall(value) if len(word) <= LONGEST_WORD]
    return any(map(_telling, words)) or any(len(one) == 1 and is_surname(two) for one, two in pairwise(words))


def in_cell(value: str) -> Iterator[tuple[str, bool]]:
    """Yield (value, certain) of what looks like a person in a cell; nothing where it is not `suspicious`."""
    words = value.replace(",", " ").split()
    if len(words) <= _LONGEST_NAME and _whole_name(words):
        yield value, False
        return
    for part, certain in people(value, label=True):
        if not (_DESCRIBED.fullmatch(part) and fold(part.split()[0]) in CELL_WORDS):
            yield part, certain
    if len(words) <= _SHORT:
        for match in _BESIDE.finditer(value):
            name = match[1] or match[2]
            named = listed(name) and (fold(name) not in CELL_WORDS or fold(name) in PAIRED)
            if named and not after_place_word(value, match.start()):
                yield name, False


def _whole_name(words: list[str]) -> bool:
    """Whether the cell is a name and nothing else: "Giulia", "Giulia Rossi", "ROSSI Giulia", "giulia rossi"."""
    one, last = words[0], words[-1]
    if fold(one.rstrip(".")) in PLACE_WORDS or "_".join(map(fold, words)) in KNOWN_PEOPLE:
        return False
    plain = fold(one) not in CELL_WORDS
    if len(words) == 1:
        return bool(_WRITTEN.fullmatch(one)) and listed(one) and plain and not one.isupper()
    if all(word.islower() for word in words):
        return listed(one) and plain and is_surname(last)
    if not all(_WRITTEN.fullmatch(word) or fold(word) in _BETWEEN for word in words):
        return False
    if listed(one) and (plain or fold(one) in PAIRED or is_surname(last)):
        return True
    return listed(last) and fold(last) not in AMBIGUOUS and is_surname(one)
