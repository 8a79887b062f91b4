"""Pictures of a class from its telephone to the published zip: what a camera wrote is kept nowhere on the way."""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan import model
from ckan.tests import factories
from ckanext.steamcity import blobs
from PIL import Image
from schoolhelp import ANSWERS, act, refused
from werkzeug.datastructures import FileStorage

sys.path.append(str(Path(__file__).parents[2] / "unit" / "protocols"))
import picture_files

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")

NAMES = ("Emma_Dupont.jpg", "IMG_2.png", "Leo Martin.webp")
KINDS = ("paper", "plastic", "glass", "metal")
# What the cameras of these pictures wrote, and what the class calls its files.
SECRETS = (
    b"Emma", b"Dupont", b"Leo Martin", b"IMG_2", b"SECRET-MODEL", b"xmp-secret", b"comment-secret", b"text-secret",
)  # fmt: skip


@pytest.fixture(autouse=True)
def storage(monkeypatch, tmp_path, with_plugins):
    """An empty disk, so that everything on it is of this test."""
    monkeypatch.setitem(tk.config, "ckan.storage_path", str(tmp_path))


def table(names: tuple[str, ...] = NAMES, rows: int = 40) -> str:
    lines = [
        f"{n + 1},{name},{KINDS[n % 4]},{KINDS[(n + n // 9) % 4]},{60 + n % 30},plain,good"
        for n, name in enumerate([*names, *[""] * (rows - len(names))])
    ]
    return "\n".join(["image,file,true_class,predicted_class,confidence,background,light", *lines]) + "\n"


def upload(content: bytes, name: str) -> FileStorage:
    return FileStorage(io.BytesIO(content), filename=name)


def photographs() -> list[FileStorage]:
    contents = (picture_files.jpeg(1), picture_files.png(2), picture_files.webp(3))
    return [upload(content, name) for content, name in zip(contents, NAMES, strict=True)]


def on_disk() -> bytes:
    root = Path(tk.config["ckan.storage_path"])
    return b"\0".join(path.read_bytes() for path in root.rglob("*") if path.is_file())


def in_database() -> bytes:
    """Every row of every table."""
    rows = []
    for name in sa.inspect(model.Session.get_bind()).get_table_names():
        rows += [str(row) for row in model.Session.execute(sa.text(f'select "{name}"::text from "{name}"')).scalars()]
    return "\n".join(rows).encode()


def headers(user: Any) -> dict[str, str]:
    return {"Authorization": factories.APIToken(user=user["name"])["token"]}


@pytest.fixture
def waste(people, school_class):
    """A draft with its table and three pictures, everything answered but whether somebody has looked at them."""
    teacher = people["teacher"]
    made = act("steamcity_draft_create", teacher, protocol="waste-sorting", owner_org=people["school"]["name"])
    days = {"period_start": "2026-03-02", "period_end": "2026-03-03"}
    answers = {**ANSWERS, "data": days, "place": {**ANSWERS["place"], "setting": "school"}}
    answers["question"] = {**ANSWERS["question"], "class_id": school_class["id"]}
    act("steamcity_draft_update", teacher, id=made["id"], answers=answers)
    act("steamcity_draft_file_set", teacher, id=made["id"], text=table())
    given = act("steamcity_draft_pictures_set", teacher, id=made["id"], upload=photographs())
    assert [one["name"] for one in given["pictures"]] == list(NAMES)
    assert given["findings"] == []
    act("steamcity_draft_file_accept", teacher, id=made["id"])
    return made


def mark_of(draft, people) -> str:
    """What the action says of the pictures; a checksum nobody has takes nothing out."""
    return act("steamcity_draft_pictures_set", people["teacher"], id=draft["id"], remove=["0"])["mark"]


def look(draft, people) -> None:
    """Say that nobody can be recognised, as the page does."""
    mark = mark_of(draft, people)
    act("steamcity_draft_update", people["teacher"], id=draft["id"], answers={"data": {"pictures_seen": mark}})


def open_items(draft, people) -> list[str]:
    return [
        one["code"] for one in act("steamcity_gate_check", people["teacher"], id=draft["id"])["items"] if not one["ok"]
    ]


@pytest.fixture
def published(waste, people):
    look(waste, people)
    asked = act("steamcity_review_request", people["teacher"], id=waste["id"])
    shown = act("steamcity_review_show", people["coordinator"], id=asked["id"])
    act("steamcity_review_approve", people["coordinator"], id=asked["id"], sha256=shown["sha256"])
    return act("package_show", None, id=waste["id"])


