"""Picture files for tests, drawn here: photographs with everything a camera hides in them, and hostile ones."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib

from PIL import Image, ImageCms, ImageDraw, PngImagePlugin, TiffImagePlugin

SECRETS = (
    b"Emma Dupont", b"2026:03-04", b"SECRET-MODEL", b"xmp-secret", b"comment-secret", b"text-secret", b"Exif", b"GPS",
    b"ICC_PROFILE", b"http://ns.adobe.com", b"Photoshop", b"JFXX",
)  # fmt: skip


def drawing(size: tuple[int, int] = (320, 240), seed: int = 0, mode: str = "RGB") -> Image.Image:
    """Upper left corner red, all else by chance: a turned picture can be told."""
    rng = random.Random(seed)
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    for _ in range(12):
        x, y = rng.randrange(size[0]), rng.randrange(size[1])
        draw.ellipse((x, y, x + 60, y + 60), fill=(rng.randrange(100), rng.randrange(256), rng.randrange(256)))
    draw.rectangle((0, 0, size[0] // 3, size[1] // 3), fill="red")
    return image.convert(mode)


def _exif(image: Image.Image, orientation: int = 1) -> Image.Exif:
    exif = image.getexif()
    exif[0x0112], exif[0x010F], exif[0x0110], exif[0x9C9D] = orientation, "Emma Dupont", "SECRET-MODEL", "Emma Dupont"
    exif[0x0132] = "2026:03-04 10:00:00"
    ratio = TiffImagePlugin.IFDRational
    exif.get_ifd(0x8825).update(
        {1: "N", 2: (ratio(43), ratio(31), ratio(45)), 3: "E", 4: (ratio(5), ratio(26), ratio(49)), 29: "2026:03-04"}
    )
    return exif


def jpeg(seed: int = 0, *, size: tuple[int, int] = (320, 240), orientation: int = 1) -> bytes:
    """A photograph with EXIF and GPS, a smaller copy of itself, XMP, IPTC, a colour profile and a comment."""
    image, out = drawing(size, seed), io.BytesIO()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image.save(
        out, "JPEG", exif=_exif(image, orientation), icc_profile=profile, comment=b"comment-secret Emma Dupont",
        xmp=b"<x:xmpmeta>xmp-secret</x:xmpmeta>",
    )  # fmt: skip
    content = out.getvalue()
    small = io.BytesIO()
    image.resize((16, 12)).save(small, "JPEG")
    iptc = b"Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x12\x1c\x02\x50\x00\x0bEmma Dupont\x00"
    segments = _segment(0xED, iptc) + _segment(0xE0, b"JFXX\x00\x10" + small.getvalue())
    # And what hides behind the end of the picture.
    return content[:2] + segments + content[2:] + b"<script>Emma Dupont</script>"


def _segment(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content


def png(seed: int = 0, mode: str = "RGB") -> bytes:
    image, out = drawing(seed=seed, mode=mode), io.BytesIO()
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Author", "text-secret Emma Dupont")
    notes.add_itxt("XML:com.adobe.xmp", "xmp-secret", zip=False)
    image.save(out, "PNG", pnginfo=notes, exif=_exif(image))
    return out.getvalue()


def webp(seed: int = 0) -> bytes:
    image, out = drawing(seed=seed), io.BytesIO()
    image.save(out, "WEBP", exif=_exif(image), xmp=b"xmp-secret")
    return out.getvalue()


def plain(seed: int = 0, *, form: str = "JPEG") -> bytes:
    out = io.BytesIO()
    drawing(seed=seed).save(out, form)
    return out.getvalue()


def moving(form: str) -> bytes:
    out = io.BytesIO()
    drawing().save(out, form, save_all=True, append_images=[drawing(seed=1), drawing(seed=2)])
    return out.getvalue()


def grey_16() -> bytes:
    out = io.BytesIO()
    image = Image.frombytes("I;16", (64, 64), struct.pack("<H", 40_000) * 64 * 32 + bytes(2 * 64 * 32))
    image.save(out, "PNG")
    return out.getvalue()


def png_bomb(width: int, height: int) -> bytes:
    """A file of some kilobytes that says it has so many pixels, and has them."""
    packer = zlib.compressobj(9)
    row = bytes(1 + width // 8)
    parts = [packer.compress(row) for _ in range(height)] + [packer.flush()]
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(*one) for one in ((b"IHDR", header), (b"IDAT", b"".join(parts)), (b"IEND", b""))
    )


def png_text_bomb() -> bytes:
    """A note that unpacks to 400 MB."""
    content = plain(form="PNG")
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(400)) + packer.flush()
    return content[:33] + _chunk(b"zTXt", b"Author\x00\x00" + packed) + content[33:]


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def many_passes() -> bytes:
    """A progressive JPEG whose last pass stands there eight thousand times: small enough to be read."""
    out = io.BytesIO()
    drawing((1600, 1200)).save(out, "JPEG", progressive=True)
    content = out.getvalue()
    last = content.rindex(b"\xff\xda")
    return content[:last] + content[last:-2] * 8_000 + b"\xff\xd9"


def zipped(files: dict[str, bytes] | list[tuple[str, bytes]], method: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files.items() if isinstance(files, dict) else files:
            archive.writestr(name, content)
    return out.getvalue()
