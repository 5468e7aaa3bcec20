from dataclasses import replace

import cv2
import numpy as np
import pytest

from sim.cameras import TOP, CameraSpec
from sim.objects import SHAPES
from sim.shapes import slab
from sim.textures import TEXTURES
from sim.world import World
from skills.backends.sam.agreement.account import agreed
from skills.backends.sam.color.outline import filled
from skills.backends.sam.depth.relief import EXACT, relief
from skills.backends.sam.depth.solids import closed, solids
from skills.types import Image, Pose

SLANTED = CameraSpec("any", (-0.3, 0.1, 0.9), (0.5, 0.0, 0.0), fov_y=0.6)


@pytest.fixture(scope="module")
def world():
    with World() as world:
        yield world


def standing(world, *things, camera=TOP, texture="red"):
    """A picture of boxes (x, y, width, depth, height) and shapes (name, x, y, z), and the mask of each."""
    world.clear()
    ids = []
    for name, *at in things:
        shape = slab("block", *at[2:]) if name == "box" else SHAPES[name]
        z = at[2] if name != "box" else 0.0
        ids.append(world.add(shape, TEXTURES[texture], Pose(at[0], at[1], z), fixed=True))
    view = world.render(camera, depth=True, segmentation=True)
    truths = [view.truth.segmentation == id for id in ids]
    return Image(view.rgb, view=view.without_truth()), truths


def noisy(image, metres=0.003, lost=0.02):
    rng = np.random.default_rng(0)
    depth = image.view.depth_m + rng.normal(0.0, metres, image.shape)
    depth[rng.random(image.shape) < lost] = 0.0
    return replace(image, view=replace(image.view, depth_m=depth.astype(np.float32)))


def iou(a, b):
    return np.count_nonzero(a & b) / np.count_nonzero(a | b)


def things(image, pieces):
    """The masks that come of pieces by colour and of the picture's depth."""
    seen = relief(image)
    return [mask for mask, _ in agreed(image.rgb, seen, solids(seen, image.view), pieces)]


BESIDE = (("box", 0.45, 0.0, 0.1, 0.1, 0.05), ("box", 0.55, 0.0, 0.1, 0.1, 0.08))


@pytest.mark.parametrize("camera", [TOP, SLANTED], ids=["above", "slanted"])
@pytest.mark.parametrize("things_there", [BESIDE, BESIDE[::-1]], ids=["tall behind", "tall listed first"])
def test_touching_boxes_of_one_colour_and_different_height_come_apart(world, camera, things_there):
    image, truths = standing(world, *things_there, camera=camera)
    together = np.logical_or.reduce(truths)
    found = things(image, [(together, (0,))])
    assert len(found) == 2
    for truth in truths:
        assert max(iou(mask, truth) for mask in found) > 0.85


@pytest.mark.parametrize("texture", ["red", "red swirl", "red and blue stripe"])
def test_a_lower_handle_belongs_to_its_pan(world, texture):
    image, (truth,) = standing(world, ("pan", 0.5, 0.0, 0.0), texture=texture)
    found = things(image, [(truth, (0,))])
    assert len(found) == 1 and iou(found[0], truth) > 0.9


@pytest.mark.parametrize("camera", [TOP, SLANTED], ids=["above", "slanted"])
def test_a_box_of_one_height_is_whole_whichever_part_of_its_pattern_a_mask_has(world, camera):
    image, (truth,) = standing(world, ("box", 0.5, 0.0, 0.16, 0.16, 0.05), camera=camera, texture="red and blue stripe")
    middle = np.argwhere(truth).mean(axis=0)
    half = truth & (np.arange(truth.shape[1])[None] < middle[1])
    found = things(image, [(half, (0,)), (truth & ~half, (1,))])
    assert len(found) == 1
    assert iou(found[0], truth) > 0.97