def test_what_a_camera_wrote_is_nowhere(waste, people):
    """Not even while it is a draft; the class's own names stand in its draft only."""
    disk = on_disk()
    for secret in picture_files.SECRETS:
        assert secret not in disk.replace(b"Emma_Dupont", b""), secret
    for content in (picture_files.jpeg(1), picture_files.png(2), picture_files.webp(3)):
        assert content not in disk
    assert b"SECRET-MODEL" not in in_database()


def test_published_are_neutral_names_and_bare_pictures(published, people):
    media = next(one for one in published["resources"] if one["role"] == "media")
    assert media["name"].endswith("-pictures.zip")
    assert (media["format"], media["mimetype"]) == ("ZIP", "application/zip")
    content = blobs.read(media["sha256"])
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.namelist() == ["LICENCE.txt", "image-001.jpg", "image-002.jpg", "image-003.jpg"]
    assert b"creativecommons.org/licenses/by/4.0" in archive.read("LICENCE.txt")
    data = next(one for one in published["resources"] if one["role"] == "data")
    rows = blobs.read(data["sha256"]).decode().splitlines()
    assert [row.split(",")[1] for row in rows[1:5]] == ["image-001.jpg", "image-002.jpg", "image-003.jpg", ""]
    found = act("datastore_search", None, resource_id=data["id"], limit=2)["records"]
    assert [row["file"] for row in found] == ["image-001.jpg", "image-002.jpg"]
    record = act("steamcity_version_show", None, id=published["id"])["record"]
    frozen = next(one for one in record["files"] if one["role"] == "media")
    assert frozen["pictures"] == 3
    assert (frozen["sha256"], frozen["media_type"]) == (media["sha256"], "application/zip")
    everything = on_disk() + in_database()
    for secret in (*SECRETS, *picture_files.SECRETS):
        if secret not in (b"Exif", b"GPS"):  # words of texts, too
            assert secret not in everything, secret
    assert not list(Path(tk.config["ckan.storage_path"]).glob(f"steamcity/drafts/{published['id']}/*"))


def test_somebody_has_to_look_at_these_very_pictures(waste, people):
    assert open_items(waste, people) == ["pictures"]
    assert refused("steamcity_review_request", people["teacher"], id=waste["id"])
    look(waste, people)
    assert open_items(waste, people) == []
    more = [upload(picture_files.plain(9), "IMG_2.png")]
    act("steamcity_draft_pictures_set", people["teacher"], id=waste["id"], upload=more)
    assert open_items(waste, people) == ["pictures"]
    shown = act("steamcity_draft_show", people["teacher"], id=waste["id"])
    assert [one["seen"] for one in shown["pictures"]] == [False] * 3


def test_another_licence_is_another_zip(waste, people):
    look(waste, people)
    act("steamcity_draft_update", people["teacher"], id=waste["id"], answers={"licence": {"license_id": "CC0-1.0"}})
    assert open_items(waste, people) == []
    package = act("package_show", people["teacher"], id=waste["id"])
    media = next(one for one in package["resources"] if one["role"] == "media")
    assert b"publicdomain/zero" in zipfile.ZipFile(io.BytesIO(blobs.read(media["sha256"]))).read("LICENCE.txt")


def test_a_picture_that_is_taken_out_is_gone(waste, people):
    """From the draft's folder at once, from the zip when the data are accepted again; the row keeps an empty cell."""
    before = next(
        one for one in act("package_show", people["teacher"], id=waste["id"])["resources"] if one["role"] == "media"
    )
    first = act("steamcity_draft_show", people["teacher"], id=waste["id"])["pictures"][0]
    left = act("steamcity_draft_pictures_set", people["teacher"], id=waste["id"], remove=[first["sha256"]])
    assert len(left["pictures"]) == 2
    assert [one["code"] for one in left["findings"]] == ["picture_missing"]
    assert not Path(tk.config["ckan.storage_path"], "steamcity", "drafts", waste["id"], first["sha256"]).exists()
    act("steamcity_draft_file_accept", people["teacher"], id=waste["id"])
    package = act("package_show", people["teacher"], id=waste["id"])
    files = {one["role"]: one["sha256"] for one in package["resources"]}
    assert not blobs.path(before["sha256"]).exists()
    assert blobs.read(files["data"]).decode().splitlines()[1].split(",")[1] == ""
    act("steamcity_draft_pictures_set", people["teacher"], id=waste["id"], remove="all")
    act("steamcity_draft_file_accept", people["teacher"], id=waste["id"])
    package = act("package_show", people["teacher"], id=waste["id"])
    assert sorted(one["role"] for one in package["resources"]) == ["data", "dictionary"]
    assert not blobs.path(files["media"]).exists()
    assert open_items(waste, people) == []


