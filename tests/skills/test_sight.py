"""What a switch takes away is taken from every picture that a skill gets."""

import numpy as np
import pytest

import sim
from skills import load
from skills.backends.boxed import Boxed
from skills.backends.oracle import Oracle
from skills.context import Context
from skills.errors import BadArgument
from skills.sight import Sight
from skills.types import Image


@pytest.fixture(scope="module")
def env():
    made = sim.make("novel_adj", seed=1)
    yield made
    made.close()


def _context(env, **sight) -> Context:
    from sim.robot import SimRobot

    return Context(SimRobot(env), Oracle(), Oracle(), env.instruction, sight=Sight(truth=True, **sight))


def _call(ctx: Context, name: str, *arguments, **more):
    return load()[name].function(ctx, *arguments, **more)


def test_depth_is_taken_off_the_table_and_off_the_instruction(env) -> None:
    for depth in (True, False):
        ctx = _context(env, depth=depth)
        images = [_call(ctx, "GetImage"), *ctx.templates().values(), *ctx.other_views(next(iter(ctx.beside)))]
        assert len(images) > 4
        assert {image.view.depth_m is not None for image in images} == {depth}


def test_one_view_is_the_one_from_above(env) -> None:
    both, one = _context(env), _context(env, beside=False)
    for ctx, others in ((both, 1), (one, 0)):
        image = _call(ctx, "GetImage")
        template = next(iter(ctx.templates().values()))
        assert len(ctx.other_views(image.id)) == others
        assert len(ctx.other_views(template.id)) == others
    assert isinstance(_call(both, "GetImage", view="front"), Image)
    with pytest.raises(BadArgument, match=r"it has: top$"):
        _call(one, "GetImage", view="front")


def test_truth_goes_with_the_rest(env) -> None:
    ctx = Context(_context(env).robot, Oracle(), Oracle(), env.instruction)
    image = _call(ctx, "GetImage")
    assert image.view.truth is None and image.view.depth_m is not None
    assert all(picture.truth is None for picture in ctx.templates().values())


def test_boxes_hold_the_masks_and_nothing_more(env) -> None:
    view = env.look()["top"]
    image, oracle = Image(view.rgb, view=view), Oracle()
    masks = {mask.id: mask for mask in oracle.everything(oracle.encode(image))}
    boxed = Boxed(oracle)
    found = boxed.everything(boxed.encode(image))
    assert [mask.area for mask in found] == sorted((mask.area for mask in found), reverse=True)
    assert len(found) == len(masks)
    for mask in found:
        x0, y0, x1, y1 = mask.box_xyxy
        assert mask.array[y0:y1, x0:x1].all() and mask.array.sum() == (x1 - x0) * (y1 - y0) == mask.area
    largest = found[0]
    rows, columns = np.nonzero(largest.array)
    inside = next(
        (x, y) for x, y in zip(columns.tolist(), rows.tolist()) if view.truth and view.truth.segmentation[y, x] >= 0
    )
    answer = boxed.prompt(boxed.encode(image), points=[[inside]]).best()[0][0]
    ys, xs = np.nonzero(answer)
    assert answer[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1].all()
