"""Sentences as people say them, and what they mean: data for the tests of the embedded author."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from instruct2act.authoring.llm.offline.plan import (
    All,
    Between,
    Click,
    Follow,
    Free,
    InScene,
    Kind,
    Lesson,
    Most,
    Neighbor,
    Picture,
    Pile,
    Pointed,
    Put,
    Rearrange,
    Restore,
    Rotate,
    Shift,
    Spot,
    StackAs,
    Start,
    Step,
    Swap,
    Sweep,
    ToThing,
    Twist,
    Within,
    Words,
)

Meaning = tuple[Step, ...]


def into(thing: Any, other: Any, degrees: float = 0.0) -> Put:
    return Put(thing, ToThing("inside", other), degrees)


DRAGGED, BASE = Picture("dragged_obj_1"), Picture("base_obj")
TURNED = Picture("dragged_obj")
FIRST, SECOND = Picture("base_obj_1"), Picture("base_obj_2")
DOTS = InScene("polka dot object", "scene")

COMPARED = tuple((f"demo_blicker_obj_{k}", f"demo_less_blicker_obj_{k}") for k in (1, 2, 3))
TWISTS = tuple((f"before_twist_{k}", f"after_twist_{k}") for k in (1, 2, 3))
FRAMES = ("frame_0", "frame_1", "frame_2")
BOUNDS, LINE, SWEPT = Picture("bounds"), Picture("constraint"), Picture("swept_obj")

MEANINGS: Mapping[str, Meaning] = {
    "visual_manipulation": (into(DRAGGED, BASE),),
    "scene_understanding": (into(DOTS, Words("red object")),),
    "rotate": (Rotate(TURNED, 120.0),),
    "rearrange": (Rearrange("scene"),),
    "rearrange_then_restore": (Rearrange("scene"), Restore()),
    "pick_in_order_then_restore": (into(TURNED, FIRST), into(TURNED, SECOND), Put(TURNED, Start(TURNED))),
    "novel_adj": (into(Most(Kind("dragged_obj"), Lesson("kobar", COMPARED), more=False), BASE),),
    "novel_noun": (into(Kind("dragged_obj_1"), Kind("base_obj")),),
    "novel_adj_and_noun": (into(Most(Kind("dragged_obj"), Lesson("blick", COMPARED)), Kind("base_obj")),),
    "twist": (Twist(All("red and yellow stripe object"), TWISTS),),
    "follow_motion": (Follow(FRAMES, TURNED),),
    "follow_order": (StackAs(FRAMES),),
    "sweep_without_exceeding": (Sweep(All(like=SWEPT, count=2), BOUNDS, LINE, "beyond"),),
    "sweep_without_touching": (Sweep(All(like=SWEPT), BOUNDS, LINE, "touching"),),
    "same_texture": (into(All(besides=(BASE,), like=BASE, aspect="texture"), BASE),),
    "same_shape": (into(All(besides=(BASE,), like=BASE, aspect="profile"), BASE),),
    "manipulate_old_neighbor": (into(TURNED, BASE), into(Neighbor(TURNED, "near"), BASE)),
}
"""Task -> what its own instruction means, with the words of `paraphrases.yaml`."""

HEART, STAR, BOWL, PAN = Words("heart"), Words("star"), Words("bowl"), Words("pan")

FREE: tuple[tuple[str, Meaning], ...] = (
    ("put the red heart into the blue bowl", (into(Words("red heart"), Words("blue bowl")),)),
    (
        "Put the green and purple polka dot block into the green container.",
        (into(Words("green and purple polka dot block"), Words("green container")),),
    ),
    (
        "please take the block with red and yellow dots and drop it in the pan",
        (into(Words("red and yellow polka dot block"), PAN),),
    ),
    ("put the heart and the star into the bowl", (into(HEART, BOWL), into(STAR, BOWL))),
    (
        "put the red and blue blocks into the bowl",
        (into(Words("red block"), BOWL), into(Words("blue block"), BOWL)),
    ),
    (
        "put the red, green and blue blocks into the bowl",
        (into(Words("red block"), BOWL), into(Words("green block"), BOWL), into(Words("blue block"), BOWL)),
    ),
    ("put the red and blue striped rings into the bowl", (into(All("red and blue stripe ring", (BOWL,)), BOWL),)),
    ("put the hearts into the bowl", (into(All("heart", (BOWL,)), BOWL),)),
    ("rotate the red blocks by 30 degrees", (Rotate(All("red block"), 30.0),)),
    ("put the heart into the bowl and the star into the pan", (into(HEART, BOWL), into(STAR, PAN))),
    (
        "stack the star on top of the block, then rotate it by a quarter turn counterclockwise",
        (Put(STAR, ToThing("on", Words("block"))), Rotate(STAR, -90.0)),
    ),
    ("turn the heart thirty degrees and put it in the bowl", (Rotate(HEART, 30.0), into(HEART, BOWL))),
    ("put the heart into the bowl rotated by 90 degrees", (into(HEART, BOWL, 90.0),)),
    ("into the blue bowl, put the heart", (into(HEART, Words("blue bowl")),)),
    ("I want the heart in the bowl", (into(HEART, BOWL),)),
    ("put the heart in the bowl and then put it back", (into(HEART, BOWL), Put(HEART, Start(HEART)))),
    ("rotate the star by 60 degrees, then restore it", (Rotate(STAR, 60.0), Rotate(STAR, -60.0))),
    ("place the heart between the star and the bowl", (Put(HEART, Between(STAR, BOWL)),)),
    ("put the heart next to the letter e", (Put(HEART, ToThing("beside", Words("letter E"))),)),
    ("put the A beside the L", (Put(Words("letter A"), ToThing("beside", Words("L-shaped block"))),)),
    ("put the heart to the left of the bowl", (Put(HEART, ToThing("left", BOWL)),)),
    ("place the star 15 cm to the right of the bowl", (Put(STAR, ToThing("right", BOWL, 0.15)),)),
    ("put the heart in front of the bowl", (Put(HEART, ToThing("near", BOWL)),)),
    ("put the heart behind the bowl", (Put(HEART, ToThing("far", BOWL)),)),
    ("move the heart to the left", (Put(HEART, Shift("left", 0.10)),)),
    ("move the heart 10 cm to the right", (Put(HEART, Shift("right", 0.10)),)),
    ("shift the star a bit closer to the robot", (Put(STAR, Shift("near", 0.05)),)),
    ("move the star 5 centimeters forward", (Put(STAR, Shift("far", 0.05)),)),
    ("slide the ring to the middle", (Put(Words("ring"), Spot("middle", "middle")),)),
    ("put the heart in the far left corner of the table", (Put(HEART, Spot("far", "left")),)),
    ("put the block in the near right corner", (Put(Words("block"), Spot("near", "right")),)),
    ("put the bowl on the left", (Put(BOWL, Spot("middle", "left")),)),
    ("put the heart aside", (Put(HEART, Free()),)),
    ("take the heart out of the bowl", (Put(Within("heart", BOWL), Free()),)),
    ("move the heart from the bowl into the pan", (into(Within("heart", BOWL), PAN),)),
    ("swap the heart and the star", (Swap(HEART, STAR),)),
    ("exchange the positions of the heart and the star, then restore", (Swap(HEART, STAR), Restore())),
    ("move the heart where the star was", (Put(HEART, Start(STAR)),)),
    ("put all the red objects into the bowl", (into(All("red object", (BOWL,)), BOWL),)),
    ("put everything except the heart into the bowl", (into(All("", (HEART, BOWL)), BOWL),)),
    ("rotate every heart by 45 degrees", (Rotate(All("heart"), 45.0),)),
    ("put the heart and the star next to each other", (Put(STAR, ToThing("beside", HEART)),)),
    ("put the heart in the bowl, then put the star beside it", (into(HEART, BOWL), Put(STAR, ToThing("beside", BOWL)))),
    ("put the violet heart into the turquoise box", (into(Words("purple heart"), Words("cyan container")),)),
    ("put the tiger striped V into the checkered frame", (into(Words("tiger letter V"), Words("checkerboard frame")),)),
    ("put the small block on the shorter block", (Put(Words("small block"), ToThing("on", Words("shorter block"))),)),
    ("put the heart into the bowl without touching the star", (into(HEART, BOWL),)),
    ("without touching the star, put the heart next to the bowl", (Put(HEART, ToThing("beside", BOWL)),)),
    ("pick up the heart and put it in the bowl without touching the star", (into(HEART, BOWL),)),
    ("put all blocks into the bowl without touching the star", (into(All("block", besides=(STAR, BOWL)), BOWL),)),
    (
        "move all red blocks into the frame without touching the line",
        (Sweep(All("red block"), Words("frame"), Words("line"), "touching"),),
    ),
    (
        "push the heart into the frame without touching the star",
        (Sweep(All("heart", count=1), Words("frame"), STAR, "touching"),),
    ),
    (
        "sweep all red blocks into the frame without touching the line",
        (Sweep(All("red block"), Words("frame"), Words("line"), "touching"),),
    ),
    ("push the heart into the square", (Sweep(All("heart", count=1), Words("square")),)),
    (
        "sweep two green blocks into the three-sided rectangle but do not go past the line",
        (Sweep(All("green block", count=2), Words("three-sided rectangle"), Words("line"), "beyond"),),
    ),
    (
        "put everything with the same texture as the bowl into it",
        (into(All("", (BOWL,), None, BOWL, "texture"), BOWL),),
    ),
    (
        "put all blocks shaped like the pan into the pan",
        (into(All("block", (PAN,), None, PAN, "profile"), PAN),),
    ),
    ("stack the three hearts", (Pile(All("heart", count=3)),)),
    ("pile up all red blocks", (Pile(All("red block")),)),
    (
        "stack the ring, the heart and the star",
        (Put(HEART, ToThing("on", Words("ring"))), Put(STAR, ToThing("on", HEART))),
    ),
    ("put the tallest heart into the bowl", (into(Most(HEART, "height"), BOWL),)),
    ("put the biggest block into the bowl", (into(Most(Words("block"), "size"), BOWL),)),
    ("put the darker of the two stars into the pan", (into(Most(STAR, "lightness", more=False), PAN),)),
    ("put the leftmost heart into the bowl", (into(Most(HEART, "left"), BOWL),)),
    ("put the left heart into the right bowl", (into(Most(HEART, "left"), Most(BOWL, "right")),)),
    ("put the red heart on the right into the bowl", (into(Most(Words("red heart"), "right"), BOWL),)),
    ("put the heart in the bowl on the left", (into(HEART, Most(BOWL, "left")),)),
    ("put the thing that is furthest to the right into the pan", (into(Most(Words("object"), "right"), PAN),)),
    ("put the nearest star into the pan", (into(Most(STAR, "near"), PAN),)),
    ("put the star closest to the robot into the pan", (into(Most(STAR, "near"), PAN),)),
    ("move the nearest star to the pan", (Put(Most(STAR, "near"), ToThing("at", PAN)),)),
    ("turn the farthest star by 30 degrees", (Rotate(Most(STAR, "far"), 30.0),)),
    ("put the star nearest to the bowl into the pan", (into(Within("star", BOWL), PAN),)),
    ("put the object that is closest to the bowl into it", (into(Within("object", BOWL), BOWL),)),
    ("swap the heart on the left with the heart on the right", (Swap(Most(HEART, "left"), Most(HEART, "right")),)),
    (
        "put the heart on the left and the star on the right",
        (
            Put(HEART, Spot("middle", "left")),
            Put(STAR, Spot("middle", "right")),
        ),
    ),
    ("put the heart to the left of the bowl", (Put(HEART, ToThing("left", BOWL)),)),
    ("turn the star to the left thirty degrees", (Rotate(STAR, -30.0),)),
    (
        "put the smallest star into the bowl, then the largest",
        (into(Most(STAR, "size", more=False), BOWL), into(Most(STAR, "size"), BOWL)),
    ),
    (
        "put the red block into the bowl and the green one next to it",
        (into(Words("red block"), BOWL), Put(Words("green block"), ToThing("beside", BOWL))),
    ),
    ("put two red blocks into the bowl", (into(All("red block", (BOWL,), 2), BOWL),)),
    ("fill the bowl with all red blocks", (into(All("red block", (BOWL,)), BOWL),)),
    (
        "put the heart into the bowl, then put whatever was on its left into the pan",
        (into(HEART, BOWL), into(Neighbor(HEART, "left"), PAN)),
    ),
    ("put the heart into the bowl and add the star", (into(HEART, BOWL), into(STAR, BOWL))),
)
"""Sentences without slots or clicks, and what they mean."""

POINTED: tuple[tuple[str, Meaning], ...] = (
    ("Put the first clicked object into the second one.", (into(Click(0), Click(1)),)),
    ("put this into that", (into(Click(0), Click(1)),)),
    ("put the object I clicked first into the object I clicked second", (into(Click(0), Click(1)),)),
    ("move what I clicked first next to what I clicked last", (Put(Click(0), ToThing("beside", Click(1))),)),
    ("put this here", (Put(Click(0), Pointed(1)),)),
    ("put the clicked object into the blue bowl", (into(Click(0), Words("blue bowl")),)),
    ("rotate the second clicked thing by 60 degrees", (Rotate(Click(1), 60.0),)),
)
"""Sentences that go with two clicks."""

REFUSED: tuple[tuple[str, str, str], ...] = (
    ("put the heart into the bowl and dance around", "put the heart into the bowl", "dance around"),
    ("sweep all blocks", "", "sweep all blocks"),
    ("do not put the heart in the bowl", "", "do not put the heart in the bowl"),
    ("put the heart into the bowl unless it is red", "", "unless"),
    ("put the heaviest block into the bowl", "", "heaviest block"),
    ("put the other block into the bowl", "", "other block"),
    ("stack the heart", "stacking", "on what it goes"),
    ("put the daxer heart into the bowl and the wug", "put the daxer heart into the bowl", "wug"),
    ("put it into the bowl", "", "it"),
    ("put the second one into the bowl", "", "second"),
    ("put this into the bowl", "", "click number 1"),
    ("put {mystery} into the bowl", "", "{mystery}"),
    ("rotate the heart", "a turn", "how many degrees"),
    ("put the heart", "put the heart", "where it goes"),
    ("pick up the heart", "pick up", "where it goes"),
    ("put the left hearts into the bowl", "", "hearts, of several"),
    ("put the heart into the bowls", "", "which of the bowls"),
    ("take everything out of the bowl", "", "which things lie at the bowl"),
    ("move the hearts from the bowl to the pan", "", "which things lie at the bowl"),
    ("put the block farthest from the bowl into the pan", "", "farthest from the bowl"),
    ("put the heart in the bowl next to the star", "", "next to the star"),
    ("put the heart into the bowl with the star", "", "bowl with star"),
    ("put the heart into the bowl and the pan", "put the heart into the bowl", "the pan"),
    ("rotate the heart by 30 degrees twice", "", "twice"),
    ("put the heart into the heart", "", "itself"),
    ("restore", "", "restored"),
    ("open the drawer", "", "open the drawer"),
    ("what is on the table?", "", "what is on the table"),
    ("make me a coffee", "", "make me a coffee"),
    ("", "", ""),
)
"""Sentences that are not understood: what was, and a part of what was not."""
