"""What a draft keeps of a file with people in it, and what the data step says of small groups."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import ckan.plugins.toolkit as tk
import openpyxl
import pytest
from ckan.tests import factories
from openpyxl.comments import Comment
from schoolhelp import ANSWERS, act, co2_csv, refused
from werkzeug.datastructures import FileStorage

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")
SIZES = {
    ("traffic", "lives"): 12,
    ("traffic", "visits"): 3,
    ("waste", "lives"): 9,
    ("waste", "visits"): 8,
    ("green", "lives"): 20,
}
PERIOD = {"period_start": "2026-03-02", "period_end": "2026-03-13"}


def kept(draft: str = "") -> list[bytes]:
    """Files of drafts, or of one, as they lie on the disk."""
    folder = Path(tk.config["ckan.storage_path"], "steamcity", "drafts", draft)
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


PIECE = 1 << 18


class InPieces(io.BytesIO):
    """A file that may not be read in one go."""

    def read(self, size: int | None = -1) -> bytes:
        assert size is not None
        assert 0 <= size <= PIECE
        return super().read(size)


def answers(sizes: dict[tuple[str, str], int]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["theme", "link", "importance", "satisfaction", "frequency", "would_help"])
    for (theme, link), size in sizes.items():
        for number in range(size):
            writer.writerow([theme, link, 1 + number % 5, 3, "daily", "true"])
    return out.getvalue()


def test_a_column_of_people_is_not_kept_and_said_again(people, school_class):
    """Its cells are empty in the stored file, the table is the same, and the teacher is told each time."""
    draft = act("steamcity_draft_create", people["teacher"], protocol="co2-indoor", owner_org=people["school"]["id"])
    act("steamcity_draft_update", people["teacher"], id=draft["id"], answers=ANSWERS)
    header, *rows = co2_csv().splitlines()
    text = "\n".join(["Auteur : Marie Dupont", f"{header};Prénom", *(f"{row};Zwetanka" for row in rows)])
    shown = act("steamcity_draft_file_set", people["teacher"], id=draft["id"], text=text, filename="x.csv")
    assert {"personal_column", "personal_line"} <= set(shown["report"]["counts"])
    files = kept()
    assert files
    assert not [one for one in files if b"Zwetanka" in one or b"Dupont" in one]
    again = act("steamcity_draft_file_set", people["teacher"], id=draft["id"], hints={"timezone": "UTC"})
    assert again["report"]["ok"]
    assert again["report"]["rows"] == 96
    assert {"personal_column", "personal_line"} <= set(again["report"]["counts"])
    act("steamcity_draft_file_accept", people["teacher"], id=draft["id"])


def test_of_a_workbook_nothing_is_kept_but_the_sheet_that_was_read(people, school_class):
    """Pupils stand in other sheets, in notes and in what a program writes about the author."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    header, *rows = csv.reader(io.StringIO(co2_csv()), delimiter=";")
    for row in [header, *rows]:
        sheet.append(row)
    sheet["B3"].comment = Comment("Zwetanka opened the window", "Zwetanka Dupont")
    book.create_sheet("Zwetanka").append(["Zwetanka Dupont", "zwetanka@example.org"])
    book.properties.creator = "Zwetanka Dupont"
    given = io.BytesIO()
    book.save(given)
    given.seek(0)
    draft = act("steamcity_draft_create", people["teacher"], protocol="co2-indoor", owner_org=people["school"]["id"])
    act("steamcity_draft_update", people["teacher"], id=draft["id"], answers=ANSWERS)
    upload = FileStorage(given, "measures.xlsx")
    shown = act("steamcity_draft_file_set", people["teacher"], id=draft["id"], upload=upload)
    assert shown["report"]["counts"]["sheet"] == 2
    (content,) = kept(draft["id"])
    assert not content.startswith(b"PK")
    assert b"Zwetanka" not in content
    assert content.count(b"\n") == 97
    again = act("steamcity_draft_file_set", people["teacher"], id=draft["id"], hints={"timezone": "UTC"})
    assert again["report"]["ok"]
    assert again["report"]["rows"] == 96
    assert again["report"]["counts"]["sheet"] == 2
    act("steamcity_draft_file_accept", people["teacher"], id=draft["id"])


