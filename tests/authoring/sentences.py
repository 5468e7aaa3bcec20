"""Sentences as people say them, and what they mean: data for the tests of the embedded author."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from instruct2act.authoring.llm.offline.plan import (
    All,
    Between,
    Click,
    Free,
    InScene,
    Picture,
    Pointed,
    Put,
    Rearrange,
    Restore,
    Rotate,
    Shift,
    Spot,
    Start,
    Step,
    Swap,
    ToThing,
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

PARAPHRASES: Mapping[str, tuple[Meaning, tuple[str, ...]]] = {
    "visual_manipulation": (
        (into(DRAGGED, BASE),),
        (
            "Put the {dragged_obj_1} into the {base_obj}.",
            "The {dragged_obj_1} should go into the {base_obj}.",
            "Could you drop {dragged_obj_1} in {base_obj}, please?",
            "Pick up the {dragged_obj_1} and put it into the {base_obj}.",
            "grab {dragged_obj_1}, then place it inside {base_obj}",
            "I'd like {dragged_obj_1} to be inside {base_obj}",
            "make sure {dragged_obj_1} ends up in {base_obj}",
            "into {base_obj} goes {dragged_obj_1}",
            "{dragged_obj_1} belongs in {base_obj}",
            "Insert the object shown in {dragged_obj_1} into the one shown in {base_obj}.",
            "the thing that looks like {dragged_obj_1} goes into the thing that looks like {base_obj}",
            "Find {dragged_obj_1} and put it in {base_obj}",
            "Please put the thing in {dragged_obj_1} in the thing in {base_obj}",
            "Fetch the {dragged_obj_1} and drop it in the {base_obj}",
            "Let {dragged_obj_1} be inside {base_obj}",
        ),
    ),
    "scene_understanding": (
        (into(DOTS, Words("red object")),),
        (
            "Put the polka dot object in {scene} into the red object.",
            "Find the polka dot object in {scene} and put it into the red object.",
            "The polka dot object from {scene} goes into the red one.",
            "Place the dotted thing shown in {scene} inside the red item.",
            "Pick up the object with polka dots in {scene} and place it in the red object",
            "Into the red object, put the polka dot object of {scene}.",
            "There is a polka dot object in {scene}. Put it into the red object.",
            "I want the polka dot object shown in {scene} inside the red object",
            "The spotted object pictured in {scene} must go inside the red object.",
            "Grab the one with dots from {scene} and drop it into the red thing.",
            "take the polka dot object in the picture {scene} and set it down in the red one",
            "In the red object, place the polka dot object that you see in {scene}.",
            "move the polka-dotted thing in {scene} into the red thing",
        ),
    ),
    "rotate": (
        (Rotate(TURNED, 120.0),),
        (
            "Rotate the {dragged_obj} 120 degrees.",
            "Turn the {dragged_obj} by 120 degrees clockwise.",
            "spin {dragged_obj} 120° clockwise",
            "Rotate {dragged_obj} clockwise by 120 degrees",
            "Rotate by 120 degrees the {dragged_obj}",
            "{dragged_obj} should be rotated 120 degrees",
            "turn {dragged_obj} through 120 degrees to the right",
            "pick up {dragged_obj} and rotate it by 120 degrees",
            "Twist the object in {dragged_obj} one hundred and twenty degrees to the right.",
            "I want {dragged_obj} turned by one hundred twenty degrees",
            "make {dragged_obj} rotate 120 degrees",
            "spin the {dragged_obj} around by 120 degrees",
            "Do a 120 degree rotation of the {dragged_obj}",
            "Give the {dragged_obj} a 120 degree turn",
            "rotate the {dragged_obj} in place by 120 deg, please",
            "turn {dragged_obj} -120 degrees counterclockwise",
        ),
    ),
    "rearrange": (
        (Rearrange("scene"),),
        (
            "Rearrange to this {scene}.",
            "Rearrange the objects to match {scene}.",
            "Set up the table as in {scene}",
            "Move everything to where it is in {scene}",
            "Arrange things the way {scene} shows.",
            "Put all objects so that they look like {scene}",
            "The table should look like {scene}.",
            "Reproduce this arrangement: {scene}",
            "Copy the layout of {scene}",
            "recreate {scene} on the table",
            "Bring the objects into this arrangement {scene}.",
            "change the table to look like {scene}",
            "Put things in the places shown in {scene}.",
            "Arrange everything according to {scene}",
            "Can you arrange the objects like in the picture {scene}?",
            "Reorganize the objects so they match {scene}",
        ),
    ),
    "rearrange_then_restore": (
        (Rearrange("scene"), Restore()),
        (
            "Rearrange objects to this setup {scene} and then restore.",
            "Rearrange objects like {scene}, then put everything back where it was.",
            "Make the table look like {scene} and afterwards undo it.",
            "Arrange the objects as shown in {scene}. Then return them to their original positions.",
            "Set up {scene}, then go back to the original arrangement.",
            "Reproduce {scene} and then move everything back to where it started",
            "First rearrange to {scene}; after that restore the initial setup.",
            "Match {scene}, and finally bring all the objects back.",
            "rearrange to {scene} and back again",
            "Rearrange to {scene}, then reset the table.",
            "rearrange the table as in {scene} and then restore everything to how it was",
            "Bring the table into the state of {scene} and then restore its original state.",
            "Arrange as in {scene}, then revert.",
            "Make it look like {scene}, then make it look like before.",
            "After rearranging the objects to {scene}, restore them",
        ),
    ),
    "pick_in_order_then_restore": (
        (into(TURNED, FIRST), into(TURNED, SECOND), Put(TURNED, Start(TURNED))),
        (
            "Put {dragged_obj} into {base_obj_1} then {base_obj_2}. Finally restore it into its original container.",
            "Put {dragged_obj} in {base_obj_1}, then in {base_obj_2}, then put it back where it was.",
            "First put {dragged_obj} into {base_obj_1}, then into {base_obj_2}, and finally return it to its original"
            " container.",
            "Move {dragged_obj} into {base_obj_1}, next into {base_obj_2}, and lastly back to where it came from.",
            "Take {dragged_obj}, drop it into {base_obj_1}, after that into {base_obj_2} and then restore it.",
            "Place {dragged_obj} into {base_obj_1}. Then place it into {base_obj_2}. Finally, put it back.",
            "Put {dragged_obj} into {base_obj_1} and then into {base_obj_2}; at the end bring it back to its first"
            " container.",
            "{dragged_obj} goes into {base_obj_1}, then into {base_obj_2}, then back into its original container",
            "After putting {dragged_obj} into {base_obj_1}, put it into {base_obj_2}, then restore it.",
            "pick {dragged_obj}, put it in {base_obj_1}, then put it in {base_obj_2}, then put it back in its original"
            " place",
            "Start by putting {dragged_obj} into {base_obj_1}, then move it into {base_obj_2} and at last return it to"
            " where it was.",
            "Put {dragged_obj} into {base_obj_1} followed by {base_obj_2}. In the end restore it to its starting"
            " position.",
            "First {dragged_obj} into {base_obj_1}, then into {base_obj_2}, finally back where it was",
            "drop {dragged_obj} in {base_obj_1}; then drop it in {base_obj_2}; then return it to the container it was"
            " in",
        ),
    ),
}
"""Task -> what its instruction means, and ways to say it."""

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
    ("put the red and blue striped rings into the bowl", (into(Words("red and blue stripe ring"), BOWL),)),
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
    ("push the heart into the bowl", "", "push the heart into the bowl"),
    ("sweep all blocks into the square", "", "sweep all blocks into the square"),
    ("do not put the heart in the bowl", "", "do not put the heart in the bowl"),
    ("put the heart into the bowl unless it is red", "", "unless"),
    ("put the biggest block into the bowl", "", "biggest block"),
    ("put the other block into the bowl", "", "other block"),
    ("stack the three blocks on the pallet", "", "three blocks"),
    ("put it into the bowl", "", "it"),
    ("put the second one into the bowl", "", "second"),
    ("put this into the bowl", "", "click number 1"),
    ("put {mystery} into the bowl", "", "{mystery}"),
    ("rotate the heart", "", "rotate the heart"),
    ("put the heart", "", "put the heart"),
    ("pick up the heart", "pick up", "where it goes"),
    ("put the heart in the bowl on the left", "", "on the left"),
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
