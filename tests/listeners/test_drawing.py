import itertools

import numpy as np
import pytest

from instruct2act.listeners import drawing, typeset
from instruct2act.listeners.drawing import Sketch
from sim.cameras import STAGE, TOP
from skills.types import Action, Image, Pose

GREY = np.full((128, 256, 3), 60, np.uint8)


def _mask(x: int = 100, y: int = 50, half: int = 12) -> np.ndarray:
    mask = np.zeros((128, 256), np.bool_)
    mask[y - half : y + half + 1, x - half : x + half + 1] = True
    return mask


def test_a_tint_colours_the_mask_and_nothing_else() -> None:
    sketch = Sketch(GREY)
    sketch.tint(_mask(), (230, 159, 0), strength=0.5)
    picture = sketch.finish()
    assert picture.shape == (384, 768, 3)
    inside = picture[3 * 45 : 3 * 55, 3 * 95 : 3 * 105]
    assert np.abs(inside - np.array([145, 109, 30])).max() <= 1
    outside = np.ones((384, 768), np.bool_)
    outside[3 * 36 : 3 * 65, 3 * 86 : 3 * 115] = False
    assert (picture[outside] == 60).all()


def test_an_outline_runs_round_the_edge_and_its_holes_and_leaves_the_inside() -> None:
    ring = _mask(half=20) & ~_mask(half=8)
    sketch = Sketch(GREY)
    sketch.outline(ring, (0, 255, 0), width=1)
    changed = (sketch.picture != 60).any(axis=2)
    rows, columns = np.nonzero(changed)
    assert abs(rows.min() - 3 * 30) <= 2 and abs(columns.max() - 3 * 121) <= 2
    assert changed[3 * 50 + 1, 3 * 100 + 3 * 8 : 3 * 100 + 3 * 10].any(), "the hole's edge is drawn"
    assert not changed[3 * 50 + 1, 3 * 100 + 3 * 12 : 3 * 100 + 3 * 17].any(), "the ring's body is not"


@pytest.mark.parametrize("camera", [TOP.camera(), STAGE.camera((240, 320))], ids=["top", "stage"])
@pytest.mark.parametrize("primitive", ["pick_place", "push"])
def test_an_arrow_runs_through_the_projected_points(camera, primitive) -> None:
    action = Action(primitive, Pose(0.4, -0.3, 0.02), Pose(0.6, 0.25, 0.0))
    base = np.full((camera.height, camera.width, 3), 60, np.uint8)
    sketch = Sketch(base)
    sketch.motion(camera, action, color=(255, 255, 255))
    picture = sketch.finish()
    ends = sketch.at(camera.project([(0.4, -0.3, 0.02), (0.6, 0.25, 0.0)])[0])
    for share in np.linspace(0.1, 0.97, 20):
        x, y = np.round(ends[0] * (1 - share) + ends[1] * share).astype(int)
        assert picture[y, x].min() > 200, f"the shaft is missing at {share:.2f} of its way"
    along = (ends[1] - ends[0]) / np.linalg.norm(ends[1] - ends[0])
    from_start = np.argwhere((picture != 60).any(axis=2))[:, ::-1] - ends[0]
    assert np.abs(from_start @ np.array([-along[1], along[0]])).max() < 20, "nothing is drawn beside the arrow"
    assert (from_start @ along).max() <= np.linalg.norm(ends[1] - ends[0]) + 5, "the head ends where the motion does"


def test_an_arrow_outside_the_picture_draws_nothing_and_does_not_fail() -> None:
    sketch = Sketch(GREY)
    sketch.motion(TOP.camera(), Action("pick_place", Pose(5.0, 5.0), Pose(6.0, 5.0)))
    assert (sketch.picture == 60).all()


def test_a_turn_on_the_spot_shows_its_direction() -> None:
    """Counter-clockwise in the top view: from the right of the picture (+y) towards its top (-x)."""
    camera = TOP.camera()
    start, end = np.pi / 2, np.pi
    sketch = Sketch(GREY)
    sketch.motion(camera, Action("pick_place", Pose(0.5, 0.0, yaw=start), Pose(0.5, 0.0, yaw=end)))
    for angle in np.linspace(start + 0.1, end - 0.3, 6):
        x, y = sketch.at(camera.project([(0.5 + 0.05 * np.cos(angle), 0.05 * np.sin(angle), 0)])[0])[0]
        assert sketch.picture[round(y), round(x)].min() > 150
    x, y = sketch.at(camera.project([(0.55, 0.0, 0)])[0])[0]
    assert (sketch.picture[round(y), round(x)] == 60).all(), "the other half of the circle stays empty"


@pytest.mark.parametrize("count", [3, 12, 30])
def test_labels_never_cover_each_other_and_stay_inside(count: int) -> None:
    rng = np.random.default_rng(count)
    sketch = Sketch(GREY)
    for index in range(count):
        x, y = rng.uniform((0, 0), (256, 128))
        sketch.label(f"{index}  0.97", (x, y), drawing.color_of(index))
    sketch.finish()
    assert len(sketch.placed) == count
    for a, b in itertools.combinations(sketch.placed, 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
    for x0, y0, x1, y1 in sketch.placed:
        assert x0 >= 0 and y0 >= 0 and x1 <= 768 and y1 <= 384


def test_a_label_does_not_cover_its_own_thing() -> None:
    for x, y in ((15, 15), (240, 110), (128, 64)):
        mask = _mask(x, y)
        sketch = Sketch(GREY)
        sketch.label_mask("the red and yellow polka dot heart", mask, (0, 158, 115))
        sketch.finish()
        ((x0, y0, x1, y1),) = sketch.placed
        assert not mask[int(y0 / 3) + 1 : int(y1 / 3), int(x0 / 3) + 1 : int(x1 / 3)].any()


def test_a_crop_is_found_again_in_its_picture(play) -> None:
    for crop, mask in zip(play.crops, play.masks):
        assert np.array_equal(drawing.in_picture(crop, (128, 256)), mask.array)
    edge = Image(np.zeros((10, 10, 3), np.uint8), None, None, (250, 120))
    assert drawing.in_picture(edge, (128, 256)).sum() == 6 * 8


def test_palette_is_told_apart_without_red_or_green() -> None:
    """Machado et al. 2009's full deuteranopia and protanopia, on linear RGB: colours keep their distance."""
    simulated = (
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    )
    linear = (np.array(drawing.PALETTE) / 255) ** 2.2
    for matrix in simulated:
        seen = np.clip(linear @ np.array(matrix).T, 0, 1) ** (1 / 2.2) * 255
        for a, b in itertools.combinations(seen, 2):
            assert np.linalg.norm(a - b) > 25


def test_letters_that_the_font_lacks_become_something_it_has() -> None:
    assert typeset.legible("café – 30° → 你") == "cafe - 30° > ?"
    assert typeset.legible("a\x1b[2Jb") == r"a\x1b[2Jb"


@pytest.mark.parametrize("width", [120, 300, 700])
def test_text_keeps_to_its_width(width: int) -> None:
    text = "put the red and yellow polka dot heart into the Donaudampfschifffahrtsgesellschaftskapitänsmütze " * 3
    assert typeset.width_of(typeset.fit(text, 20, width), 20) <= width
    lines = typeset.broken(text, 20, width, most=4)
    assert len(lines) <= 4 and all(typeset.width_of(line, 20) <= width for line in lines)
