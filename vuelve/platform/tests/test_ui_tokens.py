"""The tokens keep what they promise: one dark theme, contrast, and colours that can be told apart."""

import re
from itertools import combinations
from pathlib import Path

import pytest

from vuelve.platform import charts

STATIC = Path(__file__).resolve().parent.parent / "static" / "platform"
TOKENS = (STATIC / "tokens.css").read_text(encoding="utf-8")
Rgb = tuple[float, float, float]


def declarations(block: str) -> dict[str, str]:
    return dict(re.findall(r"(--[\w-]+):\s*([^;]+);", block))


LIGHT = declarations(TOKENS.split("@media")[0])
SYSTEM_DARK = declarations(TOKENS.split("@media")[1].split(':root[data-theme="dark"]')[0])
CHOSEN_DARK = declarations(TOKENS.split(':root[data-theme="dark"]')[1])
THEMES = {"light": LIGHT, "dark": LIGHT | CHOSEN_DARK}


def rgb(colour: str) -> Rgb:
    assert re.fullmatch(r"#[0-9a-f]{6}", colour), colour
    red, green, blue = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    return red, green, blue


def linear(colour: Rgb) -> Rgb:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour
    )
    return red, green, blue


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, relative luminance."""
    shades = sorted(
        sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear(rgb(x)), strict=True))
        for x in (one, other)
    )
    return (shades[1] + 0.05) / (shades[0] + 0.05)


def test_both_ways_into_the_dark_are_the_same() -> None:
    assert SYSTEM_DARK == CHOSEN_DARK
    assert CHOSEN_DARK.keys() <= LIGHT.keys()
    colours = {name for name, value in LIGHT.items() if "#" in value or "rgb(" in value}
    assert set(CHOSEN_DARK) == colours, "a colour without a dark value"


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    ("text", "under"),
    [
        *[(text, under) for text in ("text", "text-muted", "accent-text") for under in ("ground", "surface", "surface-sunken", "surface-hover", "surface-raised")],
        *[("text-inverse", under) for under in ("accent", "accent-hover", "bad", "bad-hover")],
        *[(tone, f"{tone}-soft") for tone in ("good", "warn", "bad", "info")],
        *[(tone, "surface") for tone in ("good", "warn", "bad", "info")],
        ("accent-text", "accent-soft"),
        ("ground", "text"),
    ],
)  # fmt: skip
def test_text_is_readable(theme: str, text: str, under: str) -> None:
    tokens = THEMES[theme]
    assert contrast(tokens[f"--{text}"], tokens[f"--{under}"]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_what_is_no_text_is_seen(theme: str) -> None:
    tokens = THEMES[theme]
    for name in ("border-strong", "focus", "accent", *(f"chart-{n}" for n in range(1, 7))):
        assert contrast(tokens[f"--{name}"], tokens["--surface"]) >= 3, name


# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB.
VISION = {
    "full": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}  # fmt: skip


def lab(colour: str, vision: str) -> Rgb:
    """CIELAB (D65) of what somebody with that vision sees."""
    source = linear(rgb(colour))
    seen = [min(max(sum(m * c for m, c in zip(row, source, strict=True)), 0), 1) for row in VISION[vision]]
    to_xyz = (
        (0.4124564, 0.3575761, 0.1804375),
        (0.2126729, 0.7151522, 0.0721750),
        (0.0193339, 0.1191920, 0.9503041),
    )
    xyz = [sum(m * c for m, c in zip(row, seen, strict=True)) for row in to_xyz]
    x, y, z = (
        value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116
        for value in (part / white for part, white in zip(xyz, (0.95047, 1.0, 1.08883), strict=True))
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("vision", VISION)
def test_series_can_be_told_apart(theme: str, vision: str) -> None:
    colours = [lab(THEMES[theme][f"--chart-{n}"], vision) for n in range(1, 7)]
    for (n, one), (m, other) in combinations(enumerate(colours, 1), 2):
        distance = sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5
        # The first three meet in most charts; all six in few.
        assert distance >= (25 if max(n, m) <= 3 else 15), f"chart-{n} and chart-{m}: {distance:.1f}"


def test_files_have_the_colours_of_the_light_theme() -> None:
    assert list(charts.PALETTE) == [LIGHT[f"--chart-{n}"] for n in range(1, 7)]


@pytest.mark.parametrize("name", ["base.css", "shell.css", "components.css"])
def test_nothing_but_the_tokens_names_a_colour(name: str) -> None:
    text = re.sub(r"/\*.*?\*/", "", (STATIC / name).read_text(encoding="utf-8"), flags=re.DOTALL)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[;\s,)])|rgba?\(|hsla?\(", text) == []
    unknown = set(re.findall(r"var\((--[\w-]+)\)", text)) - LIGHT.keys()
    assert unknown <= {"--swatch"}, unknown
