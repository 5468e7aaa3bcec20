"""Affinities: what the network sees, the regions that affinities make, and how they are weighed against masks."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from instruct2act.training.engine import pictures
from instruct2act.training.evaluate_sam import evaluate, noisy
from skills.backends.sam import build
from skills.backends.sam.affinity.network import INPUTS, OFFSETS, AffinityConfig, AffinityNet, layers, load, save
from skills.backends.sam.affinity.regions import absorbed, components, regions, sides
from skills.backends.sam.affinity.weighing import weighed
from skills.types import Bool, Float, Image, Int

TINY = AffinityConfig((4, 6, 8))


def affinities(things: Int, surely: float = 1.0) -> Float:
    """The truth about a segmentation: 1 within a thing, 0 across."""
    told = np.zeros((len(OFFSETS), *things.shape))
    for layer, offset in zip(told, OFFSETS):
        a, b = sides(offset)
        layer[a] = surely * (things[a] == things[b])
    return told


def tiles(rng: np.random.Generator, shape: tuple[int, int] = (40, 60)) -> Int:
    """Things 1 to 12 that touch, and table, in tiles."""
    rows, columns = shape[0] // 10, shape[1] // 10
    drawn = rng.permutation(rows * columns).reshape(rows, columns)
    return np.kron(np.where(drawn < 12, drawn + 1, 0), np.ones((10, 10), int))


def same(a: Int, b: Int) -> bool:
    """Whether two labellings part a picture alike."""
    both = np.unique(np.stack([a.ravel(), b.ravel()]), axis=1)
    return len(np.unique(both[0])) == len(np.unique(both[1])) == both.shape[1] and bool(((a == 0) == (b == 0)).all())


@pytest.mark.parametrize("offset", OFFSETS)
def test_sides_are_what_an_offset_says(offset: tuple[int, int]) -> None:
    y, x = np.mgrid[:20, :30]
    a, b = sides(offset)
    assert y[a].size and (y[b] - y[a] == offset[0]).all() and (x[b] - x[a] == offset[1]).all()


def test_the_truth_gives_the_true_regions_each_once() -> None:
    for seed in range(5):
        things = tiles(np.random.default_rng(seed))
        found = regions(affinities(things), things > 0)
        assert same(found, things) and set(np.unique(found)) == set(range(13))


def test_noisy_affinities_give_the_true_regions_where_a_cut_of_their_neighbours_does_not() -> None:
    rng = np.random.default_rng(1)
    things = tiles(rng)
    told = np.clip(0.2 + 0.6 * affinities(things) + rng.normal(0, 0.15, (len(OFFSETS), *things.shape)), 0, 1)
    assert not same(components(told, things > 0, sure=0.5), things)
    assert same(regions(told, things > 0), things)


def test_a_picture_that_is_all_one_thing_or_none() -> None:
    everywhere = np.ones((12, 16), bool)
    told = np.ones((len(OFFSETS), 12, 16))
    assert (regions(told, everywhere) == 1).all()
    assert len(np.unique(regions(0 * told, everywhere))) == 12 * 16
    assert not regions(told, ~everywhere).any()


def test_far_pairs_keep_apart_what_a_leak_between_neighbours_joins() -> None:
    things = np.ones((20, 40), int)
    things[:, 20:] = 2
    told = affinities(things)
    told[0, 8:12, 19] = 1.0  # the direct neighbours across are taken for one here
    assert (components(told, things > 0) == 1).all()
    halves = np.where(np.arange(40) < 20, 1, 2)[None].repeat(20, axis=0)
    assert same(regions(told, things > 0, first=halves), things)


def halves(shape: tuple[int, int] = (20, 40)) -> tuple[Bool, Bool]:
    left = np.zeros(shape, bool)
    left[4:16, 6:20] = True
    right = np.zeros(shape, bool)
    right[4:16, 20:34] = True
    return left, right


@pytest.mark.parametrize(("faith", "parts"), [(0.0, 2), (0.3, 2), (0.45, 1), (0.6, 1)])
def test_what_masks_join_is_parted_where_affinities_are_surer(faith: float, parts: int) -> None:
    left, right = halves()
    told = 0.1 + 0.8 * affinities(left + 2 * right)
    found = weighed(told, left | right, [(left | right, (7,))], faith)
    assert len(found) == parts and all(made_of == (7,) for _, made_of in found)
    assert (np.logical_or.reduce([mask for mask, _ in found]) == (left | right)).all()


@pytest.mark.parametrize(("faith", "parts"), [(0.0, 1), (0.3, 1), (0.45, 2), (0.6, 2)])
def test_what_masks_part_is_joined_where_affinities_are_surer(faith: float, parts: int) -> None:
    left, right = halves()
    told = 0.1 + 0.8 * affinities((left | right).astype(int))
    found = weighed(told, left | right, [(left, (0,)), (right, (1,))], faith)
    assert len(found) == parts
    for mask, made_of in found:
        assert made_of == ((1,) if (mask & right).sum() > (mask & left).sum() else (0,))


def test_what_no_mask_covers_is_found_and_is_made_of_none() -> None:
    left, right = halves()
    told = affinities(left + 2 * right)
    found = weighed(told, left | right, [(left, (3,))], 0.35)
    assert [made_of for _, made_of in found] == [(3,), ()]
    assert (found[0][0] == left).all() and (found[1][0] == right).all()


def test_a_sheet_whose_middle_is_hidden_stays_one_and_parts_that_affinities_part_do_not() -> None:
    sheet = np.zeros((30, 60), bool)
    sheet[10:20, 5:55] = True
    bar = np.zeros_like(sheet)
    bar[2:28, 20:40] = True
    things = np.where(bar, 2, sheet.astype(int))
    told = affinities(things)
    found = weighed(told, sheet | bar, [(sheet & ~bar, (0,)), (bar, (1,))], 0.3)
    assert sorted(np.count_nonzero(mask) for mask, _ in found) == [300, 520], "nothing reaches across the bar"
    found = weighed(told, sheet | bar, [(sheet | bar, (0,))], 0.3)
    assert sorted(np.count_nonzero(mask) for mask, _ in found) == [300, 520], (
        "the bar comes off, its two sides stay one"
    )


@pytest.mark.parametrize(("exact", "parts"), [(True, 1), (False, 2)])
def test_a_part_that_is_fairly_sure_of_its_neighbour_goes_to_it_where_depth_is_exact(exact: bool, parts: int) -> None:
    left, right = halves()
    told = np.where(affinities(left + 2 * right) > 0, 0.95, 0.85) * affinities((left | right).astype(int))
    # Masks that part them leave 0.55 of the 0.85 across: 0.47, less than a half.
    found = weighed(told, left | right, [(left, (0,)), (right, (1,))], 0.45, exact)
    assert len(found) == parts
    told = 0.5 * affinities((left | right).astype(int)) + 0.45 * affinities(left + 2 * right)
    assert len(weighed(told, left | right, [(left, (0,)), (right, (1,))], 0.45, exact)) == 2, "not where it is unsure"


def test_specks_go_to_the_neighbour_that_they_belong_to() -> None:
    things = np.ones((20, 30), int)
    things[:, 15:] = 2
    parted = things.copy()
    parted[5:8, 8:11] = 3
    parted[15:18, 20:23] = 4
    told = 0.4 * affinities(things)
    assert (absorbed(told, parted, 30, 0.25) == things).all()
    assert len(np.unique(absorbed(told, parted, 30, 0.5))) == 4, "not where none is likely"
    assert len(np.unique(absorbed(told, parted, 5, 0.25))) == 4, "not what is larger"


def test_a_speck_between_two_things_never_joins_them() -> None:
    things = np.ones((20, 33), int)
    things[:, 15:18], things[:, 18:] = 3, 2
    told = np.full((len(OFFSETS), *things.shape), 0.3)
    found = absorbed(told, np.where(np.arange(20)[:, None] < 8, things, 0), 30, 0.25)
    assert set(np.unique(found)) == {0, 1, 2}


def test_where_nothing_is_shown_nothing_is_found() -> None:
    nothing = np.zeros((20, 30), bool)
    told = np.ones((len(OFFSETS), 20, 30))
    assert weighed(told, nothing, [], 0.3) == [] and not regions(told, nothing).any()
    assert weighed(told, nothing, [(nothing, (0,))], 0.3) == []


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


@pytest.mark.slow
@pytest.mark.needs("weights")
def test_with_affinities_more_is_told_apart_where_depth_is_noisy_and_fewer_masks_are_false() -> None:
    drawn = list(islice(pictures(np.random.default_rng(77), whole=True), 30))
    seen = [noisy(picture, number) for number, picture in enumerate(drawn)]
    with_them, without = (
        evaluate(build(**settings), seen, np.random.default_rng(0), depth=True)
        for settings in ({}, {"faith": 1.0, "faith_noisy": 1.0})
    )
    found, before = (sum(sum(of) for of in tally.recalled.values()) for tally in (with_them, without))
    assert found > before, (found, before)
    assert np.mean(with_them.false) < np.mean(without.false)
