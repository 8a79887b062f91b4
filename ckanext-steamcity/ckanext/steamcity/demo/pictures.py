"""Draw the objects of the demo's pictures: flat shapes with a grain, each from a row of its table. Pure.

Nothing in them is anybody's photograph, and nobody could take them for one.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterable, Mapping

from PIL import Image, ImageDraw, ImageEnhance

from .shapes import Row

SIZE = (640, 480)
# Of a long table the first so many rows have a picture.
MOST = 24
_MIDDLE = (320, 250)
_Draw = ImageDraw.ImageDraw


def named(rows: Iterable[Row], word: str) -> list[Row]:
    """The rows with the name of a picture file in the first of them."""
    return [{**row, "file": f"{word}-{n:02}.jpg" if n <= MOST else None} for n, row in enumerate(rows, 1)]


def files(rows: Iterable[Row], key: str) -> dict[str, bytes]:
    """{name: JPEG} of every row that names one. The same every time."""
    return {row["file"]: draw(row, random.Random(f"{key} {row['file']}")) for row in rows if row.get("file")}


def draw(row: Mapping[str, object], rng: random.Random) -> bytes:
    """One object before its background, in its light."""
    image = Image.new("RGB", SIZE, rng.choice(("#ece4d4", "#dfe6e8", "#e9e3ec")))
    pen = ImageDraw.Draw(image)
    _BACKGROUNDS.get(str(row["background"]), _plain)(pen, rng)
    x, y = _MIDDLE[0] + rng.randint(-70, 70), _MIDDLE[1] + rng.randint(-20, 30)
    pen.ellipse((x - 130, y + 120, x + 130, y + 165), fill="#8d8675")
    _OBJECTS.get(str(row["true_class"]), _rest)(pen, x, y, rng)
    grain = Image.frombytes("L", (160, 120), rng.randbytes(160 * 120)).resize(SIZE)
    image = Image.blend(image, grain.convert("RGB"), 0.12)
    image = ImageEnhance.Brightness(image).enhance({"dim": 0.55, "backlight": 1.35}.get(str(row["light"]), 1.0))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()


def _plain(pen: _Draw, rng: random.Random) -> None:
    pen.rectangle((0, 360, *SIZE), fill="#c9bfa9")


def _busy(pen: _Draw, rng: random.Random) -> None:
    for _ in range(60):
        x, y, size = rng.randrange(SIZE[0]), rng.randrange(SIZE[1]), rng.randint(20, 110)
        shape = rng.choice((pen.rectangle, pen.ellipse))
        shape((x, y, x + size, y + rng.randint(15, 70)), fill=tuple(rng.randint(90, 220) for _ in range(3)))


def _outdoors(pen: _Draw, rng: random.Random) -> None:
    pen.rectangle((0, 0, SIZE[0], 230), fill="#a9cfe3")
    pen.rectangle((0, 230, *SIZE), fill="#7e9c5b")
    for _ in range(150):
        x, y = rng.randrange(SIZE[0]), rng.randint(240, SIZE[1])
        pen.line((x, y, x + rng.randint(-6, 6), y - rng.randint(8, 22)), fill="#5f7d40", width=3)


def _paper(pen: _Draw, x: int, y: int, rng: random.Random) -> None:
    pen.polygon(
        [(x - 110, y - 100), (x + 70, y - 130), (x + 120, y + 110), (x - 70, y + 140)],
        fill="#fbfaf5",
        outline="#aaa69b",
    )
    for n in range(7):
        pen.line((x - 70 + n * 4, y - 70 + n * 26, x + 60 + n * 6, y - 92 + n * 26), fill="#8a8a92", width=5)


def _plastic(pen: _Draw, x: int, y: int, rng: random.Random) -> None:
    colour = rng.choice(("#6fb4dc", "#83cfc4", "#e8a9b7"))
    pen.rounded_rectangle((x - 60, y - 60, x + 60, y + 150), 26, fill=colour, outline="#47697a", width=4)
    pen.polygon([(x - 55, y - 50), (x - 22, y - 120), (x + 22, y - 120), (x + 55, y - 50)], fill=colour)
    pen.rectangle((x - 26, y - 150, x + 26, y - 118), fill="#2f5d8a")
    for n in range(3):
        pen.line((x - 56, y + n * 42, x + 56, y + n * 42), fill="#47697a", width=3)


def _metal(pen: _Draw, x: int, y: int, rng: random.Random) -> None:
    for n in range(120):
        shade = 130 + int(90 * abs((n - 40) / 80 - 0.3))
        pen.line((x - 60 + n, y - 100, x - 60 + n, y + 140), fill=(min(shade, 235),) * 3)
    pen.ellipse((x - 60, y - 122, x + 60, y - 78), fill="#d9dde0", outline="#83898d", width=3)
    pen.rectangle((x - 60, y - 30, x + 60, y + 70), fill=rng.choice(("#b8322a", "#2a6fb8", "#d29a1c")))


def _glass(pen: _Draw, x: int, y: int, rng: random.Random) -> None:
    colour = rng.choice(("#3f7d4e", "#7a5a2b", "#9fc4bb"))
    pen.rounded_rectangle((x - 52, y - 40, x + 52, y + 150), 20, fill=colour)
    pen.rectangle((x - 20, y - 150, x + 20, y - 30), fill=colour)
    pen.rectangle((x - 38, y - 20, x - 26, y + 120), fill="#dcebe4")


def _food(pen: _Draw, x: int, y: int, rng: random.Random) -> None:
    pen.pieslice((x - 150, y - 120, x + 150, y + 140), 20, 160, fill="#e6bd2f", outline="#8b6a17", width=4)
    pen.ellipse((x - 120, y - 100, x + 120, y + 60), fill="#c7d9a0" if rng.random() < 0.5 else "#f0dfa0")
    for _ in range(9):
        spot = (x + rng.randint(-80, 80), y + rng.randint(-70, 30))
        pen.ellipse((spot[0], spot[1], spot[0] + 14, spot[1] + 9), fill="#6b4a1f")


def _carton(pen: _Draw, x: int, y: int, rng: random.Random) -> None:
    colour = rng.choice(("#d98324", "#3b7fa8", "#6a9a3c"))
    pen.rectangle((x - 70, y - 60, x + 50, y + 150), fill=colour)
    pen.polygon([(x + 50, y - 60), (x + 90, y - 80), (x + 90, y + 125), (x + 50, y + 150)], fill="#7d6a4f")
    pen.polygon(
        [(x - 70, y - 60), (x - 10, y - 125), (x + 65, y - 130), (x + 50, y - 60)], fill="#f2efe6", outline="#9a958a"
    )
    pen.ellipse((x - 50, y - 10, x + 30, y + 80), fill="#f2efe6")


def _electronics(pen: _Draw, x: int, y: int, rng: random.Random) -> None:
    pen.rectangle((x - 130, y - 40, x + 90, y + 60), fill="#2c2f33")
    pen.rectangle((x + 30, y - 40, x + 90, y + 60), fill="#b58a2e")
    pen.rectangle((x + 90, y - 14, x + 112, y + 34), fill="#c9ccd0")


def _textile(pen: _Draw, x: int, y: int, rng: random.Random) -> None:
    corners = [
        (-60, -110),
        (60, -110),
        (150, -50),
        (115, 10),
        (75, -20),
        (75, 140),
        (-75, 140),
        (-75, -20),
        (-115, 10),
        (-150, -50),
    ]
    pen.polygon(
        [(x + dx, y + dy) for dx, dy in corners], fill=rng.choice(("#97445a", "#456a97", "#4f8a6a")), outline="#333"
    )
    pen.ellipse((x - 32, y - 130, x + 32, y - 92), fill="#ddd3c4")


def _rest(pen: _Draw, x: int, y: int, rng: random.Random) -> None:
    edge = [
        (x + rng.randint(70, 130) * dx, y + rng.randint(60, 120) * dy)
        for dx, dy in ((-1, -1), (0, -1), (1, -1), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0))
    ]
    pen.polygon(edge, fill="#5b5f66", outline="#303338")


_BACKGROUNDS: Mapping[str, Callable[[_Draw, random.Random], None]] = {"busy": _busy, "outdoors": _outdoors}
_OBJECTS: Mapping[str, Callable[[_Draw, int, int, random.Random], None]] = {
    "paper": _paper, "plastic": _plastic, "metal": _metal, "glass": _glass, "food": _food, "carton_drink": _carton,
    "electronics": _electronics, "textile": _textile, "rest": _rest,
}  # fmt: skip