def test_the_data_step_says_what_is_left_out(app, people, school_class):
    token = {"Authorization": factories.APIToken(user=people["teacher"]["name"])["token"]}
    draft = act(
        "steamcity_draft_create", people["teacher"], protocol="city-detective", owner_org=people["school"]["id"]
    )
    given = {"do": "check", "timezone": "UTC", "upload": (io.BytesIO(answers(SIZES).encode()), "answers.csv")}
    page = app.post(f"/publish/{draft['id']}/data", data=given, headers=token).body
    assert "1 group is left out because fewer than 5 people answered in it." in page
    assert "3 more groups are left out" in page
    assert "32 answers of 52 are therefore not in the table." in page
    assert "Times are in UTC" not in page


def test_small_groups_alone_are_refused(app, people, school_class):
    """Checked, they are an error that says why; they cannot be accepted, and no table is written."""
    draft = act(
        "steamcity_draft_create", people["teacher"], protocol="city-detective", owner_org=people["school"]["id"]
    )
    act("steamcity_draft_update", people["teacher"], id=draft["id"], answers={"data": PERIOD})
    text = answers({("traffic", "lives"): 3, ("traffic", "visits"): 3, ("waste", "lives"): 4})
    report = act("steamcity_draft_file_set", people["teacher"], id=draft["id"], text=text)["report"]
    assert not report["ok"]
    assert report["counts"]["nothing_left"] == 1
    assert refused("steamcity_draft_file_accept", people["teacher"], id=draft["id"]) is not None
    items = {one["code"]: one["ok"] for one in act("steamcity_gate_check", people["teacher"], id=draft["id"])["items"]}
    assert not items["data"]
    assert act("package_show", people["teacher"], id=draft["id"])["resources"] == []
    token = {"Authorization": factories.APIToken(user=people["teacher"]["name"])["token"]}
    page = app.get(f"/publish/{draft['id']}/data", headers=token).body
    assert "fewer than 5 people answered in every group" in page


def test_a_file_is_read_and_kept_in_pieces(people, school_class):
    """Given, kept without the people in it and read again; never as one piece in memory."""
    draft = act("steamcity_draft_create", people["teacher"], protocol="co2-indoor", owner_org=people["school"]["id"])
    act("steamcity_draft_update", people["teacher"], id=draft["id"], answers=ANSWERS)
    header, *rows = co2_csv(8_000).splitlines()
    text = "\n".join([f"\ufeff{header};Prénom", *(f"{row};Zwetanka" for row in rows)])
    assert len(text) > PIECE
    given = FileStorage(InPieces(text.encode()), filename="x.csv")
    shown = act("steamcity_draft_file_set", people["teacher"], id=draft["id"], upload=given)
    assert shown["report"]["rows"] == 8_000
    (stored,) = kept(draft["id"])
    assert stored.count("\ufeff".encode()) == 1
    assert stored.decode("utf-8-sig").splitlines() == [f"{header};Prénom", *(f"{row};" for row in rows)]
    again = act("steamcity_draft_file_set", people["teacher"], id=draft["id"], hints={"timezone": "UTC"})
    assert again["report"]["rows"] == 8_000
    assert kept(draft["id"]) == [stored]


def test_a_file_beyond_the_limit_is_refused(people, monkeypatch):
    """Before anything of it is stored."""
    from ckanext.steamcity.schools import files

    monkeypatch.setattr(files.within_limit, "__defaults__", (1000,))
    draft = act("steamcity_draft_create", people["teacher"], protocol="co2-indoor", owner_org=people["school"]["id"])
    given = FileStorage(InPieces(co2_csv().encode()), filename="x.csv")
    error = refused("steamcity_draft_file_set", people["teacher"], id=draft["id"], upload=given)
    assert "too large" in str(error)
    assert kept(draft["id"]) == []