def test_boxes_of_one_height_side_by_side_are_told_apart_by_colour(world):
    world.clear()
    shape = slab("block", 0.1, 0.1, 0.05)
    ids = [world.add(shape, TEXTURES[name], Pose(x, 0.0), fixed=True) for name, x in (("red", 0.453), ("green", 0.547))]
    view = world.render(TOP, depth=True, segmentation=True)
    one, other = (view.truth.segmentation == id for id in ids)
    image = Image(view.rgb, view=view.without_truth())
    assert solids(relief(image), view).solid.max() == 1, "depth alone sees one block"
    found = things(image, [(one, (0,)), (other, (1,))])
    assert sorted(iou(mask, truth) > 0.95 for mask in found for truth in (one, other)) == [False, False, True, True]


def test_a_pattern_of_the_table_is_no_thing_and_what_colours_missed_is_one(world):
    image, (truth,) = standing(world, ("box", 0.5, 0.1, 0.1, 0.1, 0.05))
    stripe = np.zeros(image.shape, bool)
    stripe[40:60, 20:80] = True
    (found,) = things(image, [(stripe & ~truth, (0,))])
    assert iou(found, truth) > 0.97


@pytest.mark.parametrize("container", ["bowl", "pan", "container"])
@pytest.mark.parametrize("x", [0.5, 0.27], ids=["whole", "cut off by the picture's border"])
def test_a_container_is_one_thing_and_what_lies_in_it_another(world, container, x):
    things_there = [(container, x, 0.0, 0.0), ("small block", x, 0.0, SHAPES[container].floor)]
    image, (outer, inner) = standing(world, *things_there)
    found = solids(relief(image), image.view).solid
    for truth in (outer, inner):
        label = np.bincount(found[truth]).argmax()
        assert label
        assert iou(found == label, truth) > 0.8


def test_the_plane_is_found_whatever_its_height_and_a_few_degrees_off(world):
    image, (truth,) = standing(world, ("box", 0.5, 0.1, 0.1, 0.1, 0.05), camera=SLANTED)
    camera = image.view.camera
    off = np.eye(4)
    off[:3, :3] = [[np.cos(0.05), 0, np.sin(0.05)], [0, 1, 0], [-np.sin(0.05), 0, np.cos(0.05)]]
    off[2, 3] = 0.13
    moved = replace(camera, base_from_camera=off @ camera.base_from_camera)
    seen = relief(replace(image, view=replace(image.view, camera=moved)))
    assert iou(seen.raised, truth) > 0.99
    assert seen.height[truth].max() == pytest.approx(0.05, abs=0.002)


def test_a_thing_as_thin_as_a_mark_does_not_tilt_the_plane(world):
    image, (truth, _) = standing(world, ("square", 0.5, -0.2, 0.0), ("small block", 0.5, 0.3, 0.0))
    seen = relief(image)
    assert seen.noise <= EXACT
    assert iou(seen.raised & (seen.height < 0.005), truth) > 0.97


def test_noisy_depth_parts_what_it_is_sure_of_and_leaves_the_rest_to_colour(world):
    image, truths = standing(world, *BESIDE)
    image = noisy(image)
    seen = relief(image)
    assert 0.0004 < seen.noise < 0.003
    found = things(image, [(np.logical_or.reduce(truths), (0,))])
    assert len(found) == 2
    for truth in truths:
        assert max(iou(mask, truth) for mask in found) > 0.85
    bowl, (whole,) = standing(world, ("bowl", 0.5, 0.0, 0.0))
    (kept,) = things(noisy(bowl), [(whole, (0,))])
    np.testing.assert_array_equal(kept, whole)
    mark, (thin,) = standing(world, ("line", 0.5, 0.0, 0.0))
    (kept,) = things(noisy(mark), [(thin, (0,))])
    np.testing.assert_array_equal(kept, thin)


