"""Pictures of a class: nothing hidden is left in them, and nothing hostile gets far."""

from __future__ import annotations

import io
import time
import tracemalloc
import zipfile

import picture_files as files
import pytest
from ckanext.steamcity.messages import fill
from ckanext.steamcity.protocols import check_file, load, picture_sets, pictures
from PIL import Image

WASTE = load("waste-sorting")


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


PHOTOGRAPHS = {
    "jpeg": files.jpeg(), "png": files.png(), "png with alpha": files.png(mode="RGBA"), "palette": files.png(mode="P"),
    "webp": files.webp(),
}  # fmt: skip


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_nothing_but_pixels_is_left(name):
    content = PHOTOGRAPHS[name]
    assert any(secret in content for secret in files.SECRETS)
    made = pictures.rewrite(content, "a.jpg")
    for secret in (*files.SECRETS, b"<script>", b"Dupont", b"http"):
        assert secret not in made.content
    image = opened(made.content)
    assert image.format == "JPEG"
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert not image.getexif()
    assert _markers(made.content) <= {0xE0, 0xDB, 0xC0, 0xC4, 0xDA}
    assert (made.width, made.height) == image.size == (320, 240)


def _markers(content: bytes) -> set[int]:
    """Kinds of the segments of a JPEG, up to its pixels."""
    at, kinds = 2, set()
    while True:
        kind, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        kinds.add(kind)
        if kind == 0xDA:
            return kinds
        at += 2 + length


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_lies_as_it_is_looked_at(orientation):
    seen = pictures.rewrite(files.jpeg(orientation=orientation), "a.jpg")
    corner = {1: (5, 5), 2: (-5, 5), 3: (-5, -5), 4: (5, -5), 5: (5, 5), 6: (-5, 5), 7: (-5, -5), 8: (5, -5)}[
        orientation
    ]
    assert (seen.width, seen.height) == ((320, 240) if orientation < 5 else (240, 320))
    red, green, _blue = opened(seen.content).getpixel((corner[0] % seen.width, corner[1] % seen.height))
    assert red > 200
    assert green < 80


def test_a_large_picture_is_made_smaller():
    made = pictures.rewrite(files.jpeg(size=(5000, 2500)), "a.jpg")
    assert (made.width, made.height) == (2048, 1024)
    small = opened(pictures.smaller(made.content))
    assert small.size == (480, 240)


def test_what_can_be_seen_through_lies_on_white_paper():
    out = io.BytesIO()
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(out, "PNG")
    assert opened(pictures.rewrite(out.getvalue(), "a.png").content).getpixel((5, 5)) == (255, 255, 255)


def test_sixteen_bits_of_grey_are_seen():
    image = opened(pictures.rewrite(files.grey_16(), "a.png").content)
    assert 140 < image.getpixel((10, 10))[0] < 172
    assert image.getpixel((10, 60))[0] < 10