def test_one_of_two_equal_pictures_is_taken_out_alone(waste, people):
    teacher = people["teacher"]
    same = [upload(picture_files.jpeg(1), "again.jpg")]
    shown = act("steamcity_draft_pictures_set", teacher, id=waste["id"], upload=same)["pictures"]
    assert [one["name"] for one in shown] == [*NAMES, "again.jpg"]
    assert shown[0]["sha256"] == shown[3]["sha256"]
    taken = [f"{shown[3]['sha256']}/again.jpg"]
    left = act("steamcity_draft_pictures_set", teacher, id=waste["id"], remove=taken)["pictures"]
    assert [one["name"] for one in left] == list(NAMES)
    assert Path(tk.config["ckan.storage_path"], "steamcity", "drafts", waste["id"], left[0]["sha256"]).exists()


def test_a_draft_that_is_thrown_away_leaves_no_picture(waste, people):
    package = act("package_show", people["teacher"], id=waste["id"])
    media = next(one for one in package["resources"] if one["role"] == "media")
    act("steamcity_draft_delete", people["teacher"], id=waste["id"])
    assert not blobs.path(media["sha256"]).exists()
    assert b"\xff\xd8\xff" not in on_disk()


def test_a_zip_of_ones_own_does_not_pass(waste, people, app):
    """A file that is put into the role by the API is not one the portal wrote."""
    look(waste, people)
    package = act("package_show", people["teacher"], id=waste["id"])
    media = next(one for one in package["resources"] if one["role"] == "media")
    own = upload(picture_files.zipped({"image-001.jpg": picture_files.jpeg()}), "pictures.zip")
    act(
        "resource_update", people["teacher"], id=media["id"], package_id=waste["id"], role="media", name="x", upload=own
    )
    assert "data" in open_items(waste, people)
    bombs = {"image-001.jpg": picture_files.png_bomb(30_000, 30_000), "image-002.jpg": bytes(1 << 20)}
    for content in (b"PK no zip", picture_files.zipped(bombs, zipfile.ZIP_DEFLATED), picture_files.zipped(bombs)):
        own = upload(content, "pictures.zip")
        act(
            "resource_update",
            people["teacher"],
            id=media["id"],
            package_id=waste["id"],
            role="media",
            name="x",
            upload=own,
        )
        assert "data" in open_items(waste, people)
        for size in ("", "?size=small"):
            address = f"/experiment/{waste['id']}/picture/image-00{'1' if size else '3'}.jpg{size}"
            assert app.get(address, headers=headers(people["teacher"])).status_code == 404
        assert app.get(f"/publish/{waste['id']}/check", headers=headers(people["teacher"])).status_code == 200


def test_only_the_school_and_the_reviewer_see_a_drafts_pictures(app, waste, people):
    shown = act("steamcity_draft_show", people["teacher"], id=waste["id"])
    small = f"/publish/{waste['id']}/picture/{shown['pictures'][0]['sha256']}"
    frozen = f"/experiment/{waste['id']}/picture/image-001.jpg"
    look(waste, people)
    asked = act("steamcity_review_request", people["teacher"], id=waste["id"])
    act("steamcity_review_assign", people["coordinator"], id=asked["id"], reviewer=people["collaborator"]["name"])
    for who in ("teacher", "colleague", "coordinator", "collaborator", "sysadmin"):
        for address in (small, frozen):
            answer = app.get(address, headers=headers(people[who]))
            assert answer.status_code == 200, (who, address)
            assert answer.headers["Content-Type"] == "image/jpeg"
            assert answer.headers["Cache-Control"] == "private, no-store"
            assert Image.open(io.BytesIO(answer.data)).size == (320, 240)
    for who in ("stranger", "stranger_admin", "member"):
        for address in (small, frozen):
            answer = app.get(address, headers=headers(people[who]))
            assert answer.status_code in (403, 404), (who, address)
            assert b"\xff\xd8" not in answer.data
    assert app.get(small, follow_redirects=False).status_code in (302, 303)
    assert app.get(frozen).status_code == 404
    for wrong in ("0" * 64, "..%2f..%2fetc", shown["pictures"][0]["sha256"][:-1]):
        address = f"/publish/{waste['id']}/picture/{wrong}"
        assert app.get(address, headers=headers(people["teacher"])).status_code == 404
    for who in ("stranger", "member", "anonymous"):
        assert isinstance(
            refused("steamcity_draft_pictures_set", people[who], id=waste["id"], upload=photographs()), tk.NotAuthorized
        )
    # While it is looked at nothing changes.
    assert refused("steamcity_draft_pictures_set", people["teacher"], id=waste["id"], remove="all")


