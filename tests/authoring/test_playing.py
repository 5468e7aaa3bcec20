"""What the embedded author writes does what was said: programs run on a simulated table, and rewards agree."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from tiers import others_slow

import sim
import skills
from instruct2act.authoring import prompt
from instruct2act.authoring.policy import Policy
from instruct2act.authoring.program import Program
from instruct2act.authoring.reward import RewardFunction, RewardWriter, spots
from instruct2act.evaluation.published import SIX
from instruct2act.sandbox import Gateway
from sim.env import TabletopEnv
from sim.robot import SimRobot
from skills.backends.oracle import Oracle
from skills.context import Context
from skills.sight import Sight
from skills.types import Instruction, ObjectState, Slot

SCENE = (
    "red heart @0.4,-0.3; blue bowl @0.55,0.2; yellow star @0.4,0.05; green pan @0.6,-0.2; "
    "red ring @0.35,0.35; purple block @0.65,0.38"
)
CLICKED = ((0.4, -0.3), (0.6, -0.2))
"""The heart and the pan."""

SENTENCES = (
    "put the red heart into the blue bowl",
    "put the heart into the bowl, then into the pan and then back",
    "rotate the heart by 30 degrees and put it into the pan",
    "turn the star a quarter turn counterclockwise",
    "put the star 5 cm to the left of the bowl",
    "move the heart 10 cm to the right",
    "put the first clicked object into the second one",
    "put both red things into the pan",
)
MORE = (
    "put the heart and the star into the bowl",
    "swap the heart and the star",
    "put the red heart into the bowl then the star into the pan",
    "put the star to the right of the heart",
    "put the block in the near left corner",
    "put the heart next to the star",
    "put the heart in front of the block",
    "put the heart behind the star",
    "put the star between the heart and the block",
    "move the star a bit away from the robot",
    "put the heart in the middle of the table",
    "put the ring on the far side of the table",
    "put the heart into the bowl rotated by 90 degrees",
    "stack the star on the block",
    "swap the heart with the star and then restore",
    "move the heart where the star was",
    "put the heart in the bowl, then take it out of the bowl",
    "put the heart in the bowl and then put the star beside it",
    "put all the red objects on the left side of the table",
    "put everything except the star and the block into the pan",
    "put everything with the same profile as the bowl into it",
    "stack the ring, the heart and the star",
    "put the smallest object into the bowl",
    "put the heart into the bowl, then put the object that was on its right into the pan",
    "put the heart, the star and the ring into the bowl and then put everything back",
    "put the heart and the star next to each other",
    "slowly put the ring into the blue dish",
    "rotate everything by 90 degrees",
    "move all the red objects 5 cm to the right",
    "put the star aside",
    "put the clicked thing to the left of the bowl",
)
ALIKE = "red heart @0.4,-0.3; green heart @0.45,0.3; blue bowl @0.6,0.05; yellow star @0.62,-0.25; pink star @0.35,0.1"
WHICH = {
    "put the left heart into the bowl": {"red heart"},
    "put the heart on the right into the bowl": {"green heart"},
    "put the rightmost thing into the bowl, then rotate it by 45 degrees": {"green heart"},
    "put the nearest star into the bowl": {"pink star"},
    "rotate the star that is furthest away by 30 degrees": {"yellow star"},
    "put the star nearest to the bowl into it": {"pink star"},
    "put the object closest to the green heart onto the left star": {"pink star"},
    "put the stars next to the bowl": {"yellow star", "pink star"},
    "swap the left star with the right star": {"yellow star", "pink star"},
}
"""Sentence -> what of those it moves, and nothing else."""
TASKS = tuple(sorted(sim.TASKS))


@pytest.fixture
def table() -> Iterator[TabletopEnv]:
    env = sim.make_objects(SCENE)
    yield env
    env.close()


class Play:
    """Writes, runs and scores."""

    def __init__(self, gateway: Gateway, policy: Policy, rewards: RewardWriter) -> None:
        self.gateway, self.policy, self.rewards = gateway, policy, rewards

    def run(self, env: TabletopEnv, instruction: Instruction, source: str | None = None) -> SimRobot:
        """Runs the program given, or the one that the embedded author writes."""
        if source is None:
            written = self.policy.write(instruction)
            assert isinstance(written, Program)
            source = written.source
        robot, oracle = SimRobot(env), Oracle()
        ctx = Context(robot, oracle, oracle, instruction, sight=Sight(truth=True))
        names = {"templates": ctx.templates(), "BOUNDS": ctx.bounds(), "clicks": list(instruction.clicks)}
        ended = self.gateway.run(
            source, skills.load(), lambda skill, arguments: skill.function(ctx, **arguments), globals=names
        )
        assert ended.status == "finished", ended.error
        assert ended.value["failed"] == []
        return robot

    def score(self, env: TabletopEnv, instruction: Instruction) -> tuple[float, float]:
        """Scores of the start alone, and of what has happened."""
        camera = env.look()["top"].camera
        slots = sim.slots_for_reward(env, instruction) | spots(instruction.clicks, camera)
        written = self.rewards.write(instruction, env.history[0].objects, slots)
        assert isinstance(written, RewardFunction)
        with written:
            return written.score(env.history[:1], slots).score, written.score(env.history, slots).score


@pytest.fixture(scope="session")
def play(gateway: Gateway, policy: Policy, rewards: RewardWriter) -> Play:
    return Play(gateway, policy, rewards)


def moved(state: ObjectState, later: ObjectState) -> bool:
    """By 3 cm, or turned by 10 degrees."""
    here, there = state.pose, later.pose
    turn = (math.degrees(here.yaw - there.yaw) + 180) % 360 - 180
    return math.dist((here.x, here.y), (there.x, there.y)) > 0.03 or abs(turn) > 10


def clicks(env: TabletopEnv, text: str) -> tuple[tuple[float, float], ...]:
    camera = env.look()["top"].camera
    pixels = [camera.project([[x, y, 0.0]])[0][0] for x, y in CLICKED]
    return tuple((float(x), float(y)) for x, y in pixels) if "click" in text else ()


@pytest.mark.needs("jail")
@pytest.mark.parametrize("text", others_slow([*SENTENCES, *MORE], fast=SENTENCES))
def test_a_sentence_is_carried_out(play: Play, table: TabletopEnv, text: str) -> None:
    instruction = Instruction(text, clicks=clicks(table, text))
    play.run(table, instruction)
    before, after = play.score(table, instruction)
    assert before < 0.5 < after


@pytest.mark.needs("jail")
@pytest.mark.parametrize(("text", "expected"), WHICH.items())
def test_what_is_meant_is_moved_and_nothing_else(play: Play, text: str, expected: set[str]) -> None:
    env = sim.make_objects(ALIKE)
    try:
        instruction = Instruction(text)
        play.run(env, instruction)
        pairs = zip(env.history[0].objects, env.history[-1].objects, strict=True)
        assert {f"{state.texture} {state.name}" for state, later in pairs if moved(state, later)} == expected
        before, after = play.score(env, instruction)
        assert before < 0.5 < after
    finally:
        env.close()


@pytest.mark.needs("jail")
@pytest.mark.parametrize("task", others_slow(TASKS, fast=SIX))
@pytest.mark.parametrize("seed", others_slow(range(4), fast=[0]))
def test_a_tasks_own_instruction_is_carried_out(play: Play, task: str, seed: int) -> None:
    env = sim.make(task, sim.TASKS[task].levels[0], seed)
    try:
        robot = play.run(env, env.instruction)
        verdict = robot.verdict()
        assert verdict is not None
        assert verdict.success, verdict.reason
        before, after = play.score(env, env.instruction)
        assert before < 0.5 < after
    finally:
        env.close()


EXAMPLE_SCENES = {
    "scene": ("rearrange", {"scene": "scene"}),
    "base_obj": ("visual_manipulation", {"dragged_obj": "dragged_obj_1", "base_obj": "base_obj"}),
}
"""A slot of an example -> the task that has pictures for it, and under which names."""


@pytest.mark.needs("jail")
@pytest.mark.parametrize(("style", "text", "source"), [(s, *e) for s in prompt.styles() for e in prompt.examples(s)])
def test_an_example_of_the_prompt_does_what_it_says(play: Play, style: str, text: str, source: str) -> None:
    slots: dict[str, Slot] = {}
    task, names = next((made for slot, made in EXAMPLE_SCENES.items() if f"{{{slot}}}" in text), (None, {}))
    if task is not None:
        env = sim.make(task, "L1", 3)
        slots = {name: env.instruction.slots[own] for name, own in names.items()}
    elif "click" in text:
        env = sim.make_objects(SCENE)
    else:
        env = sim.make_objects("red heart @0.4,-0.3; red ring @0.4,0.0; green container @0.6,0.3; blue star @0.6,-0.1")
    try:
        instruction = Instruction(text, slots, clicks(env, text))
        play.run(env, instruction, source)
        before, after = play.score(env, instruction)
        assert before < 0.5 < after
    finally:
        env.close()


@pytest.mark.needs("jail")
def test_a_wrong_object_is_no_success(play: Play, table: TabletopEnv) -> None:
    play.run(table, Instruction("put the yellow star into the blue bowl"))
    _, after = play.score(table, Instruction("put the red heart into the blue bowl"))
    assert after < 0.5
