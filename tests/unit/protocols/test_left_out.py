"""What was left out of a table is told with it for ever: words that somebody typed where a value belongs are not."""

from __future__ import annotations

import json

import pytest
from ckanext.steamcity import protocols
from ckanext.steamcity.messages import fill
from ckanext.steamcity.protocols import veil

ODD = ("Lucas Martin", "ask Zoé", "Jo", "06 12 34 56 78", "0612345678", "marie@ecole.example", "=HYPERLINK(Lucas)",
       "Luc\u200bas", "500 (Emma)", "lucas", "née le 12 mars 2011", "43.52912, 5.44731")  # fmt: skip


@pytest.mark.parametrize("odd", ODD)
def test_repairs_never_repeat_words(odd: str) -> None:
    """The cell is gone from the table, and what the repair says of it names nobody."""
    rows = [f"2026-03-03T07:{minute:02d}:00Z,{500 + minute}" for minute in range(20)]
    rows[7] = f'2026-03-03T07:07:00Z,"{odd}"'
    data = ("time,co2\n" + "\n".join(rows) + "\n").encode()
    decisions = dict.fromkeys(("wrong_type", "formula", "personal_data", "out_of_range", "unknown_choice"), "leave_out")
    report = protocols.check_file(data, protocols.load("co2-indoor"), hints={"decisions": decisions})
    assert report.ok, [fill(finding.message) for finding in report.findings]
    assert report.repairs
    told = json.dumps([repair.to_dict() for repair in report.repairs], ensure_ascii=False)
    for word in ("Lucas", "ucas", "Martin", "Zoé", "Emma", "marie", "12 34", "0612", "2011", "52912", "\u200b"):
        assert word not in told, told
    assert odd.encode() not in report.clean.to_csv()


def test_figures_and_units_stay() -> None:
    """What helps to understand a gap."""
    assert veil.words("12,5 °C") == "12,5 °C"
    assert veil.words("-999") == "-999"
    assert veil.words("error 17") == "e… 17"
    assert veil.words("closed Jo, 12 Pa, 3 dB, Li") == "c… J…, 12 Pa, 3 dB, L…"