def test_what_was_not_measured_stays_with_the_mask_that_has_it(world):
    image, (truth,) = standing(world, ("box", 0.5, 0.0, 0.16, 0.16, 0.05))
    middle = np.argwhere(truth).mean(axis=0).astype(int)
    depth = image.view.depth_m.copy()
    depth[middle[0] - 5 : middle[0] + 5, middle[1] - 5 : middle[1] + 5] = 0.0
    lacking = replace(image, view=replace(image.view, depth_m=depth))
    (found,) = things(lacking, [(truth, (0,))])
    np.testing.assert_array_equal(found, truth)


def test_holes_in_depth_inside_a_thing_are_no_heights(world):
    _, (truth,) = standing(world, ("box", 0.5, 0.0, 0.16, 0.16, 0.05))
    raised = truth.copy()
    height = np.where(truth, 0.05, 0.0)
    height[np.argwhere(truth)[::3, 0], np.argwhere(truth)[::3, 1]] = np.nan
    full = closed(height, raised, 0.004)
    assert np.isfinite(full).all() and full[truth].max() == pytest.approx(0.05)
    assert not closed(np.full(truth.shape, np.nan), raised, 0.004).any()


def test_pictures_without_depth_or_without_a_plane_have_no_relief(world):
    image, _ = standing(world, ("box", 0.5, 0.0, 0.16, 0.16, 0.05))
    assert relief(Image(image.rgb)) is None
    assert relief(replace(image, view=replace(image.view, depth_m=None))) is None
    assert relief(replace(image, view=replace(image.view, depth_m=np.zeros(image.shape, np.float32)))) is None
    rough = image.view.depth_m + np.random.default_rng(0).uniform(0.0, 0.3, image.shape).astype(np.float32)
    assert relief(replace(image, view=replace(image.view, depth_m=rough))) is None


def test_the_segmenter_answers_with_depth_where_a_picture_has_it(world):
    from skills.backends.sam import build

    image, truths = standing(world, *BESIDE)
    segmenter = build()
    encoded = segmenter.encode(image)
    points = [np.argwhere(truth).mean(axis=0)[::-1] for truth in truths]
    picked = segmenter.prompt(encoded, points=np.array(points)[:, None]).best()[0]
    everything = [mask.array for mask in segmenter.everything(encoded)]
    assert len(everything) == 2
    for truth, answer in zip(truths, picked):
        assert iou(answer, truth) > 0.95
        assert max(iou(mask, truth) for mask in everything) > 0.95
    blind = replace(image, view=replace(image.view, depth_m=None))
    alone, without = (segmenter.everything(segmenter.encode(seen)) for seen in (Image(image.rgb), blind))
    assert [mask.area for mask in alone] == [mask.area for mask in without]


def test_thin_things_that_cross_are_parted_by_colour_where_depth_sees_one(world):
    world.clear()
    line = world.add(SHAPES["line"], TEXTURES["red"], Pose(0.5, 0.0), fixed=True)
    under = world.add(SHAPES["square"], TEXTURES["green"], Pose(0.5, 0.0), fixed=True)
    view = world.render(TOP, depth=True, segmentation=True)
    parts = [mask for id in (line, under) if (mask := view.truth.segmentation == id).any()]
    image = Image(view.rgb, view=view.without_truth())
    found = things(image, [(mask, (i,)) for i, mask in enumerate(parts)])
    assert len(found) == len(parts)
    for truth in parts:
        assert max(iou(mask, truth) for mask in found) > 0.9


@pytest.mark.parametrize("known", ["nothing", "a half", "all of it"])
def test_a_line_across_a_frame_is_whole_however_much_of_it_a_mask_has(world, known):
    world.clear()
    frame = world.add(SHAPES["three-sided rectangle"], TEXTURES["green swirl"], Pose(0.5, 0.0), fixed=True)
    line = world.add(SHAPES["line"], TEXTURES["polka-dot"], Pose(0.5, 0.0, 0.001), fixed=True)
    view = world.render(TOP, depth=True, segmentation=True)
    image, across = Image(view.rgb, view=view.without_truth()), view.truth.segmentation == line
    under = view.truth.segmentation == frame
    shown = {"nothing": across & False, "a half": across & (np.arange(256) < 128), "all of it": across}[known]
    pieces = [(mask, (i,)) for i, mask in enumerate([(under | across) & ~shown, shown]) if mask.any()]
    found = things(image, pieces)
    assert len(found) == 2
    for truth in (across, under):
        assert max(iou(mask, truth) for mask in found) > 0.9


