"""Agglomeration: what is added up of regions, what a judge is told of two, and what becomes of its judgment."""

from __future__ import annotations

from dataclasses import fields
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from instruct2act.training.engine import pictures
from instruct2act.training.evaluate_sam import evaluate, noisy
from skills.backends.sam import build
from skills.backends.sam.affinity.network import OFFSETS
from skills.backends.sam.affinity.regions import sides
from skills.backends.sam.agglomeration import judge as judges
from skills.backends.sam.agglomeration import sums
from skills.backends.sam.agglomeration.judge import Judge, JudgeConfig
from skills.backends.sam.agglomeration.merging import agglomerated, things
from skills.backends.sam.agglomeration.scene import Scene
from skills.backends.sam.agglomeration.sums import Pairs, Regions
from skills.backends.sam.agglomeration.traits import NEAR, SAME, TRAITS, traits
from skills.backends.sam.color.outline import Piece
from skills.backends.weights import files
from skills.types import Bool, Float, Int


def affinities(truth: Int) -> Float:
    """The truth about a segmentation: 1 within a thing, 0 across; and what shows one."""
    told = np.zeros((len(OFFSETS) + 1, *truth.shape))
    for layer, offset in zip(told, OFFSETS):
        a, b = sides(offset)
        layer[a] = truth[a] == truth[b]
    told[-1] = truth > 0
    return told


def tiles(rng: np.random.Generator, shape: tuple[int, int] = (40, 60)) -> Int:
    """Things 1 to 12 that touch, and table, in tiles."""
    rows, columns = shape[0] // 10, shape[1] // 10
    drawn = rng.permutation(rows * columns).reshape(rows, columns)
    return np.kron(np.where(drawn < 12, drawn + 1, 0), np.ones((10, 10), int))


def scene(told: Float, pieces: list[Piece] | None = None, rng: np.random.Generator | None = None) -> Scene:
    """What is known of a picture of noise without depth; with a generator also heights, some not measured."""
    colors = np.random.default_rng(0).integers(0, 256, (*told.shape[1:], 3), dtype=np.uint8)
    of = Scene.of(colors, told, pieces or [], None, None)
    if rng is None:
        return of
    height = rng.uniform(0, 0.05, told.shape[1:]).astype(np.float32)
    height[rng.random(height.shape) < 0.05] = np.nan
    given = {each.name: getattr(of, each.name) for each in fields(of)} | {
        "raw": height,
        "height": height,
        "noise": 0.001,
    }
    return Scene(**given)


def by_nearness(seen: Float) -> Float:
    return np.asarray(seen[:, NEAR], np.float64)


def same(a: Int, b: Int) -> bool:
    """Whether two labellings part a picture alike."""
    both = np.unique(np.stack([a.ravel(), b.ravel()]), axis=1)
    return len(np.unique(both[0])) == len(np.unique(both[1])) == both.shape[1] and bool(((a == 0) == (b == 0)).all())


def test_the_truth_gives_the_true_things_each_once() -> None:
    for seed in range(5):
        truth = tiles(np.random.default_rng(seed))
        assert same(agglomerated(scene(affinities(truth)), by_nearness), truth)


def test_doubtful_affinities_give_them_where_no_neighbours_are_sure() -> None:
    rng = np.random.default_rng(1)
    truth = tiles(rng)
    told = np.clip(0.2 + 0.6 * affinities(truth) + rng.normal(0, 0.1, (len(OFFSETS) + 1, *truth.shape)), 0, 0.97)
    told[-1] = truth > 0
    of = scene(told)
    assert of.parts().max() > 300, "no thing holds together by itself"
    assert same(agglomerated(of, by_nearness, together=0.5), truth)


def test_the_surface_takes_what_is_one_with_it() -> None:
    truth = np.zeros((20, 30), int)
    truth[5:15, 5:12], truth[5:15, 16:24] = 1, 2
    told = affinities(np.where(truth == 2, 0, truth))
    told[-1] = truth > 0  # it seems to show a thing
    found = agglomerated(scene(told), by_nearness)
    assert same(found, np.where(truth == 2, 0, truth))
    assert (found[truth == 2] == 0).all()


