"""Search of free texts (question, limits, finding …) for personal data. Public through the package."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from .disguise import plain
from .model import PersonalData, found
from .names import (
    ACCENTED_WORDS,
    ALL_NAMES,
    AMBIGUOUS,
    AMIDST,
    BY_WORDS,
    CAPITALS,
    CELL_WORDS,
    FIRST_NAMES,
    NOBODY,
    PARTICLES,
    PLACE_WORDS,
    SMALL_WORDS,
    fold,
    is_surname,
    words_of,
)
from .patterns import LONGEST, UNSURE, search

_UP = CAPITALS
_NAME = rf"[{_UP}][^\W\d_'’-]{{1,24}}(?:[-'’][{_UP}]?[^\W\d_]{{1,24}})?"
_ROLE = (
    r"(?:student|pupil|teacher|boy|girl|élève|professeure?|enseignante?|alunn[oa]|allie[vw][oa]|studente(?:ssa)?|insegnante|alumn[oa]"
    r"|estudiante|profesora?|ученик|ученичка(?:та)?|ученика|учител(?:ка)?(?:та)?)"
)
_CALLED = (
    r"(?:called|named|nommée?|appelée?|prénommée?|qui s['’]appelle|chiamat[oa]|di nome|che si chiama"
    r"|que se llama|llamad[oa]"
    r"|на име|който се казва|която се казва)"
)
_CALLING = re.compile(rf"\b(?i:{_ROLE})\s(?i:{_CALLED})\s({_NAME})")
_OF_ROLE = re.compile(rf"\b(?i:{_ROLE}),?\s({_NAME})(?:\s{_NAME})?")
_SELF = re.compile(
    r"\b(?i:my name is|je m['’]appelle|mi chiamo|me llamo|казвам се"
    r"|the name of (?:our|the) (?:teacher|pupil|student) is)"
    rf"\s({_NAME})(?:\s{_NAME})?"
)
_TITLE = re.compile(
    rf"(?<!\w)(?:Mrs|Mr|Ms|Miss|Mme|Mlle|Monsieur|Madame|M\.|MM\.|Sig\.(?:ra|na)?|Prof\.(?:ssa)?|Sra?\.|Dña\.|Don|Doña|г-жа|г-ца|г-н)\.?\s{_NAME}"
    rf"(?:\s{_NAME})?"
)
_GREETING = re.compile(
    r"\b(?i:hello|hi|dear|thanks to|thank you|bonjour|salut|cher|chère|merci à|grazie a|ciao|cara|caro|hola|gracias a"
    r"|querid[oa]|здравей|благодарим на|благодарение на|скъп[иа]|написано от"
    rf"|written by|écrit par|scritto da|escrito por),?\s({_NAME})"
)
#: "Élève : Théo", "Name: Emma"; "DUPONT Marie" as registers have it; "Emma's sensor", "le capteur de Nathan".
_LABEL = re.compile(
    rf"(?<!\w)(?i:{_ROLE}|first name|name|prénom|nom|nome|nombre|име)\s?[:：]\s?({_NAME})(?:\s{_NAME})?"
)
_REGISTER = re.compile(rf"(?<!\w)([{_UP}]{{3,25}}),?\s({_NAME})(?!\w)")
_OWNER = re.compile(
    rf"(?<!\w)(?:([{_UP}][^\W\d_]{{1,24}})['’]s(?!\w)|(?i:capteur|sonde|groupe|équipe|sensore?|group|team|gruppo|sonda|squadra"
    rf"|grupo|equipo|сензор\w*|група\w*|екип\w*)\s(?i:de|of|di|на)\s({_NAME})|(?i:capteur|sonde|groupe|équipe)\sd['’]({_NAME}))"
)
_CAPITAL = re.compile(rf"(?<!\w){_NAME}")
_JOINT = re.compile(r"\s?(?:,|;|&|\+|/|\band\b|\bet\b|\be\b|\bed\b|\by\b|\bи\b|,\s?(?:and|et|e|y|и))\s?")
_SMALL = re.compile(r"(?<![\w@#/.'’-])[^\W\d_]{2,25}(?:-[^\W\d_]{2,25})?(?![\w@/-]|[.'’]\w)")
_INITIAL = re.compile(rf"(?<!\w)({_NAME})\s[{_UP}](?:\.|(?=\s*(?:[,;:!?)]|$)))")
# "E. Martin": the first name is only a letter.
_SHORTENED = re.compile(rf"(?<![\w.])[{_UP}](?:\.-?[{_UP}])?\.?\s?({_NAME})")
# Before a word that begins a sentence, a line or a cell.
_BEGINS = re.compile(r"(?:^|[.!?…:\n])[\s\"«“„'’(–-]*$")
_IN_A_TITLE = re.compile(rf"(?:(?<!\w)[{_UP}][\w-]*\s|['\"‘“«„])$")
_NUMBER_BESIDE = re.compile(r"\.?\s?\d")  # "12 Jan", "Sam 14h": a month, a day
_TWO_BEFORE = re.compile(r"(?:([^\W\d_]+)(\.)?[\s'’]+)?([^\W\d_]+)(\.)?[\s'’]*$")
# What people do in an experiment, behind a name: no street has ever counted cars.
_PARTICIPLES = (
    "mesuré|compté|noté|posé|pris|fait|lu|écrit|dit|vu|tenu|rempli|oublié|cassé|dessiné|installé|trouvé|regardé"
    "|photographié|enregistré|proposé|choisi|observé|utilisé|entendu|crié|branché|aidé|pensé|demandé|préparé|perdu|calculé"
    "|misurato|contato|annotato|posato|preso|fatto|letto|scritto|detto|visto|tenuto|compilato|dimenticato|rotto|disegnato"
    "|installato|trovato|guardato|fotografato|registrato|proposto|scelto|osservato|usato|sentito|aiutato|pensato|chiesto"
    "|spostato|messo|calcolato"
)
# The same in one word, in English and Bulgarian, and in Spanish.
_DID = "measured|counted|wrote|said|saw|held|took|forgot|helped|thought|asked|измери|преброи|записа|каза|забрави"
_HIZO = "midió|contó|escribió|vio|olvidó"
_DOES = re.compile(
    rf"\s(?:(?:a|ha|avait|aveva|n['’]a\spas|non\sha)\s(?:{_PARTICIPLES})"
    rf"|(?:no\s)?(?:{_HIZO}|anotó|puso|tomó|hizo|leyó|dijo|rellenó|rompió|dibujó|instaló|encontró|miró"
    "|fotografió|registró|propuso|eligió|observó|usó|oyó|ayudó|pensó|preguntó|movió|calculó)"
    rf"|{_DID}|noted|put|made|read|filled|broke|drew|installed|found|looked"
    "|photographed|recorded|chose|observed|used|heard|moved|placed|calculated|checked"
    "|отбеляза|постави|взе|направи|прочете|написа|видя|държа|попълни|счупи|нарисува"
    "|намери|снима|предложи|избра|чу|помогна|премести|изчисли)(?!\\w)"
)
# What people do and hardly a thing, behind a name that is also a word: "Léa opened the window", "Tom a ouvert".
_ACTS = re.compile(
    r"\s(?:(?:a|ha)\s(?:[^\W\d_]+\s)?[^\W\d_]{2,}(?:é|ée|és|ert|ato|uto|ito|ado|ido|cho|sto|tto|rso)"
    rf"|{_DID}|{_HIZO}|opened|closed|thinks|says|noticed|believes|believed|guessed|wanted|built"
    r"|pense|pensait|dit|disait|croit|croyait|veut|voulait|écrit|note que|pensa|pensava|dice"
    r"|diceva|crede|credeva|voleva|scrive|piensa|pensaba|cree|creía|quería|abrió|cerró"
    r"|мисли|мислеше|казва|отвори|затвори|забеляза|смята|твърди)(?!\w)"
)
_NO_WORD = re.compile(r"[\W_]+")
_ABBREVIATED = 3
_SMALL_NAMES = FIRST_NAMES - SMALL_WORDS
_ACTING = FIRST_NAMES | AMIDST
_MOST = 200  # hits of one text: who has so many has been told enough
_TWO = 2
# People whose names stand for things: streets, laws, units, textbooks.
KNOWN_PEOPLE = words_of("""
Marie_Curie Victor_Hugo Jean_Moulin Jules_Verne Jules_Ferry Louis_Pasteur Paul_Cézanne Leonardo_Da Galileo_Galilei
Pierre_Curie James_Watt Michael_Faraday Alexander_Graham Peter_Pan Simone_Veil Louis_Blériot Louis_Vuitton
Robert_Schuman Big_Ben Sweet_William Александър_Невски Виктор_Юго
Miguel_De Charles_Darwin Ivan_Vazov Иван_Вазов Васил_Левски Христо_Ботев
""")


def listed(word: str) -> bool:
    """Whether a word, or each part of it, is a first name that is listed."""
    return all(part in ALL_NAMES for part in re.split(r"[-'’]", fold(word)))


def _plainly(word: str) -> bool:
    """A first name that is hardly anything else."""
    return listed(word) and fold(word) not in AMBIGUOUS


def _named_people(text: str) -> Iterator[tuple[str, bool]]:
    """Yield (value, certain) of names that a turn of phrase gives away."""
    for pattern in (_CALLING, _SELF):
        yield from ((match[0], True) for match in pattern.finditer(text))
    yield from ((match[0], True) for match in _TITLE.finditer(text))
    for pattern in (_OF_ROLE, _GREETING):
        for match in pattern.finditer(text):
            if listed(match[1]):
                yield match[1], fold(match[1]) not in AMBIGUOUS


def _lists_and_pairs(text: str, words: list[re.Match[str]]) -> Iterator[tuple[str, bool]]:
    """Yield runs of at least two first names (certain) and first names with a surname (only possible)."""
    run: list[re.Match[str]] = []
    for match in words:
        if not listed(match[0]):
            continue
        if run and _JOINT.fullmatch(text, run[-1].end(), match.start()):
            run.append(match)
            continue
        yield from _close(run)
        run = [match]
    yield from _close(run)
    for match, following in zip(words, words[1:], strict=False):
        between = text[match.end() : following.start()]
        if (
            between != " "
            or not listed(match[0])
            or (fold(match[0]) in AMBIGUOUS and not _after_by(text, match.start()))
            or after_place_word(text, match.start())
        ):
            continue
        pair = f"{match[0]} {following[0]}"
        if fold(pair).replace(" ", "_") not in KNOWN_PEOPLE:
            yield pair, False


def _small_letters(text: str) -> Iterator[tuple[str, bool]]:
    """Yield first names written small: two that are nothing else in one list (certain), or one after who did it
    (only possible). One alone says nothing: many are words."""
    run: list[re.Match[str]] = []
    names = (match for match in _SMALL.finditer(text) if match[0].islower() and listed(match[0]))
    for match in [*names, None]:
        between = (run[-1].end(), match.start()) if run and match else None
        if match and (not between or _JOINT.fullmatch(text, *between) or text[slice(*between)] == " "):
            run.append(match)
            continue
        strong = [one for one in run if fold(one[0]) not in SMALL_WORDS]
        if len(strong) >= _TWO:
            yield " ".join(one[0] for one in run), True
        elif strong and _after_by(text, run[0].start()):
            yield " ".join(one[0] for one in run), False
        run = [match] if match else []


def _after_by(text: str, position: int) -> bool:
    before = re.findall(r"[^\W\d_]+", text[max(0, position - 12) : position])
    return bool(before) and text[position - 1 : position].isspace() and fold(before[-1]) in BY_WORDS


def _close(run: list[re.Match[str]]) -> Iterator[tuple[str, bool]]:
    if len(run) >= 2 and any(fold(match[0]) not in AMBIGUOUS for match in run):
        yield " ".join(match[0] for match in run), True


def after_place_word(text: str, position: int) -> bool:
    """Whether a street, a school … is named: its word stands before the name, or one word further on ("rue du", "Place
    Maréchal"); not across a comma or the end of a sentence."""
    near = _TWO_BEFORE.search(text[max(0, position - 40) : position])
    if near is None:
        return False
    first, stop, second, last_stop = near.groups()
    if last_stop and len(second) > _ABBREVIATED:
        return False
    if fold(second) in PLACE_WORDS:
        return True
    joined = bool(first) and fold(first) in PLACE_WORDS and not (stop and len(first) > _ABBREVIATED)
    return joined and (second[0].isupper() or fold(second) in PARTICLES)


def _with_an_initial(text: str) -> Iterator[tuple[str, bool]]:
    """Yield first names with the first letter of a surname: how a class writes who said something."""
    for match in _INITIAL.finditer(text):
        if listed(match[1]) and not after_place_word(text, match.start()):
            yield match[0], fold(match[1]) not in AMBIGUOUS
        elif match[0].endswith(".") and is_surname(match[1]) and not after_place_word(text, match.start()):
            yield match[0], False


def _who_did_it(text: str, words: list[re.Match[str]]) -> Iterator[tuple[str, bool]]:
    """Yield single first names after who did or said something (only possible)."""
    for match in words:
        if _plainly(match[0]) and _after_by(text, match.start()):
            yield match[0], False


def _labels_and_owners(text: str) -> Iterator[tuple[str, bool]]:
    """Yield first names behind a label, behind a surname in capitals, and of whom something is (only possible)."""
    for match in _LABEL.finditer(text):
        if listed(match[1]):
            yield match[0], fold(match[1]) not in AMBIGUOUS
    for match in _REGISTER.finditer(text):
        if _plainly(match[2]) and fold(match[1]) not in PLACE_WORDS and not after_place_word(text, match.start()):
            yield match[0], False
    for match in _OWNER.finditer(text):
        name = match[1] or match[2] or match[3]
        if _plainly(name) and not after_place_word(text, match.start()):
            yield match[0], False


def _alone(text: str, words: list[re.Match[str]], label: bool) -> Iterator[tuple[str, bool]]:
    """Yield first names that stand for themselves ("Emma a mesuré le bruit"), and surnames behind a letter (both only
    possible). In a label ("Sweet William") a name behind another capital letter is none."""
    for match in words:
        if label and _IN_A_TITLE.search(text[max(0, match.start() - 40) : match.start()]):
            continue
        does = listed(match[0]) and fold(match[0]) not in NOBODY and _DOES.match(text, match.end())
        if does or (_stands_for_itself(text, match) and not after_place_word(text, match.start())):
            yield match[0], False
    for match in _SMALL.finditer(text):
        if match[0].islower() and fold(match[0]) in _SMALL_NAMES and _DOES.match(text, match.end()):
            yield match[0], False
    for match in _SHORTENED.finditer(text):
        if is_surname(match[1]) and not after_place_word(text, match.start()):
            yield match[0], False


def _stands_for_itself(text: str, match: re.Match[str]) -> bool:
    """Whether a word with a capital letter is a first name here, whatever stands around it."""
    name = match[0]
    folded = fold(name)
    if not listed(name) or name.casefold() in ACCENTED_WORDS:
        return False
    former = re.search(r"([^\W\d_]+)\s$", text[max(0, match.start() - 30) : match.start()])
    if former and f"{fold(former[1])}_{folded}" in KNOWN_PEOPLE:
        return False
    following = re.match(r"\s([^\W\d_]+)", text[match.end() : match.end() + 30])
    if following and f"{folded}_{fold(following[1])}" in KNOWN_PEOPLE:
        return False
    parts = re.split(r"[-'’]", folded)
    if folded not in CELL_WORDS and (folded in FIRST_NAMES or (len(parts) > 1 and not AMBIGUOUS.issuperset(parts))):
        return True
    if folded in _ACTING and _ACTS.match(text, match.end()):
        return True
    if folded not in AMIDST or _BEGINS.search(text[max(0, match.start() - 10) : match.start()]):
        return False
    before = text[max(0, match.start() - 3) : match.start()].rstrip(" ")
    return not _NUMBER_BESIDE.match(text, match.end()) and not before[-1:].isdigit()


def people(text: str, *, label: bool = False) -> Iterator[tuple[str, bool]]:
    """Yield (value, certain) of everything in a text that looks like a person's name. ``label``: the text is what a
    thing is called, more often than a sentence."""
    yield from _named_people(text)
    words = list(_CAPITAL.finditer(text))
    yield from _lists_and_pairs(text, words)
    yield from _small_letters(text)
    yield from _with_an_initial(text)
    yield from _who_did_it(text, words)
    yield from _labels_and_owners(text)
    yield from _alone(text, words, label)


def scan_file_name(name: str) -> list[PersonalData]:
    """Search the name of a file; a single first name counts there, for files are named after those who made them."""
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", plain(name[:500]))
    words = re.sub(r"[\W_]+|(?<=[a-zà-ÿа-я])(?=[A-ZÀ-ÞА-Я])|(?<=[^\W\d])(?=\d)|(?<=\d)(?=[^\W\d])", " ", stem).split()
    firsts = [word for word in words if listed(word) and fold(word) not in AMBIGUOUS]
    if firsts:
        return [found("person_name", "filename", firsts[0])]
    return scan_text(stem, "filename") or scan_text(" ".join(word.capitalize() for word in words), "filename")


def scan_text(text: str, where: str) -> list[PersonalData]:
    """Search a free text; ``where`` names it for the reader (the label of its field)."""
    text = plain((text or "")[:LONGEST])
    findings: dict[tuple[str, str], PersonalData] = {}
    for kind, value in islice(search(text), _MOST):
        findings.setdefault((kind, value), found(kind, where, value, certain=kind not in UNSURE))
    named = list(dict.fromkeys(islice(people(text), _MOST)))
    padded = [f" {_NO_WORD.sub(' ', value)} " for value, _certain in named]
    for (value, certain), own in zip(named, padded, strict=True):
        # "Léa" is said once where "Léa Martin" is.
        if not any(own in other and own != other for other in padded):
            findings.setdefault(("person_name", value), found("person_name", where, value, certain=certain))
    return list(findings.values())
