"""Patterns of personal data inside a piece of text. Only for this package.

Every pattern has bounded repetitions and is tried only where a cheap sign of it (an ``@``, a digit …) is present, so
the time grows with the length of the text and never faster.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator

from .names import words_of

LONGEST = 200_000  # signs of one text that are searched; forms accept less

_AT = r"(?:at|à|arobase|chiocciola|arroba|кльомба)"
_DOT = r"(?:dot|point|punto|точка)"
_END = r"(?:fr|be|it|es|bg|eu|com|org|net|edu|info|example)(?!\w)"
EMAIL = re.compile(
    rf"(?<![\w.+-])[\w.+-]{{1,64}}\s?(?:@|[\[({{<]\s?(?:{_AT}|@)\s?[\])}}>])\s?"
    rf"[^\W_][\w-]{{0,62}}(?:(?:\.|\s?[\[({{<]\s?(?:{_DOT}|\.)\s?[\])}}>]\s?|\s{_DOT}\s)[\w-]{{1,63}}|\s\.\s?{_END}){{1,6}}",
    re.IGNORECASE,
)
# An address in words: the unmistakable names of the sign with any domain, "at" only where a real end of one follows.
EMAIL_IN_WORDS = re.compile(
    rf"(?<![\w.+-])[\w.+-]{{1,64}}\s(?:(?:arobase|chiocciola|arroba|кльомба)\s[^\W_][\w-]{{0,62}}(?:\s?\.\s?|\s{_DOT}\s)[\w-]{{2,63}}"
    rf"|at\s(?!(?:the|this|that|each|every|one|a|its?)\s)[^\W_][\w-]{{0,62}}\s{_DOT}\s(?:[\w-]{{1,63}}\s{_DOT}\s)?{_END})",
    re.IGNORECASE,
)
_SPOKEN = re.compile(rf"(?<!\w)(?:arobase|chiocciola|arroba|кльомба|{_DOT})(?!\w)", re.IGNORECASE)

# Telephone numbers as people write them in France, Belgium, Italy, Spain and Bulgaria.
# A number without separators counts only with a leading zero and ten digits: measurements are not written so.
PHONES = tuple(
    re.compile(rf"(?<![\w.,:+/-]){body}(?![\w]|[.,:/-]\d)")
    for body in (
        r"(?:\+|00)(?:33|32|39|34|359)[ \u00a0.\-/]?(?:\(0\)[ ]?)?\d{1,4}(?:[ \u00a0.\-/]?\d{2,4}){2,4}",
        r"\+[1-9]\d{0,2}[ \u00a0-](?:\(?\d{1,4}\)?[ \u00a0-]){1,4}\d{2,4}",
        r"0[1-9]([ \u00a0.\-/]?)\d{2}(?:\1\d{2}){3}",
        r"04\d{2}[ /.]?\d{2,3}[ .]?\d{2,3}(?:[ .]?\d{2})?",
        r"0\d{1,2}[ /.]\d{2,3}[ .]\d{2}[ .]\d{2}",
        r"3[2-9]\d[ -]\d{3}[ -]?\d{3,4}",
        r"0\d{1,3}[ /-]\d{6,8}",
        r"[67]\d{2}[ -]\d{3}[ -]\d{3}",
        r"[6789]\d{2}[ -]\d{2}[ -]\d{2}[ -]\d{2}",
        r"0[28]\d?\d?[ /-]\d{3}[ -]\d{2,4}(?:[ -]\d{2})?",
        r"08[789]\d[ -]?\d{3}[ -]?\d{3}",
    )
)

# Behind its name a number may be written in one piece.
PHONE_CALLED = re.compile(
    r"(?<!\w)(?:t[eé]l|t[eé]l[eé]phone|phone|telefono|teléfono|cell|cellulare|móvil|movil|mob|mobile|gsm|portable|whatsapp"
    r"|тел|телефон|моб|мобилен)\.?\s?(?:n[°ºo.]\s?)?[:：]?\s?(?!\d{4}[-/.]\d\d?[-/.]|\d\d?[-/.]\d\d?[-/.]\d{4})"
    r"(\+?\d(?:[ ./-]?\d){7,14})(?!\d)",
    re.IGNORECASE,
)

_NETWORK = re.compile(
    r"(?:instagram|facebook|fb|tiktok|snapchat|twitter|x|linkedin|threads|twitch|t)\.(?:com|net|tv|me)/", re.I
)
PROFILE = re.compile(
    r"(?<![\w.-])(?:https?://)?(?:[a-z]{1,3}\.|www\.)?(?:(?:instagram|facebook|fb|tiktok|snapchat|twitter|x|threads|twitch)"
    r"\.(?:com|net|tv)/(?:add/|in/)?|linkedin\.com/in/|t\.me/)@?([\w.-]{2,60})",
    re.IGNORECASE,
)
_NOT_A_PROFILE = words_of("""
about groups events pages watch hashtag explore p reel reels share sharer sharer.php company search home login help
legal privacy policies intent plugins tag stories marketplace business docs
""")
# With a sign no word has, so that "@media" and "@home" are none.
HANDLE = re.compile(r"(?<![\w@./+-])@(?=[\w.]{0,30}[\d_])[A-Za-zÀ-ÿ_][\w.]{2,30}(?![\w@])")
IBAN = re.compile(r"(?<![\w-])[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){2,7}(?:\s?[A-Z0-9]{1,3})?(?![\w-])")
PUPIL = re.compile(
    r"(?<!\w)(?:student|pupil|élève|eleve|alunn[oa]|studente(?:ssa)?|alumn[oa]|ученик|ученичка)\s?(?:n[°ºo]\.?|no\.|nr\.?|num\.|#|№)"
    r"\s?\d{1,4}(?!\w)",
    re.IGNORECASE,
)

_DEGREES = r"([+-]?\d{1,3}[.,]\d{3,15})"
PAIR = re.compile(rf"(?<![\w.,+-]){_DEGREES}\s{{0,3}}°?\s?[NSEWONСЮИЗ]?\s{{0,2}}[,;/|\s]\s{{0,3}}{_DEGREES}(?![\d])")
SEXAGESIMAL = re.compile(
    r"\d{1,3}\s?°\s?\d{1,2}(?:\s?['’′]\s?\d{1,2}(?:[.,]\d{1,6})?\s?(?:[\"”″]|'')|[.,]\d{2,6}\s?['’′])\s?[NSEWOСЮИЗ]?"
)
PLUS_CODE = re.compile(r"\b[23456789CFGHJMPQRVWX]{8}\+[23456789CFGHJMPQRVWX]{2,4}\b")

_FR = "[A-HJ-NP-TV-Z]"  # French and Italian plates leave out I, O, U
_BG = "[ABEKMHOPCTYXАВЕКМНОРСТУХ]"  # the letters Latin and Cyrillic share
PLATES = tuple(
    re.compile(rf"(?<![\w-]){body}(?![\w-])")
    for body in (
        rf"{_FR}{{2}}-\d{{3}}-{_FR}{{2}}",
        rf"{_FR}{{2}} \d{{3}} ?{_FR}{{2}}",
        r"[1-9]-[A-Z]{3}-\d{3}",
        r"\d{4}-(?!PPM|PPB|RPM|BPM|KWH|MHZ|GHZ)[BCDFGHJKLMNPRSTVWXYZ]{3}",
        rf"{_BG}{{1,2}} \d{{4}} {_BG}{{2}}",
    )
)
# Also without separators: only where a header or the text itself speaks of plates.
PLATE_LOOSE = re.compile(
    rf"(?<!\w)(?:{_FR}{{2}}[ -]?\d{{3}}[ -]?{_FR}{{2}}|[1-9][ -]?[A-Z]{{3}}[ -]?\d{{3}}"
    r"|\d{4}[ -]?[BCDFGHJKLMNPRSTVWXYZ]{3}"
    rf"|{_BG}{{1,2}}[ -]?\d{{4}}[ -]?{_BG}{{2}}|\d{{2,4}} ?[A-Z]{{2,3}} ?\d{{2}})(?!\w)"
)

_UP = "[A-ZÀ-ÖØ-ÞА-Я]"
_STREET_WORDS = rf"(?:[«„\"“]?[\w'’.-]{{1,20}}[»”\"“]?\s){{0,4}}[«„\"“]?{_UP}[\w'’-]{{0,25}}[»”\"“]?"
ADDRESSES = (
    re.compile(
        r"(?<![\w.,])\d{1,4}(?:\s?(?:bis|ter|[a-dA-D]))?,?\s(?:(?:rue|avenue|av\.|boulevard|bd|chemin|allée|impasse|quai|chaussée)\s\w{2,30}"
        r"|(?:cours|square|place)\s(?:de\s|du\s|des\s|d['’]|la\s|le\s|l['’]){0,2}(?-i:[A-ZÀ-ÖØ-Þ])\w{1,30})",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b(?:[Rr]ue|[Aa]venue|[Cc]haussée|[Bb]oulevard|[Cc]los)\s{_STREET_WORDS}"
        r"\s?,?\s(?:n°\s?)?\d{1,3}(?=\s?(?:$|[,;.)\n]|\d{4,5}\b|bte|boîte))"
    ),
    re.compile(
        rf"\b(?:[Vv]ia|[Vv]iale|[Pp]iazza|[Cc]orso|[Vv]ico|[Vv]icolo|[Ll]argo|[Cc]alle|[Aa]venida|[Aa]vda\.?|[Pp]laza|[Pp]aseo|[Rr]onda)"
        rf"\s(?!LoRa|Wi|Bluetooth|USB|MQTT){_STREET_WORDS}\s?,?\s(?:n\.?[ºo°]?\s?|núm\.?\s?)?\d{{1,3}}(?!\d|[.,]\d|\s?[%°])"
    ),
    re.compile(
        rf"(?<!\w)(?:ул\.|улица|бул\.|булевард|ж\.\s?к\.|жк)\s?{_STREET_WORDS}\s?,?\s(?:№\s?|бл\.\s?)?\d{{1,3}}(?!\d)",
        re.IGNORECASE,
    ),
    re.compile(r"(?<!\w)бл\.\s?\d{1,3}\w?,?\s.{0,15}?(?:вх|ап)\.\s?\w{1,3}", re.IGNORECASE),
    re.compile(
        rf"(?<![\w.,])\d{{1,4}}[a-d]?,?\s(?:{_UP}[a-z'’]{{1,20}}\s){{1,3}}(?:Street|St\.|Road|Rd\.|Avenue|Lane|Drive|Close)\b"
    ),
)

_STREET = re.compile(
    r"rue|av\.|avenue|bd|boulevard|chemin|allée|impasse|quai|chaussée|cours|square|place|clos|via|piazza|corso|vic|largo|calle|avenida"
    r"|avda|plaza|paseo|ronda|ул|бул|ж\.|жк|бл\.|street|st\.|road|rd\.|lane|drive|close",
    re.IGNORECASE,
)

_DATE = r"(?:\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d{1,2}(?:er)?\s[^\W\d]{3,12}\s\d{4}|[^\W\d]{3,12}\s\d{1,2},?\s\d{4})"
BIRTH = re.compile(
    r"(?:\b(?:born|née?s?|nat[oaie]|nacid[oa]s?|роден[аи]?)\s(?:(?:on|the|le|il|el|на|in)\s){0,2}"
    r"|\b(?:date of birth|birthday|dob|date de naissance|anniversaire|data di nascita|compleanno"
    r"|fecha de nacimiento|cumpleaños|дата на раждане|рожден ден)\s?(?:is|est|:|è|es|е|=)?\s?(?:le|il|el|на|on)?\s?)"
    + _DATE,
    re.IGNORECASE,
)

# Box of the continent, generous: a pair of decimals outside of it is taken for two measurements.
_SOUTH, _NORTH, _WEST, _EAST = 27.0, 72.0, -32.0, 46.0


def decimals(number: str) -> int:
    """Count the decimals that say something: 43.5290 has three."""
    _, _, tail = number.replace(",", ".").partition(".")
    return len(tail.rstrip("0"))


def _is_place(first: str, second: str) -> bool:
    if max(decimals(first), decimals(second)) <= 3:
        return False
    one, two = float(first.replace(",", ".")), float(second.replace(",", "."))
    return any(_SOUTH <= lat <= _NORTH and _WEST <= lon <= _EAST for lat, lon in ((one, two), (two, one)))


def _coordinates(text: str) -> Iterator[str]:
    position = 0
    while match := PAIR.search(text, position):
        if _is_place(match[1], match[2]):
            yield match[0]
            position = match.end()
        else:
            position = match.end(1)
    for pattern in (SEXAGESIMAL, PLUS_CODE):
        yield from (match[0] for match in pattern.finditer(text))


def _phones(text: str) -> Iterator[str]:
    for pattern in PHONES:
        for match in pattern.finditer(text):
            if 9 <= sum(char.isdigit() for char in match[0]) <= 15:
                yield match[0]
    yield from (match[1] for match in PHONE_CALLED.finditer(text))


_PLATE_TALK = re.compile(r"plaque|plate|immatricul|targa|targhe|matrícula|matricula|табела|рег\. ?№", re.IGNORECASE)
_TWO_CAPITALS = re.compile(r"[A-ZА-Я]{2}")


def _plates(text: str) -> Iterator[str]:
    if _TWO_CAPITALS.search(text) is None:  # every plate has them, and few labels do
        return
    patterns = (*PLATES, PLATE_LOOSE) if _PLATE_TALK.search(text) else PLATES
    for pattern in patterns:
        yield from (match[0] for match in pattern.finditer(text))


def _emails(text: str) -> Iterator[str]:
    if any(sign in text for sign in "@[({<"):
        yield from (match[0] for match in EMAIL.finditer(text))
    if _SPOKEN.search(text):
        yield from (match[0] for match in EMAIL_IN_WORDS.finditer(text))


def _accounts(text: str) -> Iterator[str]:
    if "/" in text and _NETWORK.search(text):
        yield from (match[0] for match in PROFILE.finditer(text) if match[1].casefold() not in _NOT_A_PROFILE)
    if "@" in text:
        yield from (match[0] for match in HANDLE.finditer(text))


def _banks(text: str) -> Iterator[str]:
    for match in IBAN.finditer(text):
        bare = re.sub(r"\s", "", match[0])
        # The check digits are right once in 97 numbers made up.
        if int("".join(str(int(sign, 36)) for sign in bare[4:] + bare[:4])) % 97 == 1:
            yield match[0]


def _of(*patterns: re.Pattern[str]) -> Callable[[str], Iterator[str]]:
    return lambda text: (match[0] for pattern in patterns for match in pattern.finditer(text))


def _addresses(text: str) -> Iterator[str]:
    if _STREET.search(text):
        yield from (match[0] for pattern in ADDRESSES for match in pattern.finditer(text))


# kind, how it is found, how many figures a text needs at least to hold one
_FINDERS: tuple[tuple[str, Callable[[str], Iterator[str]], int], ...] = (
    ("email", _emails, 0),
    ("account", _accounts, 0),
    ("bank_account", _banks, 12),
    ("pupil_code", _of(PUPIL), 1),
    ("coordinates", _coordinates, 4),
    ("phone", _phones, 8),
    ("number_plate", _plates, 3),
    ("birth_date", _of(BIRTH), 4),
    ("address", _addresses, 1),
)
_AT_IN_BRACKETS = re.compile(rf"[\[({{<]\s?{_AT}\s?[\])}}>]", re.IGNORECASE)
_SIGNS = re.compile(r"[@\[({</]")
_FIGURE = re.compile(r"\d")
UNSURE = frozenset({"account", "pupil_code"})  # a school has pages too, and things have numbers


def search(text: str) -> Iterator[tuple[str, str]]:
    """Yield (kind, value) of what is written in a text, names of people excepted. One value may come twice."""
    for kind, values in _finds(text):
        yield from ((kind, value) for value in values)


def _finds(text: str, skip: Collection[str] = ()) -> Iterator[tuple[str, Iterator[str]]]:
    """The values of each kind that a text can hold, none of them looked for yet."""
    text = text[:LONGEST]
    figures = len(_FIGURE.findall(text))
    return ((kind, finder(text)) for kind, finder, least in _FINDERS if kind not in skip and figures >= least)


def speaks(text: str) -> bool:
    """Whether a text without any figure has a sign of an address or an account."""
    return bool(_SIGNS.search(text)) or _SPOKEN.search(text) is not None


def spells_address(text: str) -> bool:
    """Whether a text has what every e-mail address has, however its sign is written."""
    return "@" in text or _SPOKEN.search(text) is not None or _AT_IN_BRACKETS.search(text) is not None


def names_account(text: str) -> bool:
    """Whether a text has what every address of an account has."""
    return "@" in text or _NETWORK.search(text) is not None


def first_of_each(text: str, skip: Collection[str] = ()) -> Iterator[tuple[str, str]]:
    """As `search`, but no more than the first value of each kind: for cells, which are many."""
    for kind, values in _finds(text, skip):
        value = next(values, None)
        if value is not None:
            yield kind, value
