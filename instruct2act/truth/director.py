"""Brings outcomes about on the simulated table: what the oracle does, whole, in part, displaced, with another thing.

Everything is an action that is carried out and settles; nothing is put anywhere by hand, and success is what the
goal's judge says of the end, whatever an outcome was meant to be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from sim.env import TabletopEnv
from sim.goals import At, Condition, Goal, Inside, Swept, carry
from sim.oracle import next_action
from sim.placement import WORKSPACE, NoRoom, is_free, nearest_free, on_table, sample
from sim.polygons import contains, rotated
from sim.situation import Item, Situation
from sim.states import Vector
from skills.robots import Silent
from skills.types import Action, Pose

Off = Literal["place", "turn"]
"""How a thing misses its pose: by metres, or by its heading."""

_CHANGED = 0.005
"""Metres, and about as many radians over a thing's size, from which on a thing counts as moved."""
_BEHIND = 0.06
"""Metres from a block's middle to the blade behind it."""


@dataclass(frozen=True, eq=False)
class Move:
    """One action of the oracle's.

    Attributes:
        action: as it was carried out.
        thing: id of what it moved; None where that was nothing.
        to: the pose that a carried thing was meant to get; None for a stroke.
        part: the condition that it fulfilled, if it did.
        after: the thing where it came to rest.
    """

    action: Action
    thing: int | None
    to: Pose | None
    part: Condition | None
    after: Item | None