def test_the_page_shows_them_with_their_labels(app, published):
    page = app.get(f"/experiment/{published['name']}").body
    assert page.count('class="sc-pictures"') == 1
    assert 'alt="What it really is: paper and cardboard; What the computer said: paper and cardboard"' in page
    answer = app.get(f"/experiment/{published['name']}/picture/image-001.jpg?size=small")
    assert answer.status_code == 200
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "public" in answer.headers["Cache-Control"]
    same = app.get(
        f"/experiment/{published['name']}/picture/image-001.jpg?size=small",
        headers={"If-None-Match": answer.headers["ETag"]},
    )
    assert same.status_code == 304
    for wrong in ("LICENCE.txt", "image-004.jpg", "..%2fLICENCE.txt"):
        assert app.get(f"/experiment/{published['name']}/picture/{wrong}").status_code == 404
    media = next(one for one in published["resources"] if one["role"] == "media")
    answer = app.get(f"/dataset/{published['id']}/resource/{media['id']}/download/{media['name']}")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.data == blobs.read(media["sha256"])


def test_a_withdrawn_version_shows_none(app, published, people):
    act(
        "steamcity_version_withdraw",
        people["coordinator"],
        id=published["id"],
        reason="The wrong pictures were published.",
    )
    answer = app.get(f"/experiment/{published['name']}/picture/image-001.jpg")
    assert answer.status_code in (404, 410)
    assert b"\xff\xd8" not in answer.data


def test_the_data_step_takes_them(app, people, waste):
    """Several files, a zip, and what is wrong with some, in one form that keeps everything else."""
    token, address = headers(people["teacher"]), f"/publish/{waste['id']}/data"
    zipped = picture_files.zipped({"more/x.jpg": picture_files.jpeg(5), "notes.html": b"<html>"})
    form = {
        "do": "pictures", "period_start": "2026-03-01", "period_end": "2026-03-03", "pictures_shown": "1",
        "pictures_files": [(io.BytesIO(picture_files.jpeg(6)), "y.jpg"), (io.BytesIO(zipped), "z.zip")],
    }  # fmt: skip
    page = app.post(address, data=form, headers=token)
    assert page.status_code == 200
    assert "Take out x.jpg" in page.body
    assert "Take out y.jpg" in page.body
    assert "“notes.html” is a page or a drawing made of text" in page.body
    assert "2 pictures were given and are named in no row: y.jpg, x.jpg." in page.body
    shown = act("steamcity_draft_show", people["teacher"], id=waste["id"])
    assert shown["answers"]["data"]["period_start"] == "2026-03-01"
    assert len(shown["pictures"]) == 5
    nothing = app.post(address, data={"do": "pictures"}, headers=token)
    assert nothing.status_code == 422
    assert "Choose picture files" in nothing.body
    out = app.post(address, data={"do": "pictures", "remove": shown["pictures"][4]["sha256"]}, headers=token)
    assert "Take out x.jpg" not in out.body
    accepted = app.post(address, data={"do": "accept"}, headers=token)
    assert accepted.status_code == 200
    shown = act("steamcity_draft_show", people["teacher"], id=waste["id"])
    mark = mark_of(waste, people)
    app.post(address, data={"do": "save", "pictures_shown": "1", "pictures_seen": mark}, headers=token)
    assert open_items(waste, people) == []
    app.post(address, data={"do": "save", "pictures_shown": "1"}, headers=token)
    assert open_items(waste, people) == ["pictures"]


def test_a_protocol_without_pictures_takes_none(draft, people):
    error = refused("steamcity_draft_pictures_set", people["teacher"], id=draft["id"], upload=photographs())
    assert "no pictures" in str(error)


def test_a_table_whose_pictures_are_not_given_has_empty_cells(people, waste):
    """And a child's name in it is not published either."""
    act("steamcity_draft_pictures_set", people["teacher"], id=waste["id"], remove="all")
    act("steamcity_draft_file_set", people["teacher"], id=waste["id"], text=table(("Emma Dupont", "b.jpg")))
    act("steamcity_draft_file_accept", people["teacher"], id=waste["id"])
    package = act("package_show", people["teacher"], id=waste["id"])
    content = b"".join(blobs.read(one["sha256"]) for one in package["resources"])
    assert b"Emma" not in content
    assert open_items(waste, people) == []
