"""Free texts: what is found, what is left alone, and that no finding repeats the value."""

from __future__ import annotations

import time

import pytest
from ckanext.steamcity.messages import fill
from ckanext.steamcity.privacy import scan_file_name, scan_text
from hypothesis import given, settings
from hypothesis import strategies as st

PERSONAL = [
    ("person_name", "My name is Lucas and I measured every day."),
    ("person_name", "Lucas, Emma et Inès ont mesuré le CO2."),
    ("person_name", "Hanno misurato Giulia e Matteo."),
    ("person_name", "an idea of a pupil called Zoé"),
    ("person_name", "l’élève appelée Zoé a vu la panne"),
    ("person_name", "Le CO2 dépasse 1000 ppm selon Yanis B. de la 4eB"),
    ("person_name", "La sonde de Chloé D. est cassée."),
    ("person_name", "Mesuré par Noah."),
    ("person_name", "après deux heures de cours, dit Léa Martin"),
    ("person_name", "dans le parc. Léa Martin l’a vu"),
    ("person_name", "measured by emma lucas and chloé"),
    ("person_name", "mesuré par nicolas pendant une semaine"),
    ("person_name", "misurato da giulia e matteo"),
    ("person_name", "medido por alejandro, nuria y raquel"),
    ("person_name", "измерено от иван, мария и георги"),
    ("person_name", "Mme Dupont nous a aidés."),
    ("person_name", "La profesora Lucía lo comprobó."),
    ("person_name", "Благодарим на Мария за помощта."),
    ("person_name", "ученичката Гергана прочете стойностите"),
    ("email", "write to marie.dupont@ecole.example"),
    ("email", "write to marie.dupont [at] ecole.example"),
    ("phone", "06 12 34 56 78"),
    ("phone", "+32 475 12 34 56"),
    ("phone", "chiamare 081 5512345"),
    ("phone", "340 123 4567"),
    ("phone", "llama al 612 345 678"),
    ("phone", "тел. 0888 123 456"),
    ("phone", "+359 88 812 3456"),
    ("coordinates", "the sensor stands at 43.52912, 5.44731"),
    ("coordinates", "43,52912; 5,44731"),
    ("coordinates", "POINT (5.44731 43.52912)"),
    ("coordinates", "43°31'45\"N 5°26'51\"E"),
    ("number_plate", "the white car AB-123-CD came twice"),
    ("number_plate", "1-ABC-123"),
    ("number_plate", "matrícula 1234 BCD"),
    ("number_plate", "СА 1234 АВ"),
    ("birth_date", "né le 12 mars 2011"),
    ("birth_date", "nata il 03/05/2011"),
    ("birth_date", "дата на раждане: 03.05.2011"),
    ("address", "12 bis, rue des Lilas"),
    ("address", "Rue Haute 12, 1000 Bruxelles"),
    ("address", "Via Roma 12"),
    ("address", "calle Mayor, 12"),
    ("address", "ул. „Шипка“ 12"),
    ("address", "14 Market Street"),
]