class Director:
    """Plays on one environment, which has been reset and has a goal.

    Attributes:
        env: where.
        goal: what the episode asks for.
        rng: for every choice.
        script: the oracle's moves in this episode, as ``learn`` saw them.
        start: the situation before anything moved.
    """

    def __init__(self, env: TabletopEnv, rng: np.random.Generator) -> None:
        if env.goal is None:
            raise ValueError("a free scene has no goal, and no outcomes that could be told apart")
        self.env, self.goal, self.rng = env, env.goal, rng
        self.start = env.situation()
        self.script: tuple[Move, ...] = ()

    # --- the oracle ---------------------------------------------------------------------------------------------------

    def learn(self) -> None:
        """Carries the oracle's actions out and remembers them."""
        moves: list[Move] = []
        while self.env.steps_left and (action := next_action(self.env)) is not None:
            stage = self.goal.stages[self._stage()]
            before = self.env.situation()
            held = {place for place, part in enumerate(stage.parts) if part.holds(before)}
            self.act(action)
            now = self.env.situation()
            thing = _moved(before, now)
            fresh = [part for place, part in enumerate(stage.parts) if place not in held and part.holds(now)]
            part = next((part for part in fresh if thing in part.things), None)
            to = _aim(before[thing], action) if thing is not None and action.primitive == "pick_place" else None
            moves.append(Move(action, thing, to, part, None if thing is None else now[thing]))
        self.script = tuple(moves)

    @property
    def deliveries(self) -> list[int]:
        """Places in the script of the moves that fulfilled a condition."""
        return [place for place, move in enumerate(self.script) if move.part is not None]

    def replay(self, moves: Sequence[Move]) -> None:
        """Moves as in the script, each from where its thing lies now."""
        for move in moves:
            if move.to is not None and move.thing is not None:
                self.carry(move.thing, move.to)
            else:
                self.act(move.action)

    def towards(self, condition: Condition) -> None:
        """What the oracle would do for another condition than the goal's."""
        while self.env.steps_left and (action := condition.solve(self.now)) is not None:
            before = self.now
            self.act(action)
            if _moved(before, self.now) is None:
                return  # the same again would not move it either

    def displaced(self, place: int, factor: float, off: Off) -> bool:
        """The script, its move at ``place`` missing by ``factor`` times its tolerance; False where it can't miss so."""
        move = self.script[place]
        aimed = self._missed(move, factor, off)
        if aimed is None:
            return False
        self.replay(self.script[:place])
        if isinstance(aimed, Action):
            self.act(aimed)
        elif move.thing is not None:
            self.carry(move.thing, aimed)
        self.replay(self.script[place + 1 :])
        return True

    # --- single actions -----------------------------------------------------------------------------------------------

    @property
    def now(self) -> Situation:
        """How things stand."""
        return self.env.situation()

    def act(self, action: Action) -> None:
        """Carries an action out; those past the budget or outside of the table are not."""
        self.env.carry_out(action, Silent())

    def carry(self, thing: int, to: Pose) -> None:
        """Takes a thing to a pose."""
        self.act(carry(self.now[thing], to))

    def push(self, thing: int, towards: Sequence[float], metres: float) -> None:
        """Pushes a thing with the spatula, from behind it, in the direction of a point (x, y)."""
        pose = self.now[thing].pose
        away = np.asarray(towards, dtype=np.float64)[:2] - (pose.x, pose.y)
        along = away / max(1e-9, float(np.hypot(*away)))
        start, end = (pose.x, pose.y) - _BEHIND * along, (pose.x, pose.y) + metres * along
        low, high = np.array(WORKSPACE.low[:2]) + 0.01, np.array(WORKSPACE.high[:2]) - 0.01
        (x0, y0), (x1, y1) = np.clip([start, end], low, high).tolist()
        self.act(Action("push", Pose(x0, y0), Pose(x1, y1), "spatula"))

    def aside(self, thing: int) -> None:
        """Takes or pushes a thing to some other place of the table."""
        if self.env.tool == "spatula":
            angle = float(self.rng.uniform(-np.pi, np.pi))
            pose = self.now[thing].pose
            self.push(thing, (pose.x + np.cos(angle), pose.y + np.sin(angle)), 0.15)
            return
        item = self.now[thing]
        place = self.free_place(item)
        if place is not None:
            self.carry(thing, place)

    # --- what there is ------------------------------------------------------------------------------------------------

    @property
    def others(self) -> list[int]:
        """Things that can be moved and that the goal does not want moved."""
        return [id for id, item in self.start.items.items() if not item.fixed and id not in self.goal.things]

    @property
    def movable(self) -> list[int]:
        """Things that can be moved."""
        return [id for id, item in self.start.items.items() if not item.fixed]

    def one_of(self, ids: Sequence[int]) -> int:
        """Any one of some."""
        return int(self.rng.choice(list(ids)))

    def free_place(self, item: Item) -> Pose | None:
        """A random pose where nothing is and the goal needs nothing; None on a full table."""
        now = self.now
        needed = [spot for stage in self.goal.stages for spot in stage.spots(now)]
        ring = rotated(item.spot.ring - np.array(item.spot.center), -item.pose.yaw)
        try:
            return sample(self.rng, [ring], [*(other.spot for other in now.items.values()), *needed])
        except NoRoom:
            return None

    def beside(self, item: Item, target: tuple[float, float]) -> Pose | None:
        """The free pose nearest to a point, outside of everything that is there; None on a full table."""
        now = self.now
        taken = [other.spot for id, other in now.items.items() if id != item.state.id]
        ring = item.spot.ring - np.array(item.spot.center) + np.array(target)
        found = nearest_free(ring, target, taken)
        return None if found is None else replace(found, yaw=item.pose.yaw)

    # --- inside -------------------------------------------------------------------------------------------------------

    def _stage(self) -> int:
        judges = self.env.judges
        return 0 if judges is None else judges["inside"].stage

    def _missed(self, move: Move, factor: float, off: Off) -> Pose | Action | None:
        match move.part:
            case At() as part if off == "turn":
                return _turned(part, self.start[part.thing].period, factor, self._sign())
            case At(pose=pose, position=position) if move.to is not None:
                return self._off(move, move.to, np.array([pose.x, pose.y]), lambda _: factor * position)
            case Inside(container=container) if off == "place" and move.to is not None:
                ring = self.start[container].inner
                assert ring is not None
                middle = (ring.min(axis=0) + ring.max(axis=0)) / 2
                # What has to lie within is the centre of mass, not the visible centre.
                aimed = middle - self._overhang(move, move.to)
                return self._off(move, move.to, aimed, lambda along: factor * _reach(ring, middle, along))
            case Swept(zone=zone) if off == "place" and move.after is not None:
                start, end = (np.array([pose.x, pose.y]) for pose in (move.action.start, move.action.end))
                along = (end - start) / max(1e-9, float(np.hypot(*(end - start))))
                points = np.array(move.after.state.footprint[0])
                back = next((s for s in np.arange(0.0, 0.3, 0.001) if not zone.holds(points - s * along).all()), 0.3)
                short = end - factor * back * along
                return replace(move.action, end=replace(move.action.end, x=float(short[0]), y=float(short[1])))
        return None

    def _overhang(self, move: Move, to: Pose) -> Vector:
        """(2,) metres from a thing's visible centre to its centre of mass at a pose."""
        assert move.thing is not None
        item = self.start[move.thing]
        offset = np.array(item.center_of_mass[:2]) - (item.pose.x, item.pose.y)
        turned: Vector = rotated([offset], to.yaw - item.pose.yaw)[0]
        return turned

    def _off(self, move: Move, to: Pose, at: Vector, metres: Callable[[Vector], float]) -> Pose | None:
        """So far from a point, in a direction in which nothing else stands, if there is one."""
        assert move.thing is not None
        first = float(self.rng.uniform(-np.pi, np.pi))
        item = self.start[move.thing]
        fixed = {move.thing, *self.goal.anchors}
        spots = [other.spot for id, other in self.start.items.items() if id not in fixed]
        poses = []
        for angle in first + np.arange(8) * np.pi / 4:
            along = np.array([np.cos(angle), np.sin(angle)])
            x, y = at + metres(along) * along
            poses.append(replace(to, x=float(x), y=float(y)))
        for pose in poses:
            ring = item.spot.ring + np.array([pose.x - item.pose.x, pose.y - item.pose.y])
            spot = replace(item.spot, center=(pose.x, pose.y), ring=ring)
            if on_table(ring, 0.0) and is_free(spot, spots, 0.0, apart=0.0):
                return pose
        return next((pose for pose in poses if WORKSPACE.holds(pose)), None)

    def _sign(self) -> float:
        return float(self.rng.choice([-1.0, 1.0]))


