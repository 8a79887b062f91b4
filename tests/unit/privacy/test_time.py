"""Whatever a table holds, its search ends: time grows with the size of the file and hardly with what is in it."""

from __future__ import annotations

import time

import pytest
from ckanext.steamcity.privacy import names, scan_table, scan_text, tables

#: Seconds of the processor for a megabyte. A quiet machine needs 0.3 to 0.8; a busy one may need four times as long.
LIMIT = 4.0
LONG = 220
CELLS = {
    "names, all the same": ("Anna Maria " * 80, "", LONG),
    "names": ("Anna Maria " * 80, "{}", LONG),
    "weak names": ("Victoria " * 100, "{}", LONG),
    "names in small letters": ("martin rosa " * 75, "{}", LONG),
    "names after by": ("by Anna, " * 100, "{}", LONG),
    "telephone numbers": ("06 12 " * 140, "{}", LONG),
    "beginnings of telephone numbers": ("+33 1 " * 150, "{}", LONG),
    "figures": ("1 2 3 4 5 " * 90, "{}", LONG),
    "half coordinates": ("99.52912 " * 100, "{}", LONG),
    "beginnings of bank accounts": ("FR76 3000 " * 90, "{}", LONG),
    "addresses": ("a@b " * 220, "{}", LONG),
    "signs of addresses": ("@" * 900, "{}", LONG),
    "half an address": ("a." * 300 + "@" + "b-" * 150, "{}", LONG),
    "brackets": ("( a " * 220, "{}", LONG),
    "streets": ("12 rue " * 120, "{}", LONG),
    "streets with capitals": ("Via Ab Cd " * 90, "{}", LONG),
    "capitals": ("Oak River Stone Leaf " * 43, "{}", LONG),
    "two alphabets": ("дъб co2 улица парк " * 47, "{}", LONG),
    "one accent": ("chêne pré forêt " * 56, "{}", LONG),
    "half profiles": ("t.me/p " * 120, "{}", LONG),
    "signs that stand for sentences": ("\ufdfa" * 900, "{}", LONG),
    "people who do things": ("rue de Jean a compté E. Ab-Cd " * 30, "{}", LONG),
    "short and all different": ("Quercus ilex b", "{}", 8_000),
}


@pytest.fixture(autouse=True)
def small_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for files of 5 MB, at a tenth of the size."""
    monkeypatch.setattr(tables, "BUDGET", tables.BUDGET // 10)


@pytest.mark.parametrize("what", CELLS)
def test_no_table_keeps_the_search_busy(what: str) -> None:
    text, ending, rows = CELLS[what]
    cells = [[text + ending.format(number)] for number in range(rows)]
    size = sum(len(cell[0]) for cell in cells) / 1e6
    before = time.process_time()
    found = scan_table(["Species"], cells)
    assert time.process_time() - before < LIMIT * size
    # Cells are counted, and each at most once for a kind.
    assert all(len(set(finding.rows)) == len(finding.rows) <= rows for finding in found)


def test_what_is_only_glanced_at_is_rather_told_than_overlooked() -> None:
    """Behind so much text that nothing is read word by word any more, a name and a number are still told."""
    filler = [["Victoria and more of it, without an end " * 20 + str(number)] for number in range(100)]
    ending = " then a long text goes on and on until it is no label any more, and further still"
    hidden = [[f"it was Giulia {ending}"], [f"call 06 12 34 56 78 {ending}"], [f"x@y.example {ending}"]]
    told = scan_table(["Remark"], [*filler, *hidden], first_row=0)
    assert {(one.kind, row) for one in told for row in one.rows} >= {
        ("person_name", 100),
        ("phone", 101),
        ("email", 102),
    }


def test_a_glance_tells_what_there_may_be_and_not_what_there_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Brackets and strokes alone are no addresses, a unit is no person."""
    monkeypatch.setattr(tables, "BUDGET", 0)
    notes = [f"(faites à côté / derrière le mur) à vingt pas {'du portail ' * 8}"]
    assert [one.kind for one in scan_table(["note"], [[note] for note in notes])] == []
    hidden = [f"écrire à emma (arobase) ecole point fr {'près du portail ' * 8}"]
    assert {one.kind for one in scan_table(["note"], [[note] for note in hidden])} >= {"email"}


def test_no_text_of_anybody_is_kept_in_memory() -> None:
    """Words come again, and are; a whole note of a pupil is not."""
    before = names._fold_word.cache_info().currsize  # noqa: SLF001
    for number in range(50):
        names.fold(f"{number} une note d’un élève, longue et écrite par lui seul")
    assert names._fold_word.cache_info().currsize == before  # noqa: SLF001


def test_a_long_text_full_of_names_ends() -> None:
    before = time.process_time()
    assert len(scan_text("Anna Maria " * 9_000, "notes")) <= 400
    assert time.process_time() - before < 5


def test_an_account_at_a_glance_is_told() -> None:
    filler = [["Victoria and more of it, without an end " * 20 + str(n)] for n in range(100)]
    ending = "then a long text goes on and on until it is no label any more, and further still"
    told = scan_table(["Remark"], [*filler, [f"see instagram.com/lea.m {ending}"]], first_row=0)
    assert ("account", 100) in {(one.kind, row) for one in told for row in one.rows}


def test_a_long_text_of_different_names_ends() -> None:
    words = ("B" + "".join(chr(97 + n // 26**k % 26) for k in range(3)) for n in range(9_000))
    before = time.process_time()
    assert len(scan_text(" ".join(f"Anna {word}" for word in words), "notes")) <= 400
    assert time.process_time() - before < 5
