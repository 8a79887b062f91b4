"""Undo disguises before a text is searched: signs nobody sees, wide letters, look-alikes. For this package only.

What people read is what counts: a wide @, or a name with an invisible sign in it, reads like the plain one.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Compatibility forms that the patterns know by themselves; NFKC would turn № into "No" and ″ into two signs.
_KEPT = re.compile("([№ºª″‴´¨…½¼¾°²³])")
_LETTERS = re.compile(r"[^\W\d_]+")
# Texts in which nothing can be disguised, and most are such: Latin letters alone, or Cyrillic ones without any Latin.
_PLAIN_LATIN = re.compile("[\x00-\x7f¡-§©«®°-³¶·»-ÿ‘’“”–—•€]*")
_PLAIN_CYRILLIC = re.compile("[\x00-@\\[-`{-\x7f§©«°-³»А-Яа-я‘’“”„–—•€№]*")
# Signs that show nothing although Unicode does not count them as format characters.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_WIDE_SPACE = re.compile("[\u2800\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
# Letters of the other alphabet that look the same: Cyrillic and Greek → Latin, and Latin → Cyrillic.
_TO_LATIN = str.maketrans(
    "АВЕЅІЈКМНОРСТХҮаеѕіјорсухԁһӏԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧοινρα",
    "ABESIJKMHOPCTXYaesijopcyxdhlqwABEZHIKMNOPTYXoivpa",
)
_TO_CYRILLIC = str.maketrans("ABEKMHOPCTXYaeopcyx", "АВЕКМНОРСТХУаеорсух")


class _Without(dict[int, "int | None"]):
    """Signs of some categories are taken out; what a sign is, is looked up once."""

    def __init__(self, *categories: str) -> None:
        super().__init__()
        self._categories = categories

    def __missing__(self, sign: int) -> int | None:
        self[sign] = kept = None if unicodedata.category(chr(sign)) in self._categories else sign
        return kept


class _Short(dict[int, int]):
    """Signs that stand for a whole sentence ("ﷺ") are no letters of a name, and would make the text eighteen times as
    long."""

    def __missing__(self, sign: int) -> int:
        long = len(unicodedata.normalize("NFKC", chr(sign))) > _LONGEST_SIGN
        self[sign] = kept = ord(" ") if long else sign
        return kept


_LONGEST_SIGN = 3
_UNSEEN, _DRAWN_OVER, _SHORT = _Without("Cf"), _Without("Mn", "Me"), _Short()


def plain(text: str) -> str:
    """The text as it reads: composed, without invisible signs, each word in one alphabet."""
    if text.isascii() or _PLAIN_LATIN.fullmatch(text) or _PLAIN_CYRILLIC.fullmatch(text):
        return text
    text = _BLANK.sub("", text).translate(_UNSEEN).translate(_SHORT)
    parts = _KEPT.split(_WIDE_SPACE.sub(" ", text))
    text = "".join(part if number % 2 else unicodedata.normalize("NFKC", part) for number, part in enumerate(parts))
    # Marks that make no letter with the one before them are strokes and dots drawn over a word.
    text = text.translate(_DRAWN_OVER)
    latin = len(re.findall("[A-Za-zÀ-ÿ]", text))
    cyrillic = len(re.findall("[А-Яа-я]", text))
    return _LETTERS.sub(lambda match: _one_alphabet(match[0], latin > cyrillic), text)


@lru_cache(maxsize=20_000)
def _one_alphabet(word: str, in_latin_text: bool) -> str:
    if word.isascii():
        return word
    to_latin = word.translate(_TO_LATIN)
    if to_latin == word:
        return word
    latin_only = not re.search("[\u0370-\u052f]", to_latin)
    if latin_only and (in_latin_text or re.search("[A-Za-zÀ-ÿ]", word)):
        return to_latin
    if re.search("[A-Za-z]", word):
        to_cyrillic = word.translate(_TO_CYRILLIC)
        return word if re.search("[A-Za-zÀ-ÿ]", to_cyrillic) else to_cyrillic
    return word