# The same things, dressed up so that a pattern misses them and a reader does not.
DISGUISED = [
    ("email", "marie.dupont\uff20ecole.example"),
    ("email", "marie.dupont\ufe6becole.example"),
    ("email", "marie.dup\u200bont@eco\u00adle.example"),
    ("email", "marie@\u2060ecole\u200d.example"),
    ("email", "marie (at) ecole dot fr"),
    ("email", "marie [at] ecole [dot] fr"),
    ("email", "marie at ecole dot fr"),
    ("email", "marie arobase ecole point fr"),
    ("email", "marie chiocciola scuola punto it"),
    ("email", "marie arroba colegio . es"),
    ("email", "мария кльомба училище точка bg"),
    ("email", "marie @ ecole . fr"),
    ("email", "marie\u00a0(à)\u00a0ecole.fr"),
    ("phone", "06\u200a12\u202f34\u00a056\u200978"),
    ("phone", "\uff10\uff16 \uff11\uff12 \uff13\uff14 \uff15\uff16 \uff17\uff18"),
    ("phone", "06\u200b12\u200b34\u200b56\u200b78"),
    ("person_name", "Luc\u200bas, Em\u200dma et In\u00e8s"),
    ("person_name", "Lucas\u00a0Martin"),
    ("person_name", "Luc\u0430s, Emm\u0430 et Ines"),
    ("person_name", "L\u0443cas, \u0415mma et Nathan"),
    ("person_name", "Ine\u0300s, Le\u0301a et Zoe\u0301 ont mesure\u0301"),
    ("person_name", "L\u0336u\u0336c\u0336a\u0336s et E\u0336m\u0336m\u0336a"),
    ("person_name", "\uff2c\uff55\uff43\uff41\uff53 et \uff25\uff4d\uff4d\uff41"),
    ("person_name", "\U0001d40b\U0001d42e\U0001d41c\U0001d41a\U0001d42c et \U0001d404\U0001d426\U0001d426\U0001d41a"),
    ("person_name", "\ufdfa\ufdfaEmma Dupont\ufdfa"),
    ("person_name", "Благод\u0061рим на Мария"),
    ("person_name", "Мari\u0430, Gi\u03bfrgia e Matteo"),
    ("coordinates", "\uff14\uff13.52912, 5.4\u200b4731"),
    ("number_plate", "AB\u200b-\u200b123-CD"),
    ("birth_date", "n\u00e9\u2009le 12\u00a0mars 2011"),
    ("address", "12,\u00a0rue\u202fdes Lilas"),
    ("address", "ул. Шипка № 12"),
]

HARMLESS = [
    "Lycée Marie Curie, rue du Commandant Jean, place Maréchal Jean Dupont",
    "vitamine C. en classe 4 B. près de la rue Pierre C.",
    "una regla clara y serena, chiara e bianca",
    "pierre et marc de raisin, jade and jasper",
    "le martin-pêcheur et la rose, lea y leo",
    "la zona alba, vista da marco",
    "the grace of paris, by june and by april",
    "We looked at the dot it drew on the map.",
    "Вижте графиката: CO2 и PM10 растат. Нарисувахме и таблица.",
    "At noon (at 12:05) we measured at school.",
    "Δt = 5 s, µg/m³, ½ h, n.º 5, 20 ℃ — “good”…",
    "On 2026-03-03 07:05 we read 1 234,5 ppm, later 612 345,2.",
    "CO2 climbs above 1,500 ppm in two of three lessons (3–14 March 2026).",
    "Rue Victor Hugo is louder than avenue Jean Jaurès.",
    "Paris, Sofia, Milan and Florence took part.",
    "Merci à SteamCity et à La Scientothèque.",
    "In Via Roma we counted 12 cars.",
    "The sensor stands near 43.529, 5.447.",
    "Two readings: 0.12345 0.23456 and 12.3456 99.1234.",
    "Rose, iris, violette et marguerite ont été visitées.",
    "Team Kingfisher, Demo school Aix A",
    "From 08:15 to 09:10, 1500 PPM, 20 °C, 1013.25 hPa.",
    "Between 03.03.2026 and 14.03.2026 we counted 24 pupils.",
    "Улица „Граф Игнатиев“ е по-шумна от парка.",
    "The class is in the Lycée Marie Curie quarter.",
]


@pytest.mark.parametrize(("kind", "text"), PERSONAL)
def test_personal_data_are_found(kind: str, text: str) -> None:
    """Each kind is found in the ways people of the five countries write it."""
    assert kind in {finding.kind for finding in scan_text(text, "question")}