def test_nobody_joins_anything_above_a_chance_of_one_and_everybody_everything_above_none() -> None:
    told = np.full((len(OFFSETS) + 1, 12, 16), 0.7)
    of = scene(told)
    assert len(np.unique(agglomerated(of, by_nearness, together=1.0))) == 12 * 16
    assert len(np.unique(agglomerated(of, by_nearness, together=0.0))) == 1


def test_a_picture_that_shows_nothing() -> None:
    nothing = np.zeros((len(OFFSETS) + 1, 20, 30))
    assert not agglomerated(scene(nothing), by_nearness).any()
    assert things(np.zeros((20, 30), int), [], np.zeros((20, 30), int)) == []


def test_of_two_masks_the_smaller_is_known_where_they_overlap() -> None:
    large, small = np.zeros((20, 30), bool), np.zeros((20, 30), bool)
    large[2:18, 2:28], small[6:10, 6:12] = True, True
    of = scene(np.zeros((len(OFFSETS) + 1, 20, 30)), [(large, (0,)), (small, (1,))])
    assert (of.known == np.where(small, 2, large)).all()
    assert (of.shown == large).all()


def test_a_thing_is_made_of_the_mask_that_it_shares_most_with_or_of_none() -> None:
    left, right = (np.zeros((20, 40), bool) for _ in range(2))
    left[4:16, 6:20], right[4:16, 20:34] = True, True
    known = np.where(left, 1, 2 * right.astype(int))
    both = np.where(left | right, 5, 0)
    both[:, 31:][right[:, 31:]] = 7
    both[0, :3] = 9
    found = things(both, [(left, (3,)), (right, (4,))], known)
    assert [made_of for _, made_of in found] == [(3,), (4,), ()]
    assert [np.count_nonzero(mask) for mask, _ in found] == [12 * 25, 12 * 3, 3]


def test_sums_of_joined_regions_are_those_of_the_whole() -> None:
    rng = np.random.default_rng(2)
    truth = tiles(rng)
    of = scene(affinities(truth), [(truth == 1, (0,)), ((truth > 1) & (truth < 5), (1,))], rng)
    fine = sums.regions(of, truth)
    into, gone = np.array([1, 1, 4, 0]), np.array([2, 3, 5, 6])
    fine.join(into, gone)
    to = np.arange(13)
    to[gone] = into
    whole = sums.regions(of, to[truth])
    kept = np.setdiff1d(np.arange(13), gone)
    for each in fields(Regions):
        np.testing.assert_allclose(getattr(fine, each.name)[kept], getattr(whole, each.name)[kept], err_msg=each.name)


def test_pairs_of_joined_regions_are_those_of_the_whole_and_tell_what_lies_across() -> None:
    rng = np.random.default_rng(3)
    truth = tiles(rng)
    mask: Bool = (truth == 1) | (truth == 2)
    of = scene(affinities(truth) * 0.8 + 0.1, [(mask, (0,))], rng)
    fine = sums.pairs(of, truth, sums.regions(of, truth).known)
    to = np.arange(13)
    to[[2, 3]] = 1
    one, other = to[fine.one], to[fine.other]
    apart = one != other
    joined = sums.gathered(np.minimum(one, other)[apart], np.maximum(one, other)[apart], fine.sums[apart])
    whole = sums.pairs(of, to[truth], sums.regions(of, to[truth]).known)
    told = whole.sums[:, sums.TOLD] > 0
    for name in ("one", "other", "sums"):
        got = getattr(joined, name)[joined.sums[:, sums.TOLD] > 0]
        np.testing.assert_allclose(got, getattr(whole, name)[told], err_msg=name)
    assert (fine.one < fine.other).all()
    near = fine.sums[:, sums.NEAR] / np.maximum(fine.sums[:, sums.NEAR_COUNT], 1)
    np.testing.assert_allclose(near[fine.sums[:, sums.NEAR_COUNT] > 0], 0.1, atol=1e-6)
    beside = (fine.one == 1) & (fine.other == 2)
    assert beside.any(), "parts of one mask are a pair wherever they lie"


