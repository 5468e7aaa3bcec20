"""Affinities: what the network sees, and what direct neighbours are sure of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from skills.backends.sam import build
from skills.backends.sam.affinity.network import INPUTS, OFFSETS, AffinityConfig, AffinityNet, layers, load, save
from skills.backends.sam.affinity.regions import absorbed, components, sides
from skills.types import Float, Image, Int

TINY = AffinityConfig((4, 6, 8))


@pytest.mark.parametrize("offset", OFFSETS)
def test_sides_are_what_an_offset_says(offset: tuple[int, int]) -> None:
    y, x = np.mgrid[:20, :30]
    a, b = sides(offset)
    assert y[a].size and (y[b] - y[a] == offset[0]).all() and (x[b] - x[a] == offset[1]).all()


def test_components_are_what_direct_neighbours_are_sure_of() -> None:
    things = np.ones((12, 16), int)
    things[:, 8:], things[:4] = 2, 0
    told = np.stack(
        [np.where(np.roll(things, (-down, -right), (0, 1)) == things, 0.99, 0.0) for down, right in OFFSETS]
    )
    found = components(told, things > 0)
    assert (found[things == 0] == 0).all()
    assert len(np.unique(found[things == 1])) == len(np.unique(found[things == 2])) == 1
    assert found[6, 0] != found[6, 12]
    assert len(np.unique(components(0.9 * told, things > 0))) == 1 + 8 * 16, "not where they are less sure"
    told[0, 6, 7] = 0.99
    assert len(np.unique(components(told, things > 0))) == 2, "one sure pair is enough"
    assert not components(told, np.zeros((12, 16), bool)).any()


def told_of(things: Int, within: float) -> Float:
    """Affinities of direct neighbours: ``within`` a thing, 0 across."""
    return np.stack([np.where(np.roll(things, (-d, -r), (0, 1)) == things, within, 0.0) for d, r in OFFSETS])


def test_specks_go_to_the_neighbour_that_they_belong_to() -> None:
    things = np.ones((20, 30), int)
    things[:, 15:] = 2
    parted = things.copy()
    parted[5:8, 8:11] = 3
    parted[15:18, 20:23] = 4
    told = told_of(things, 0.4)
    joined = absorbed(told, parted, 30, 0.25)
    assert len(np.unique(joined)) == 2 and (joined[:, :15] == joined[0, 0]).all() and joined[0, 0] != joined[0, 20]
    assert (absorbed(told, parted, 30, 0.5) == parted).all(), "not where none is likely"
    assert (absorbed(told, parted, 5, 0.25) == parted).all(), "not what is larger"


def test_a_speck_between_two_things_never_joins_them() -> None:
    things = np.ones((20, 33), int)
    things[:, 15:18], things[:, 18:] = 3, 2
    told = np.full((len(OFFSETS), *things.shape), 0.3)
    found = absorbed(told, np.where(np.arange(20)[:, None] < 8, things, 0), 30, 0.25)
    assert len(np.unique(found)) == 3 and (found[8:] == 0).all()
    assert not absorbed(told, np.zeros((20, 33), int), 30, 0.25).any()


def test_layers_measure_steps_in_noise_and_leave_out_what_was_not_measured() -> None:
    rgb = torch.zeros(2, 4, 6, 3, dtype=torch.uint8)
    height = torch.zeros(2, 4, 6)
    height[:, :, 3:] = 0.01
    height[:, 0, 3] = torch.nan
    seen = layers(rgb, height, torch.tensor([0.0, 0.003]))
    assert seen.shape == (2, INPUTS, 4, 6) and torch.isfinite(seen).all()
    right = seen[:, 4]
    assert (right[0, 1:, 2] > 2 * right[1, 1:, 2]).all(), "a step counts less where the noise is greater"
    assert (right[:, 0] == 0).all(), "a step to what was not measured is none"
    assert (seen[:, 8, 0, 3] == 0).all() and (seen[:, 8].sum(dim=(1, 2)) == 23).all()


def test_the_network_takes_any_size_and_comes_back_from_its_file(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = AffinityNet(TINY).eval()
    for shape in ((16, 24), (17, 31), (5, 9)):
        assert net(torch.zeros(1, INPUTS, *shape)).shape == (1, len(OFFSETS) + 1, *shape)
    path = tmp_path / "tiny.safetensors"
    save(path, net.state_dict(), TINY)
    x = torch.rand(1, INPUTS, 16, 16)
    with torch.inference_mode():
        torch.testing.assert_close(load(path)(x), net(x), atol=0.02, rtol=0.02)
    with pytest.raises(FileNotFoundError, match="instruct2act train affinity"):
        load(tmp_path / "none.safetensors")


@pytest.mark.needs("weights")
def test_a_file_of_another_network_is_refused() -> None:
    from skills.backends.weights import PATHS

    with pytest.raises(ValueError, match="no checkpoint that `instruct2act train affinity` makes"):
        load(PATHS["sam"])


@pytest.mark.needs("weights")
def test_large_pictures_do_without() -> None:
    segmenter = build()
    small = segmenter.encode(Image(np.full((64, 96, 3), 90, np.uint8)))
    told = segmenter.affinities(small)
    assert told is not None and told.shape == (len(OFFSETS) + 1, 64, 96) and told.min() >= 0 and told.max() <= 1
    large = segmenter.encode(Image(np.full((300, 600, 3), 90, np.uint8)))
    assert segmenter.affinities(large) is None