def test_a_thin_frame_painted_in_stretches_is_one_thing_to_exact_depth(world):
    image, (truth,) = standing(world, ("square", 0.5, 0.0, 0.0), texture="green")
    half = truth & (np.arange(256) < 128)
    rgb = image.rgb.copy()
    rgb[half] = (160, 60, 160)
    (found,) = things(replace(image, rgb=rgb), [(half, (0,)), (truth & ~half, (1,))])
    assert iou(found, truth) > 0.95


def test_a_line_of_a_frames_very_colours_is_seen_by_its_height(world):
    image, truths = standing(world, ("three-sided rectangle", 0.5, 0.0, 0.0), ("line", 0.5, 0.0, 0.0005))
    assert 0.0002 < relief(image).height[truths[1]].min() - relief(image).height[truths[0]].max() < 0.001
    found = things(image, [(np.logical_or.reduce(truths), (0,))])
    assert len(found) == 2
    for truth in truths:
        assert max(iou(mask, truth) for mask in found) > 0.97


def test_a_thin_floor_with_walls_is_one_thing(world):
    image, (truth,) = standing(world, ("square", 0.5, 0.0, 0.0))
    rim = truth & ~cv2.erode(filled(truth).astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    depth = (image.view.depth_m - 0.01 * rim).astype(np.float32)
    found = things(replace(image, view=replace(image.view, depth_m=depth)), [(truth, (0,))])
    assert len(found) == 1 and iou(found[0], truth) > 0.97


def test_a_low_thing_that_rises_evenly_is_one(world):
    image, (truth,) = standing(world, ("square", 0.5, 0.0, 0.0))
    ramp = image.view.depth_m - 0.001 * truth * np.linspace(0, 1, truth.shape[1])
    found = things(replace(image, view=replace(image.view, depth_m=ramp.astype(np.float32))), [(truth, (0,))])
    assert len(found) == 1 and iou(found[0], truth) > 0.97


@pytest.mark.parametrize("below", [0.001, 0.01])
def test_a_lower_floor_beside_the_table_is_no_noise(world, below):
    image, (truth,) = standing(world, ("square", 0.5, 0.0, 0.0))
    depth = image.view.depth_m.copy()
    depth[:6] += below
    seen = relief(replace(image, view=replace(image.view, depth_m=depth)))
    assert seen.noise <= EXACT
    assert iou(seen.raised, truth) > 0.97


@pytest.mark.parametrize("metres", [0.0005, 0.001, 0.003])
def test_noise_is_measured_whatever_lies_beside_the_table(world, metres):
    image, _ = standing(world, ("square", 0.5, 0.0, 0.0), ("small block", 0.5, 0.3, 0.0))
    depth = image.view.depth_m + np.random.default_rng(0).normal(0.0, metres, image.shape)
    depth[:6] += 0.01
    rough = relief(replace(image, view=replace(image.view, depth_m=depth.astype(np.float32))))
    assert rough.noise > EXACT
    spread = 1.4826 * np.median(np.abs(rough.raw[~np.isnan(rough.raw)]))
    assert spread == pytest.approx(metres, rel=0.3)


def test_depth_in_whole_millimetres_is_no_exact_depth(world):
    image, _ = standing(world, ("square", 0.5, 0.0, 0.0), ("small block", 0.5, 0.3, 0.0), camera=SLANTED)
    depth = np.round(image.view.depth_m, 3).astype(np.float32)
    assert relief(replace(image, view=replace(image.view, depth_m=depth))).noise > EXACT