def test_sums_across_are_those_over_each_pair_of_pixels() -> None:
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 3, (9, 21)).repeat(2, axis=0).repeat(2, axis=1)  # the surface is one of three
    of = scene(rng.random((len(OFFSETS) + 1, *labels.shape)), rng=rng)
    every = sums.pairs(of, labels, sums.regions(of, labels).known)
    wanted = np.zeros((3, 3, every.sums.shape[1]))
    for layer, (down, right) in zip(of.affinity, OFFSETS):
        length = max(abs(down), abs(right))
        for y, x in np.ndindex(labels.shape):
            there = y + down, x + right
            if not (0 <= there[0] < labels.shape[0] and 0 <= there[1] < labels.shape[1]):
                continue
            a, b = sorted((labels[y, x], labels[there]))
            step = down // length, right // length
            between = [labels[y + n * step[0], x + n * step[1]] for n in range(1, length)]
            row = wanted[a, b]
            row[sums.NEAR if length <= 3 else sums.FAR] += layer[y, x]
            row[sums.NEAR_COUNT if length <= 3 else sums.FAR_COUNT] += 1
            row[sums.TOLD] += 1
            row[sums.LINKED] += all(between)
            if length == 1:
                change = of.rgb[y, x].astype(float) - of.rgb[there]
                row[sums.CONTACTS] += 1
                row[sums.DIRECT] += layer[y, x]
                row[sums.CHANGES] += np.abs(change).mean() / 255
                row[sums.ABOVE] += layer[y, x] > 0.9
    columns = [sums.NEAR, sums.FAR, sums.NEAR_COUNT, sums.FAR_COUNT, sums.TOLD, sums.LINKED]
    columns += [sums.CONTACTS, sums.DIRECT, sums.CHANGES, sums.ABOVE]
    assert list(zip(every.one, every.other)) == [(0, 1), (0, 2), (1, 2)]
    np.testing.assert_allclose(every.sums[:, columns], wanted[every.one, every.other][:, columns], rtol=1e-5)
    assert 0 < wanted[1, 2, sums.LINKED] < wanted[1, 2, sums.TOLD]


def test_two_masks_with_the_surface_between_are_no_pair() -> None:
    left, between, right = (np.zeros((20, 40), bool) for _ in range(3))
    left[5:12, 10:16], between[5:12, 16:20], right[5:12, 20:26] = True, True, True
    told = np.ones((len(OFFSETS) + 1, 20, 40))

    def paired(labels: Int, *masks: Bool) -> bool:
        of = scene(told, [(mask, (number,)) for number, mask in enumerate(masks)])
        every = sums.pairs(of, labels, sums.regions(of, labels).known)
        return bool(((every.one == 1) & (every.other == 2)).any())

    apart = np.where(left, 1, 2 * right)
    assert not paired(apart, left, right)
    assert paired(np.where(between, 3, apart), left, right), "it may hide that they are one"
    between[:, 17] = False
    assert not paired(np.where(between, 3, apart), left, right), "not if it does not touch them"
    between[5:12, 17] = True
    assert paired(apart, left), "what is no mask may be a part"
    assert paired(np.where(between, 1, apart), left, right), "they touch"


def test_traits_do_not_depend_on_the_order_and_are_finite() -> None:
    rng = np.random.default_rng(4)
    truth = np.array([0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 12])[tiles(rng)]
    for of in (scene(affinities(truth), [(truth == 1, (0,))], rng), scene(affinities(truth))):
        labels = np.unique(truth, return_inverse=True)[1].reshape(truth.shape)
        regions = sums.regions(of, labels)
        pairs = sums.pairs(of, labels, regions.known)
        every = np.arange(len(pairs.one))
        seen = traits(regions, pairs, every, of.noise)
        assert seen.shape == (len(every), TRAITS) and seen.dtype == np.float32 and np.isfinite(seen).all()
        differ = regions.area[pairs.one] != regions.area[pairs.other]  # of equals nobody comes first
        beside = pairs.one > 0
        turned = traits(regions, Pairs(pairs.other, pairs.one, pairs.sums), every, of.noise)
        assert (seen[:, SAME] == turned[:, SAME]).all()
        changed = np.abs(seen - turned)[differ & beside].max(axis=0)
        assert np.count_nonzero(changed) <= 2, "but for how much of their rims lies on the surface"


