"""The textures: all of VIMA's names, the exact colours, and none that looks like another."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from sim.textures import COLORS, DARK, GRAY, LIGHT, TEXTURES, random_surface, random_texture


def test_names_are_the_benchmarks() -> None:
    assert (len(TEXTURES), len(LIGHT), len(DARK)) == (82, 49, 33)
    for name in ("brick", "rainbow", "red and yellow polka dot", "blue and purple stripe", "green paisley", "dark red"):
        assert name in TEXTURES, name
    assert "dark olive" not in TEXTURES
    # The published table's order decides which half a class default draws from.
    assert LIGHT[:10] == (
        *("brick", "tiles", "wooden", "granite", "plastic"),
        *("polka-dot", "checkerboard", "tiger", "magma", "rainbow"),
    )


@pytest.mark.parametrize("name", COLORS)
def test_solid_colours_are_exact(name: str) -> None:
    image = TEXTURES[name].image()
    assert (image == COLORS[name]).all()


@pytest.mark.parametrize("name", DARK)
def test_dark_lowers_the_value_and_keeps_the_hue(name: str) -> None:
    dark, light = TEXTURES[name].image().astype(float), TEXTURES[name.removeprefix("dark ")].image().astype(float)
    value = light.max(axis=-1, keepdims=True)
    np.testing.assert_allclose(dark, light * np.maximum(value - 0.3 * 255, 0) / value, atol=1.5)


def test_no_two_look_alike() -> None:
    def looks(name: str) -> np.ndarray:
        image = TEXTURES[name].image().astype(float)
        whole = np.resize(image, (64, 64, 3)) if len(image) == 64 else np.broadcast_to(image[0, 0], (64, 64, 3))
        return whole.reshape(16, 4, 16, 4, 3).mean(axis=(1, 3))

    pictures = {name: looks(name) for name in TEXTURES}
    for a, b in itertools.combinations(TEXTURES, 2):
        assert np.abs(pictures[a] - pictures[b]).mean() > 3, (a, b)


@pytest.mark.parametrize("name", TEXTURES)
def test_image_repeats_without_a_seam(name: str) -> None:
    image = TEXTURES[name].image().astype(float)
    inside = max(
        np.abs(np.diff(image, axis=0)).mean(axis=(1, 2)).max(), np.abs(np.diff(image, axis=1)).mean(axis=(0, 2)).max()
    )
    seam = max(np.abs(image[0] - image[-1]).mean(), np.abs(image[:, 0] - image[:, -1]).mean())
    assert seam <= inside + 1e-9


def test_random_textures_repeat_and_differ() -> None:
    def draw(seed: int) -> list[np.ndarray]:
        rng = np.random.default_rng(seed)
        return [random_texture(rng).image() for _ in range(40)] + [random_surface(rng).image() for _ in range(20)]

    first, again, other = draw(0), draw(0), draw(1)
    assert all((a == b).all() for a, b in zip(first, again))
    assert not all(a.shape == b.shape and (a == b).all() for a, b in zip(first, other))
    assert not GRAY.image().flags.writeable