def another(part: Condition, thing: int) -> Condition | None:
    """The same condition for another thing."""
    return replace(part, thing=thing) if isinstance(part, (At, Inside, Swept)) else None


def stages_of(goal: Goal) -> list[Condition]:
    """Every simple condition of a goal."""
    return [part for stage in goal.stages for part in stage.parts]


def _moved(before: Situation, now: Situation) -> int | None:
    """What moved farthest; None when nothing did."""
    ways = {id: _way(before[id], item) for id, item in now.items.items()}
    id = max(ways, key=ways.__getitem__)
    return id if ways[id] > _CHANGED else None


def _way(before: Item, now: Item) -> float:
    p, q = before.pose, now.pose
    turn = abs((q.yaw - p.yaw + np.pi) % (2 * np.pi) - np.pi)
    return float(np.hypot(q.x - p.x, q.y - p.y) + abs(q.z - p.z) + 0.05 * turn)


def _aim(item: Item, action: Action) -> Pose:
    """The pose of a thing's frame that a pick and place was meant to give it; undoes ``sim.goals.carry``."""
    turn = action.end.yaw - action.start.yaw
    dx, dy = rotated([[action.start.x - item.pose.x, action.start.y - item.pose.y]], turn)[0]
    height = action.start.z - item.pose.z
    return Pose(action.end.x - float(dx), action.end.y - float(dy), action.end.z - height, item.pose.yaw + turn)


def _turned(part: At, period: float, factor: float, sign: float) -> Pose | None:
    """A pose turned too far; None where the heading is free, or the turn too near to one that nobody can see."""
    if part.heading is None or period == 0.0 or factor * part.heading > period / 2:
        return None
    return replace(part.pose, yaw=part.pose.yaw + sign * factor * part.heading)


def _reach(ring: Vector, middle: Vector, along: Vector) -> float:
    """Metres from the middle of a convex ring to its rim in a direction."""
    return next((float(s) for s in np.arange(0.005, 0.5, 0.001) if not contains([ring], [middle + s * along])[0]), 0.5)