def test_a_flat_region_lies_on_its_plane_and_a_higher_one_does_not() -> None:
    truth = np.zeros((40, 60), int)
    truth[10:30, 10:30], truth[10:30, 30:50] = 1, 2
    of = scene(affinities(truth))
    y, x = np.mgrid[:40, :60]
    sloped = (0.02 + 0.0002 * x + 0.0001 * y).astype(np.float32)

    def off(step: float) -> Float:
        height = np.where(truth == 2, sloped + step, sloped).astype(np.float32)
        given = {each.name: getattr(of, each.name) for each in fields(of)} | {"raw": height, "height": height}
        regions = sums.regions(Scene(**given), truth)
        pairs = sums.pairs(Scene(**given), truth, regions.known)
        return traits(regions, pairs, np.flatnonzero((pairs.one == 1) & (pairs.other == 2)), 0.0)[0]

    level, higher = off(0.0), off(0.01)
    changed = np.flatnonzero(np.abs(level - higher) > 0.1)
    assert len(changed) >= 3, "step, distance from the other's plane, and from their common one"


def test_what_a_judge_says_is_the_mean_of_its_members() -> None:
    judge = Judge(JudgeConfig(8, members=3)).eval()
    seen = np.random.default_rng(0).normal(size=(5, TRAITS)).astype(np.float32)
    each = torch.sigmoid(judge(torch.from_numpy(seen).expand(3, -1, -1))).detach().numpy()
    assert each.std(axis=0).min() > 1e-4, "no two are the same"
    np.testing.assert_allclose(judge.chances(seen), each.mean(axis=0), atol=1e-6)


def test_the_judge_comes_back_from_its_file(tmp_path: Path) -> None:
    judge = Judge(JudgeConfig(8, members=3)).eval()
    judge.deviation.fill_(2.0)
    path = tmp_path / "judge.safetensors"
    judges.save(path, judge)
    seen = np.random.default_rng(0).normal(size=(5, TRAITS)).astype(np.float32)
    np.testing.assert_allclose(judges.load(path).chances(seen), judge.chances(seen), atol=0.01)
    with pytest.raises(FileNotFoundError, match="instruct2act train agglomeration"):
        judges.load(tmp_path / "none.safetensors")


def test_a_file_that_does_not_hold_what_its_header_says_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "judge.safetensors"
    files.write(path, Judge(JudgeConfig(8, members=3)).state_dict(), "agglomeration", {"width": 8})
    with pytest.raises(ValueError, match=r"does not hold the weights of 'agglomeration'.*members\.3"):
        judges.load(path)


@pytest.mark.needs("weights")
def test_a_file_of_another_network_is_no_judge() -> None:
    from skills.backends.weights import PATHS

    with pytest.raises(ValueError, match="no checkpoint that `instruct2act train agglomeration` makes"):
        judges.load(PATHS["affinity"])


@pytest.mark.slow
@pytest.mark.needs("weights")
@pytest.mark.parametrize("kind", ["no depth", "exact", "noisy"])
def test_with_a_judge_more_is_told_apart_and_fewer_masks_are_false(kind: str) -> None:
    drawn = list(islice(pictures(np.random.default_rng(77), whole=True), 12))
    seen = [noisy(picture, number) for number, picture in enumerate(drawn)] if kind == "noisy" else drawn
    with_it, without = (
        evaluate(build(agglomeration=name), seen, np.random.default_rng(0), depth=kind != "no depth")
        for name in ("", None)
    )
    found, before = (sum(sum(of) for of in tally.recalled.values()) for tally in (with_it, without))
    assert found > before, (found, before)
    assert np.mean(with_it.false) < np.mean(without.false)