HOSTILE = {
    "gif": (files.moving("GIF"), "picture_format", "is a GIF"),
    "moving png": (files.moving("PNG"), "picture_format", "moves"),
    "moving webp": (files.moving("WEBP"), "picture_format", "moves"),
    "svg": (
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        "picture_format",
        "HTML or SVG",
    ),
    "svg with a header": (b"\xef\xbb\xbf\n<?xml version='1.0'?><svg/>", "picture_format", "HTML or SVG"),
    "html": (b"<html><body>hello</body></html>", "picture_format", "HTML or SVG"),
    "heic": (b"\x00\x00\x00\x18ftypheic" + bytes(64), "picture_format", "HEIC"),
    "sound": (b"ID3\x03" + bytes(100), "picture_format", "no sounds"),
    "wav": (b"RIFF\x00\x00\x00\x00WAVEfmt ", "picture_format", "no sounds"),
    "nothing": (b"", "picture_format", "not a picture"),
    "cut off": (files.jpeg()[: len(files.jpeg()) // 2], "picture_broken", "not complete"),
    "cut off png": (files.png()[:2000], "picture_broken", "not complete"),
    "only a beginning": (b"\xff\xd8\xff\xe0" + bytes(40), "picture_broken", "not complete"),
    "pixel bomb": (files.png_bomb(30_000, 30_000), "picture_too_large", "too large"),
    "pixel bomb of a size Pillow warns of": (files.png_bomb(10_000, 9_000), "picture_too_large", "too large"),
    "more pixels than a PNG may have": (files.png_bomb(7_000, 7_000), "picture_too_large", "25 million"),
    "text bomb": (files.png_text_bomb(), "picture_broken", "not complete"),
    "many passes": (files.many_passes(), "picture_too_large", "too large"),
    "many bytes": (files.plain() + bytes(pictures.MOST_BYTES), "picture_too_large", "too large"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_picture_is_told_in_a_sentence(name):
    content, code, words = HOSTILE[name]
    begun = time.process_time()
    taken = picture_sets.take([("Emma.jpg", io.BytesIO(content))])
    assert time.process_time() - begun < 2
    assert taken.pictures == []
    assert [finding.code for finding in taken.findings] == [code]
    sentence = fill(taken.findings[0].message)
    assert words in sentence
    assert "Emma.jpg" in sentence
    assert "{" not in sentence


def test_as_many_pixels_as_are_allowed_take_no_time():
    content = files.png_bomb(4_992, 4_992)
    begun = time.process_time()
    made = pictures.rewrite(content, "a.png")
    assert time.process_time() - begun < 2
    assert (made.width, made.height) == (2048, 2048)


def test_a_page_behind_a_picture_is_gone():
    both = files.plain() + b"<html><script>alert(1)</script></html>"
    assert b"<script" not in pictures.rewrite(both, "a.jpg").content


def taken_of(content: bytes) -> picture_sets.Taken:
    begun = time.process_time()
    taken = picture_sets.take([("pictures.zip", io.BytesIO(content))])
    assert time.process_time() - begun < 2
    return taken


def test_a_zip_gives_its_pictures():
    inside = {"photos/": b"", "photos/a.jpg": files.jpeg(1), "__MACOSX/photos/._a.jpg": b"x", "photos/.DS_Store": b"x"}
    taken = taken_of(files.zipped({**inside, "b.png": files.png(2), "../../../../etc/c.jpg": files.plain(3)}))
    assert [picture.name for picture in taken.pictures] == ["a.jpg", "b.png", "c.jpg"]
    assert taken.findings == []


def test_one_name_in_two_folders_is_told():
    taken = taken_of(files.zipped({"x/A.JPG": files.plain(1), "y/a.jpg": files.plain(2)}))
    assert len(taken.pictures) == 1
    assert [finding.code for finding in taken.findings] == ["picture_name_twice"]


ZIPS = {
    "ten thousand files": (files.zipped([(f"{n}.jpg", b"x") for n in range(10_000)]), "zip_too_many"),
    "signs of a system": (
        files.zipped([*((f"__MACOSX/{n}", b"") for n in range(5_000)), ("a.jpg", files.plain())]),
        "zip_too_many",
    ),
    "four hundred files": (files.zipped([(f"{n}.jpg", b"x") for n in range(400)]), "zip_too_many"),
    "bomb": (files.zipped([(f"{n}.jpg", bytes(24 << 20)) for n in range(14)], zipfile.ZIP_DEFLATED), "zip_too_large"),
    "one large part": (files.zipped({"a.jpg": bytes(60 << 20)}, zipfile.ZIP_DEFLATED), "picture_too_large"),
    "cut off": (files.zipped({"a.jpg": files.plain()})[:-40], "zip_broken"),
    "only a beginning": (b"PK\x03\x04" + bytes(1000), "zip_broken"),
    "a zip in a zip": (files.zipped({"inner.zip": files.zipped({"a.jpg": files.plain()})}), "picture_format"),
}


@pytest.mark.parametrize("name", ZIPS)
def test_a_hostile_zip_is_told_in_a_sentence(name):
    content, code = ZIPS[name]
    taken = taken_of(content)
    assert taken.pictures == []
    assert [finding.code for finding in taken.findings] == [code]
    assert "{" not in fill(taken.findings[0].message)


def test_a_part_of_a_zip_is_read_no_further_than_a_picture_may_be_large():
    content = ZIPS["one large part"][0]
    tracemalloc.start()
    taken_of(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * pictures.MOST_BYTES


def test_the_many_passes_are_refused_and_not_the_size():
    assert len(files.many_passes()) < pictures.MOST_BYTES


def test_a_locked_zip_is_told():
    content = bytearray(files.zipped({"a.jpg": files.plain()}))
    content[6] |= 1
    at = content.rindex(b"PK\x01\x02")
    content[at + 8] |= 1
    assert [finding.code for finding in taken_of(bytes(content)).findings] == ["zip_broken"]


def test_one_request_takes_only_so_long(monkeypatch):
    monkeypatch.setattr(picture_sets, "SECONDS", 0)
    taken = picture_sets.take([(f"{n}.jpg", io.BytesIO(files.plain(n))) for n in range(3)])
    assert len(taken.pictures) < 3
    assert [finding.code for finding in taken.findings] == ["too_much_at_once"]


def test_no_more_than_a_hundred_are_taken():
    given = [(f"{n}.jpg", io.BytesIO(files.plain(1))) for n in range(103)]
    taken = picture_sets.take(given)
    assert len(taken.pictures) == picture_sets.MOST_PICTURES
    assert [finding.code for finding in taken.findings] == ["too_many_pictures"]


# Beside the table


def table_of(*names: str) -> str:
    rows = "".join(f"{n},{name},plastic,glass,80\n" for n, name in enumerate(names, 1))
    return "image,file,true_class,predicted_class,confidence\n" + rows


def clean(*names: str):
    report = check_file(table_of(*names).encode(), WASTE)
    assert report.ok, [finding.code for finding in report.findings]
    return report.clean


def test_published_names_are_neutral_and_in_the_order_of_the_table():
    table = clean("Emma_Dupont.jpg", "", r"C:\Pictures\LÉO.JPG", "nobody.jpg", "Emma_Dupont.jpg", "IMG_7")
    names = picture_sets.publish(table, ["img_7.jpeg", "léo.jpg", "emma_dupont.JPG", "spare.jpg"])
    assert names == {"image-001.jpg": "emma_dupont.JPG", "image-002.jpg": "léo.jpg", "image-003.jpg": "img_7.jpeg"}
    assert [row["file"] for row in table.rows] == [
        "image-001.jpg", None, "image-002.jpg", None, "image-001.jpg", "image-003.jpg",
    ]  # fmt: skip
    assert b"Emma" not in table.to_csv()


def test_a_childs_name_in_a_file_name_does_not_stop_the_check():
    assert check_file(table_of("Emma Dupont emma.dupont@school.example.jpg").encode(), WASTE).ok


def test_a_stem_of_two_files_fits_neither():
    assert picture_sets.found(["a"], ["a.jpg", "a.png"]) == {}
    assert picture_sets.found(["a.png"], ["a.jpg", "a.png"]) == {"a.png": "a.png"}


def test_what_does_not_fit_is_told():
    given = {"a.jpg": "1", "b.jpg": "2", "c.jpg": "2"}
    findings = picture_sets.judge(["a.jpg", "x.jpg", "y.jpg"], given)
    told = {finding.code: fill(finding.message) for finding in findings}
    assert told == {
        "picture_missing": "2 pictures are named in the table and were not given: x.jpg, y.jpg.",
        "picture_unnamed": "2 pictures were given and are named in no row: b.jpg, c.jpg.",
        "picture_twice": "“b.jpg” and “c.jpg” are the same picture.",
    }
    assert picture_sets.judge(["a.jpg"], {"A.JPG": "1"}) == []


def test_the_published_zip_is_the_same_for_the_same_pictures():
    licence = {"title": "Creative Commons Attribution 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"}
    content = {"image-002.jpg": b"two", "image-001.jpg": b"one"}
    packed = picture_sets.pack(content, licence, "Waste")
    assert packed == picture_sets.pack(dict(reversed(content.items())), licence, "Waste")
    archive = zipfile.ZipFile(io.BytesIO(packed))
    assert archive.namelist() == ["LICENCE.txt", "image-001.jpg", "image-002.jpg"]
    assert licence["url"] in archive.read("LICENCE.txt").decode()
    assert picture_sets.names_in(io.BytesIO(packed)) == ["image-001.jpg", "image-002.jpg"]
    assert {(one.date_time, one.create_system) for one in archive.infolist()} == {((1980, 1, 1, 0, 0, 0), 3)}
    assert picture_sets.unpack(io.BytesIO(packed), "image-002.jpg") == b"two"
    with pytest.raises(KeyError):
        picture_sets.unpack(io.BytesIO(packed), "LICENCE.txt")


def test_the_schema_says_what_the_names_are():
    table = clean("a.jpg")
    field = next(one for one in table.table_schema()["fields"] if one["name"] == "file")
    assert field["type"] == "string"
    assert field["fileIn"] == "pictures"
    assert field["constraints"] == {"pattern": r"image-[0-9]{3}\.jpg"}
