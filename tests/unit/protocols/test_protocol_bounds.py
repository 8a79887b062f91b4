"""No small file makes the check work for long: each gets one clear error, or its findings, within two seconds."""

from __future__ import annotations

import io
import time
import zipfile

import pytest
from ckanext.steamcity import protocols
from protocol_files import NOW

_SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
)


def judged(data: bytes, slug: str = "co2-indoor") -> tuple[protocols.Report, float]:
    """The report and the CPU seconds: a busy machine does not count."""
    begun = time.process_time()
    report = protocols.check_file(data, protocols.load(slug), hints={"timezone": "UTC"}, now=NOW)
    return report, time.process_time() - begun


def spreadsheet(rows: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f'<?xml version="1.0"?><office:document-content {_SPACES}><office:body><office:spreadsheet>'
            f'<table:table table:name="A">{rows}</table:table></office:spreadsheet></office:body>'
            "</office:document-content>",
        )
    return out.getvalue()


def row(rows: int, columns: int) -> str:
    return (
        f'<table:table-row table:number-rows-repeated="{rows}"><table:table-cell office:value-type="float" '
        f'office:value="1" table:number-columns-repeated="{columns}"><text:p>1</text:p></table:table-cell>'
        "</table:table-row>"
    )


HEADER = (
    "<table:table-row>"
    + "".join(
        f'<table:table-cell office:value-type="string"><text:p>{name}</text:p></table:table-cell>'
        for name in ("time", "co2")
    )
    + "</table:table-row>"
)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (lambda: spreadsheet(row(9999, 190) * 200), "too_many_rows"),
        (lambda: spreadsheet(HEADER + row(1, 190) * 12_000), "too_many_rows"),
        (lambda: spreadsheet(row(1, 190) * 12_000), "no_header"),
        (lambda: b"<html><table>" + b"<tr><td>" * 900_000, "too_large"),
        (lambda: b"<html><table>" + b"<tr><td>" * 200_000, "web_page"),
    ],
    ids=["rows repeated", "cells repeated", "no header", "a huge page", "a page of tags"],
)
def test_a_file_that_unpacks_to_much_is_refused_at_once(content, code):
    report, seconds = judged(content())
    assert [finding.code for finding in report.findings] == [code]
    assert seconds < 2


def test_many_different_wrong_answers_are_counted_not_pondered():
    lines = list(protocols.template_csv(protocols.load("plants-city"), "en").decode("utf-8-sig").splitlines())
    place = lines[0].split(",").index("Where it grows")
    cells = lines[1].split(",")
    wrong = (",".join([*cells[:place], f"pavementt{i}", *cells[place + 1 :]]) for i in range(9_000))
    report, seconds = judged("\n".join([lines[0], *wrong]).encode(), "plants-city")
    assert report.counts["unknown_choice"] == 9_000
    assert "value" in report.findings[-1].suggestion.params or any(
        finding.suggestion and "value" in finding.suggestion.params for finding in report.findings
    )
    assert seconds < 2


def test_rows_are_bounded_whatever_they_hold():
    report, seconds = judged(spreadsheet(HEADER + row(9_999, 2) * 60))
    assert [finding.code for finding in report.findings] == ["too_many_rows"]
    assert seconds < 2
