"""What follows a run of a program: its author mends it, looks again at what came of it, or is asked no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from instruct2act import repair
from instruct2act.authoring.policy import Conversation
from instruct2act.diary import Diary
from instruct2act.runtime import Runtime
from instruct2act.sandbox import Execution
from instruct2act.scoring import Reward
from skills.types import Instruction, Observation

if TYPE_CHECKING:
    from sim.robot import SimRobot
    from sim.vimabench import VimaBenchRobot


class Afterwards:
    """Tells an author what came of its program, as long as another answer may be asked for.

    Args:
        talk: the conversation in which the program was written.
        instruction: what was asked.
        start: the table before anything moved.
        robot: the table's.
        reward: the author's own, whose parts it is told.
        runtime: settings and perception.
        diary: keeps what was said.
    """

    def __init__(
        self,
        talk: Conversation,
        instruction: Instruction,
        start: Observation,
        robot: SimRobot | VimaBenchRobot,
        reward: Reward,
        runtime: Runtime,
        diary: Diary,
    ) -> None:
        self._talk, self._instruction, self._seen, self._robot = talk, instruction, start, robot
        self._reward, self._runtime, self._diary = reward, runtime, diary
        self._looks = runtime.config.llm.looks if diary.spec.program is None else 0

    def asks(self, execution: Execution) -> bool:
        """Whether the author is asked again after this run; it has been told why then."""
        if self._diary.run_s >= self._runtime.limits.episode_s:
            return False
        trouble = repair.trouble(execution)
        if trouble is None and execution.status == "finished" and self._runtime.config.llm.check_goal:
            trouble = repair.unreached(self._reward.score())
        if trouble is None:
            return execution.status == "finished" and self._looks_again()
        if not self._talk.goes_on or not self._robot.info.simulated:
            return False  # an arm that was stopped waits for a person
        moved = repair.moved(self._diary.actions)
        now = self._runtime.shown(Instruction(self._instruction.text), self._robot.observe()) if moved else None
        self._talk.tell(repair.message(trouble, moved), now)
        self._robot.acknowledge()
        return True

    def _looks_again(self) -> bool:
        left = getattr(self._robot.env, "steps_left", None)
        if len(self._talk.looks) >= self._looks or left == 0:
            return False
        before, self._seen = self._seen, self._robot.observe()
        told = repair.looked(self._reward.score(), left)
        self._talk.look(told, self._runtime.compared(before, self._seen))
        self._diary.looked(self._talk.looks)
        return True
