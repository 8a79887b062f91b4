"""A picture file of a class → the same picture, drawn anew, with nothing hidden in it. Pure.

A photograph carries where it was taken, when, with whose telephone, often a smaller copy of itself. Nothing is removed
from such a file: its pixels are put into a new one, and the old bytes are dropped.
"""

from __future__ import annotations

import io
import unicodedata
import warnings
from dataclasses import dataclass

from PIL import ExifTags, Image

from ..messages import N_, Message

# What a telephone gives; the rest is refused by name where people would try it.
FORMATS = ("JPEG", "PNG", "WEBP")
LONGEST_SIDE = 2048
MOST_BYTES = 25 * 1024 * 1024
MOST_PIXELS = 50_000_000
# Of formats that cannot be read in a smaller size.
MOST_PIXELS_WHOLE = 25_000_000
SMALL_SIDE = 480
_QUALITY = 85
_NAME = 120
# A JPEG may draw itself in many passes over all its pixels; cameras use ten, an attack thousands.
_MOST_PASSES = 40
_TURNS = {
    2: (Image.Transpose.FLIP_LEFT_RIGHT,),
    3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.TRANSPOSE,),
    6: (Image.Transpose.ROTATE_270,),
    7: (Image.Transpose.TRANSVERSE,),
    8: (Image.Transpose.ROTATE_90,),
}
_SAVE_AS_JPEG = N_("Open it in a program for pictures and save it as JPEG.")
_HEIF = (b"heic", b"heix", b"heif", b"mif1", b"msf1", b"hevc", b"avif")


class RefusedPictureError(ValueError):
    """A file that is not taken; says why."""

    def __init__(self, code: str, text: str, suggestion: str | None = None, /, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.message = Message(text, params)
        self.suggestion = Message(suggestion) if suggestion else None


@dataclass(frozen=True)
class Picture:
    """A picture as it is kept. `name` is what the class called its file: it says which row it belongs to, no more."""

    name: str
    content: bytes
    width: int
    height: int


def plain_name(name: str) -> str:
    """The last part of a file's name, without signs that mean something to a system."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    readable = "".join(sign if sign.isprintable() else " " for sign in unicodedata.normalize("NFC", last))
    return " ".join(readable.split())[:_NAME] or "?"


def rewrite(content: bytes, name: str) -> Picture:
    """The picture in a JPEG of its own: turned as it is looked at, at most 2048 pixels long, no metadata.

    Raises RefusedPictureError.
    """
    name = plain_name(name)
    if len(content) > MOST_BYTES:
        raise _too_large(name)
    _refuse_by_kind(content, name)
    try:
        with warnings.catch_warnings():
            # Pillow warns of a bomb before it refuses one; ours is the lower limit.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            drawn = _drawn(content, name)
    except RefusedPictureError:
        raise
    except Image.DecompressionBombError as error:
        raise _too_large(name) from error
    except Exception as error:  # decoders of a stranger's bytes raise whatever they stumble over
        raise RefusedPictureError(
            "picture_broken", N_("“{name}” is broken or not complete."), _SAVE_AS_JPEG, name=name
        ) from error
    return Picture(name, _jpeg(drawn), *drawn.size)


def smaller(content: bytes, side: int = SMALL_SIDE) -> bytes:
    """A picture of ours, small enough for a list of many. ValueError for anything else."""
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG",)) as image:
            if image.width > LONGEST_SIDE or image.height > LONGEST_SIDE:
                raise ValueError("not a picture of ours")
            image.draft("RGB", (side, side))
            image.thumbnail((side, side))
            return _jpeg(image)
    except (OSError, Image.DecompressionBombError) as error:
        raise ValueError("not a picture of ours") from error


def _refuse_by_kind(content: bytes, name: str) -> None:
    start = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    if content[4:8] == b"ftyp" and content[8:12] in _HEIF:
        text = N_("“{name}” is a picture in a format that not everybody can open (HEIC or AVIF).")
        raise RefusedPictureError("picture_format", text, _SAVE_AS_JPEG, name=name)
    if start[:4] == b"GIF8":
        text = N_("“{name}” is a GIF. Pictures are taken as JPEG, PNG or WebP, and none that moves.")
        raise RefusedPictureError("picture_format", text, _SAVE_AS_JPEG, name=name)
    if start[:1] == b"<":
        text = N_("“{name}” is a page or a drawing made of text (HTML or SVG), not a photograph.")
        raise RefusedPictureError("picture_format", text, _SAVE_AS_JPEG, name=name)
    known = content[:3] == b"\xff\xd8\xff" or content[:8] == b"\x89PNG\r\n\x1a\n"
    if not known and not (content[:4] == b"RIFF" and content[8:12] == b"WEBP"):
        text = N_("“{name}” is not a picture: JPEG, PNG and WebP files are taken, no sounds and no films.")
        raise RefusedPictureError("picture_format", text, name=name)
    if content[:3] == b"\xff\xd8\xff" and content.count(b"\xff\xda") > _MOST_PASSES:
        raise _too_large(name)


def _drawn(content: bytes, name: str) -> Image.Image:
    with Image.open(io.BytesIO(content), formats=FORMATS) as image:
        most = MOST_PIXELS if image.format not in ("PNG", "WEBP") else MOST_PIXELS_WHOLE
        if image.width * image.height > most:
            raise _too_large(name, most)
        # A JPEG with several pictures has the photograph first, then what the telephone made of it.
        if image.format in ("PNG", "WEBP") and getattr(image, "n_frames", 1) > 1:
            text = N_("“{name}” moves: it holds several pictures. Choose one and save it as JPEG.")
            raise RefusedPictureError("picture_format", text, name=name)
        turns = _TURNS.get(_orientation(image), ())
        # A JPEG is read in the size that is needed: quicker, and with less memory.
        image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        small = _plain(image)
        small.thumbnail((LONGEST_SIDE, LONGEST_SIDE), reducing_gap=1.1)
        flat = _on_paper(small)
        for turn in turns:
            flat = flat.transpose(turn)
    # Into a picture that never knew the file.
    fresh = Image.new("RGB", flat.size)
    fresh.paste(flat)
    return fresh


def _plain(image: Image.Image) -> Image.Image:
    """Grey, or red, green and blue, with what can be seen through: whatever the file counts in."""
    if image.mode.startswith("I") or image.mode == "F":
        # Sixteen bits of grey (thermal cameras): the upper eight are seen.
        return image.point(lambda value: value * (1 / 256) + 0).convert("L")
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def _on_paper(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image.convert("RGB")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


def _orientation(image: Image.Image) -> int:
    """How a camera was held; upright where its note cannot be read."""
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # a note of a stranger: no reason to refuse the picture
        return 1


def _jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.info = {}
    image.save(out, "JPEG", quality=_QUALITY, exif=b"", icc_profile=None, comment=b"")
    return out.getvalue()


def _too_large(name: str, pixels: int = MOST_PIXELS) -> RefusedPictureError:
    text = N_("“{name}” is too large: at most {megabytes} MB and {pixels} million pixels.")
    limits = {"megabytes": MOST_BYTES >> 20, "pixels": pixels // 1_000_000}
    return RefusedPictureError("picture_too_large", text, _SAVE_AS_JPEG, name=name, **limits)
