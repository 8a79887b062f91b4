"""Undo disguises before a text is searched: signs nobody sees, wide letters, look-alikes. For this package only.

What people read is what counts: a wide @, or a name with an invisible sign in it, reads like the plain one.
"""

from __future__ import annotations

import re
import unicodedata

# Compatibility forms that the patterns know by themselves; NFKC would turn № into "No" and ″ into two signs.
_KEPT = re.compile("([№ºª″‴´¨…½¼¾°²³])")
_LETTERS = re.compile(r"[^\W\d_]+")
# Signs that show nothing although Unicode does not count them as format characters.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_WIDE_SPACE = re.compile("[\u2800\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
# Letters of the other alphabet that look the same: Cyrillic and Greek → Latin, and Latin → Cyrillic.
_TO_LATIN = str.maketrans(
    "АВЕЅІЈКМНОРСТХҮаеѕіјорсухԁһӏԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧοινρα",
    "ABESIJKMHOPCTXYaesijopcyxdhlqwABEZHIKMNOPTYXoivpa",
)
_TO_CYRILLIC = str.maketrans("ABEKMHOPCTXYaeopcyx", "АВЕКМНОРСТХУаеорсух")


def plain(text: str) -> str:
    """The text as it reads: composed, without invisible signs, each word in one alphabet."""
    if text.isascii():
        return text
    text = "".join(char for char in _BLANK.sub("", text) if unicodedata.category(char) != "Cf")
    parts = _KEPT.split(_WIDE_SPACE.sub(" ", text))
    text = "".join(part if number % 2 else unicodedata.normalize("NFKC", part) for number, part in enumerate(parts))
    # Marks that make no letter with the one before them are strokes and dots drawn over a word.
    text = "".join(char for char in text if unicodedata.category(char) not in ("Mn", "Me"))
    latin = len(re.findall("[A-Za-zÀ-ÿ]", text))
    cyrillic = len(re.findall("[А-Яа-я]", text))
    return _LETTERS.sub(lambda match: _one_alphabet(match[0], latin > cyrillic), text)


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