@pytest.mark.parametrize(("kind", "text"), DISGUISED)
def test_disguises_are_seen_through(kind: str, text: str) -> None:
    """Wide letters, invisible signs, look-alikes, drawn-over letters, addresses in words."""
    assert kind in {finding.kind for finding in scan_text(text, "question")}


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("mesures_lucas.csv", True),
        ("MesuresLucas3B.csv", True),
        ("Luc\u200bas.csv", True),
        ("Léa Martin.xlsx", True),
        ("0612345678.csv", True),
        ("co2-2026-03-03.csv", False),
        ("data.csv", False),
        ("salle_B12 (2).csv", False),
        ("marche sonore Paris.csv", False),
        ("", False),
    ],
)
def test_names_of_files_are_searched(name: str, found: bool) -> None:
    """A file is named after who made it: one first name is enough there."""
    assert bool(scan_file_name(name)) is found


@pytest.mark.parametrize("text", HARMLESS)
def test_ordinary_sentences_are_left_alone(text: str) -> None:
    """Figures, dates, streets and cities are no personal data."""
    assert scan_text(text, "question") == []


def test_a_first_name_with_a_surname_is_only_possible() -> None:
    """A capitalised pair may be a person or a thing: the teacher decides."""
    (finding,) = scan_text("Lucas Martin measured the noise", "finding")
    assert (finding.kind, finding.certain, finding.where) == ("person_name", False, "finding")


def test_findings_never_repeat_the_value() -> None:
    """Neither excerpt nor message nor JSON holds what was found."""
    text = "Mail marie.dupont@ecole.example, call 06 12 34 56 78, élève appelée Zoé, 43.52912, 5.44731"
    for finding in scan_text(text, "question"):
        shown = f"{finding.to_dict()} {fill(finding.message)}"
        assert finding.excerpt in shown
        for secret in ("marie", "dupont", "ecole.ex", "12 34", "Zoé", "52912", "44731"):
            assert secret not in shown


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_survived_and_masked(text: str) -> None:
    """No input breaks the search; no run of four signs of a word shows in an excerpt."""
    for finding in scan_text(text, "x"):
        assert not any(
            len(word) > 2 for word in finding.excerpt.replace("…", " ").replace(".", " ").split() if word.isalnum()
        )


@settings(max_examples=100, deadline=None)
@given(st.from_regex(r"[a-z][a-z0-9.]{0,20}[a-z0-9]@[a-z][a-z0-9-]{0,20}[a-z0-9]\.(fr|bg|example)", fullmatch=True))
def test_every_plain_address_is_found(address: str) -> None:
    """Also in the middle of a sentence."""
    assert [f.kind for f in scan_text(f"Write to {address}, please", "x") if f.kind == "email"] == ["email"]


@pytest.mark.parametrize(
    "piece",
    ["a", "1 ", "@", "a.b", "0", "via A ", "Lucas, ", "12 rue ", "43.1234 ", "ул. А ", "+33 ", "(at", "A a ", "née le ",
     "бл. 1, ", "-", "élève ", "Calle de A ", "06 12 34 ", "AB-123-", "1°2'", "Mme A",
     "\u00a0", "a at ", "a arobase b point ",
     "(at) a [dot] ", "а", "Luc\u200b", "e\u0301", "\u0336", "a{at}b.",
     "a@b . ", "Аа "],
)  # fmt: skip
def test_time_grows_no_faster_than_the_text(piece: str) -> None:
    """Four times the text takes about four times as long, whatever the text is."""

    def seconds(length: int) -> float:
        start = time.perf_counter()
        scan_text(piece * (length // len(piece)), "x")
        return time.perf_counter() - start

    # The best of two each: a busy machine slows single turns.
    small, large = min(seconds(10_000) for _ in range(2)), min(seconds(40_000) for _ in range(2))
    assert large < 0.05 + 12 * small


def test_no_text_of_ours_written_small_names_anybody():
    """Every text of every protocol in five languages: words that are also names, and nobody."""
    from ckanext.steamcity import protocols

    def texts(value):
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            for one in value.values():
                yield from texts(one)
        elif isinstance(value, list):
            for one in value:
                yield from texts(one)

    for slug in protocols.slugs():
        for text in texts(protocols.load(slug).data):
            assert not [f for f in scan_text(text.lower(), slug) if f.kind == "person_name"], text
