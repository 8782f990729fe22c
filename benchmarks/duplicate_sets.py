"""Base pictures and copies as the web makes them, for benchmarks/near_duplicates.py: products, photographs, drawings.

And pictures that are no copies and come near to it: one garment in many colours, a photograph with its hue turned.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sklearn
from fontTools.ttLib import TTFont
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageEnhance, ImageFont, ImageOps

from silverprint.core.measures import gray_levels, image_quality
from silverprint.demo.fashion import IMAGES, tiles
from silverprint.demo.image_rendering import SIDE, jpeg, product

SEED, COPIED, FEWER = 7, 400, 100
TILE, LONGER = 256, 1536  # pixels: of a piece of a photograph, and of the photograph that is cut
# Photographs of Debian's packages mate-backgrounds, lomiri-wallpapers-16.04 and lomiri-wallpapers-20.04.
WALLPAPERS = ("mate/nature/*.jpg", "*_by_*.jpg")
DRAWN = {"Fossa_by_Jasper_Roks", "Painting-Colors_by__herobrine7gamer", "umang_by_Abhishek_Mudgal",
         "analogpattern_by_Peter_Nerlich"}  # fmt: skip
EMOJI = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")  # of Debian's package fonts-noto-color-emoji
EMOJI_SIZE, TONES = (
    109,
    range(0x1F3FB, 0x1F400),
)  # the one size that the font has, pixels; modifiers of the skin's colour
DYES = ((208, 32, 32), (32, 160, 64), (32, 96, 208), (240, 128, 32), (128, 48, 160), (224, 192, 32))
HUES = (60, 120, 180)  # degrees
COLOURFUL = 30.0  # saturation, 0..255, of a picture whose hue can be seen to turn


@dataclass(frozen=True)
class Set:
    """Pictures of which no two are copies; of the first `copied`, copies are made."""

    pictures: list[Image.Image]
    copied: int
    reported: NDArray[np.bool_]  # (n,) the half that is reported on; thresholds are chosen on the other


def products() -> Set:
    return Set([product(tile, SEED) for tile in range(IMAGES)], COPIED, np.arange(IMAGES) % 2 == 1)


def photographs(folder: Path) -> Set:
    """Pieces of photographs that do not overlap, as far as they are sharp; halves share no photograph."""
    own = Path(sklearn.__file__).parent / "datasets" / "images"
    paths = [path for pattern in WALLPAPERS for path in sorted(folder.glob(pattern)) if path.stem not in DRAWN]
    pictures, halves = [], []
    for number, path in enumerate([*paths, *sorted(own.glob("*.jpg"))]):
        photo = Image.open(path).convert("RGB")
        photo.thumbnail((LONGER, LONGER))
        for top in range(0, photo.height - TILE + 1, TILE):
            for left in range(0, photo.width - TILE + 1, TILE):
                piece = photo.crop((left, top, left + TILE, top + TILE))
                found = image_quality.figures_of(gray_levels.to_gray(np.asarray(piece)))
                if found.sharpness >= 10 and found.contrast >= 4:  # below, a photo looks blurred, or blank
                    pictures.append(piece)
                    halves.append(number % 2 == 1)
    return Set(pictures, len(pictures), np.array(halves))


def drawings() -> Set:
    """Emoji on white, in all tones of skin, of which no two have the same pixels."""
    font = ImageFont.truetype(EMOJI, EMOJI_SIZE)
    plain = [chr(code) for code in sorted(TTFont(EMOJI).getBestCmap()) if code > 255]  # below are parts of keycaps
    found: dict[bytes, Image.Image] = {}
    for text in [*plain, *(base + chr(tone) for base in plain for tone in TONES)]:
        picture = Image.new("RGB", (SIDE, SIDE), "white")
        ImageDraw.Draw(picture).text((0, 0), text, font=font, embedded_color=True)
        if font.getlength(text) <= SIDE + 10 and picture.getextrema() != ((255, 255),) * 3:
            found.setdefault(picture.tobytes(), picture)
    shuffled = [list(found.values())[place] for place in np.random.default_rng(SEED).permutation(len(found))]
    return Set(shuffled, FEWER, np.arange(len(shuffled)) % 2 == 1)


def garments() -> Set:
    """200 products, each dyed in all of DYES."""
    pictures = [dyed(tile, dye) for tile in range(200) for dye in DYES]
    return Set(pictures, FEWER, np.arange(len(pictures)) // len(DYES) % 2 == 1)


def dyed(tile: int, dye: tuple[int, int, int]) -> Image.Image:
    """A product in one colour on nearly white paper."""
    grey = Image.fromarray(255 - tiles()[tile]).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    levels = np.linspace(dye, (250, 250, 250), 256).clip(0, 255).round().astype(np.uint8)
    return Image.fromarray(levels[np.asarray(grey)])


def hued(photos: Set) -> Set:
    """Photographs that have colours, each with its hue turned in all of HUES, too."""
    strong = [np.asarray(photo.convert("HSV"))[:, :, 1].mean() >= COLOURFUL for photo in photos.pictures]
    chosen = [photo for photo, has in zip(photos.pictures, strong, strict=True) if has]
    pictures = [turned for photo in chosen for turned in (photo, *(hue(photo, by) for by in HUES))]
    return Set(pictures, FEWER, np.repeat(photos.reported[strong], 1 + len(HUES)))


def hue(picture: Image.Image, degrees: float) -> Image.Image:
    levels = np.array(picture.convert("HSV"))
    levels[:, :, 0] += np.uint8(round(degrees * 256 / 360))
    return Image.fromarray(levels, "HSV").convert("RGB")


def cropped(share: float, corner: bool = False) -> Callable[[Image.Image], Image.Image]:
    """Takes `share` of either length away: evenly, or all of it on the right and at the bottom."""

    def crop(picture: Image.Image) -> Image.Image:
        across, down = round(picture.width * share), round(picture.height * share)
        left, top = (0, 0) if corner else (across // 2, down // 2)
        return picture.crop((left, top, left + picture.width - across, top + picture.height - down))

    return crop


def framed(picture: Image.Image) -> Image.Image:
    return ImageOps.expand(picture, border=round(picture.width / 25), fill="white")


def reduced(picture: Image.Image) -> Image.Image:
    return picture.resize((picture.width * 3 // 4, picture.height * 3 // 4), Image.Resampling.LANCZOS)


TRANSFORMS: dict[str, Callable[[Image.Image], bytes]] = {
    "resized to 3/4": lambda picture: jpeg(reduced(picture)),
    "quality 50": lambda picture: jpeg(picture, 50),
    "brighter by 1/10": lambda picture: jpeg(ImageEnhance.Brightness(picture).enhance(1.1)),
    "half the colour": lambda picture: jpeg(ImageEnhance.Color(picture).enhance(0.5)),
    "cropped by 5 %": lambda picture: jpeg(cropped(0.05)(picture)),
    "cropped by 5 %, at a corner": lambda picture: jpeg(cropped(0.05, corner=True)(picture)),
    "cropped by 10 %": lambda picture: jpeg(cropped(0.1)(picture)),
    "bordered by 4 %": lambda picture: jpeg(framed(picture)),
    "mirrored": lambda picture: jpeg(ImageOps.mirror(picture)),
}


def lettered(picture: Image.Image, opacity: float, share: float) -> Image.Image:
    """White writing with a dark rim across it, `share` of its width tall."""
    layer = Image.new("RGBA", picture.size)
    font = ImageFont.load_default(round(picture.width * share))
    middle = (picture.width / 2, picture.height / 2)
    rim = max(1, picture.width // 128)
    ImageDraw.Draw(layer).text(
        middle, "SAMPLE", (255, 255, 255), font, "mm", stroke_width=rim, stroke_fill=(64, 64, 64)
    )
    layer.putalpha(layer.getchannel("A").point(lambda value: value * opacity))
    return Image.alpha_composite(picture.convert("RGBA"), layer).convert("RGB")


def signed(picture: Image.Image) -> Image.Image:
    """A red disc in a corner, a seventh of the picture wide."""
    found, side = picture.copy(), picture.width // 7
    box = (picture.width - side - 4, picture.height - side - 4, picture.width - 4, picture.height - 4)
    ImageDraw.Draw(found).ellipse(box, (200, 30, 40))
    return found


def letterboxed(picture: Image.Image) -> Image.Image:
    """Black bars above and below, each a sixth of its height."""
    return ImageOps.expand(picture, border=(0, picture.height // 6), fill="black")


def blackened(picture: Image.Image) -> Image.Image:
    """What is nearly white becomes black: a transparent drawing on another ground."""
    levels = np.array(picture)
    levels[(levels > 235).all(axis=2)] = 0
    return Image.fromarray(levels)


# Copies that are grouped at best.
HARDER: dict[str, Callable[[Image.Image], bytes]] = {
    "turned by 90 degrees": lambda picture: jpeg(picture.transpose(Image.Transpose.ROTATE_90)),
    "turned by 180 degrees": lambda picture: jpeg(picture.transpose(Image.Transpose.ROTATE_180)),
    "turned by 270 degrees": lambda picture: jpeg(picture.transpose(Image.Transpose.ROTATE_270)),
    "mirrored": lambda picture: jpeg(ImageOps.mirror(picture)),
    "upside down": lambda picture: jpeg(ImageOps.flip(picture)),
    "inverted": lambda picture: jpeg(ImageOps.invert(picture)),
    "in grey": lambda picture: jpeg(picture.convert("L").convert("RGB")),
    "in a black frame of 10 %": lambda picture: jpeg(ImageOps.expand(picture, picture.width // 10, "black")),
    "in a white frame of 10 %": lambda picture: jpeg(ImageOps.expand(picture, picture.width // 10, "white")),
    "letterboxed": lambda picture: jpeg(letterboxed(picture)),
    "watermarked": lambda picture: jpeg(lettered(picture, 0.4, 0.18)),
    "with a logo": lambda picture: jpeg(signed(picture)),
    "on black in place of white": lambda picture: jpeg(blackened(picture)),
}
