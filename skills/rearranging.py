"""Moving many things: clearing the way, and bringing a table into the order of a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from skills import skill
from skills.context import Context, Located
from skills.errors import BadArgument, NothingFound
from skills.footprints import Footprint, iou
from skills.geometry import chosen, footprint_of, view_of
from skills.motion import carry, limited, require_tool
from skills.room import Room
from skills.types import Action, Bool, Float, Mask, Workspace

IN_PLACE_M = 0.02
"""A thing this close to its target stays."""
SAME_SPOT = 0.6
"""IoU on the table from which a thing is part of the wanted arrangement, and not in its way."""
_OVERLAP_CELLS = 4
"""Cells that two places may share: masks are a pixel wide or narrow."""


@skill("DistractorActions")
def distractor_actions(
    ctx: Context,
    mask_obs: list[Mask],
    obj_list: list[int],
    place_masks: list[Mask] | None = None,
    tool: str | None = None,
) -> list[Action]:
    """Actions that bring what lies in the way to free places: things that are not in obj_list, on places to be used.

    Args:
        mask_obs: everything on the table.
        obj_list: indices of the things that matter; these stay.
        place_masks: places to be used; by default those of the scene pictures segmented so far. Without any scene, all
            other things are moved.
        tool: "suction".
    """
    require_tool(ctx, "suction", tool)
    for i in obj_list:
        chosen(mask_obs, i, "obj_list")
    others = [i for i in range(len(mask_obs)) if i not in obj_list]
    table = _Table(ctx, mask_obs, ctx.robot.info.workspace)
    if place_masks is None and ctx.wanted:
        place_masks = [mask for masks in ctx.wanted.values() for mask in masks]
    wanted = [footprint_of(ctx, mask) for mask in place_masks or ()]
    for place in wanted:
        table.keep_free(table.room.covered(place.points), place.center)
    for i in others:
        if place_masks is None or any(table.meets(i, table.room.covered(place.points)) for place in wanted):
            table.park(i)
    return table.actions


@skill("RearrangeActions", shown={"bounds": "BOUNDS"})
def rearrange_actions(
    ctx: Context,
    pick_masks: list[Mask],
    place_masks: list[Mask],
    pick_ind: list[int],
    place_ind: list[int],
    bounds: dict[str, list[float]] | None = None,
    tool: str | None = None,
) -> list[Action]:
    """Actions that bring pick_masks[pick_ind[k]] to where place_masks[place_ind[k]] is, for every k.

    The order is chosen so that nothing lands on another thing; what is in the way, or waits for its place, is parked.
    Things that are in place stay. To restore an earlier state, give that state's masks as place_masks.

    Args:
        pick_masks: everything on the table now.
        place_masks: masks of a scene's picture, or of an earlier picture of the table.
        pick_ind, place_ind: pairs, from get_objs_match.
        bounds: as for PickPlace.
        tool: "suction".
    """
    require_tool(ctx, "suction", tool)
    if len(pick_ind) != len(place_ind) or len(set(pick_ind)) != len(pick_ind):
        raise BadArgument(
            f"pick_ind {list(pick_ind)} and place_ind {list(place_ind)} are pairs: equally long, no thing twice"
        )
    table = _Table(ctx, pick_masks, limited(ctx, bounds))
    for i in pick_ind:
        chosen(pick_masks, i, "pick_ind")
    goals = [footprint_of(ctx, chosen(place_masks, j, "place_ind")) for j in place_ind]
    targets = {i: place.center for i, place in zip(pick_ind, goals)}
    waiting = [i for i, target in targets.items() if np.linalg.norm(table.center[i] - target) > IN_PLACE_M]
    landing = {i: table.shifted(i, targets[i]) for i in waiting}
    for i in waiting:
        table.keep_free(landing[i], targets[i])
    kept = [table.room.covered(footprint_of(ctx, m).points) for j, m in enumerate(place_masks) if j not in place_ind]
    for i in range(len(pick_masks)):
        part_of_it = any(iou(table.area[i], area) >= SAME_SPOT for area in kept)
        if i not in targets and not part_of_it and any(table.meets(i, area) for area in landing.values()):
            table.park(i)
    _deliver(table, waiting, landing, targets)
    return table.actions


def _deliver(table: _Table, waiting: Sequence[int], landing: Mapping[int, Bool], targets: Mapping[int, Float]) -> None:
    """Moves every waiting thing to its target: first those whose target is free, a cycle broken by parking one.

    The farthest come first: a small distance may be the masks' error, and what fails then stops nothing else.
    """
    left, parked = sorted(waiting, key=lambda i: -float(np.linalg.norm(table.center[i] - targets[i]))), set[int]()
    while left:
        blocked_by = {i: [j for j in left if j != i and table.meets(j, landing[i])] for i in left}
        free = next((i for i in left if not blocked_by[i]), None)
        if free is None:
            stuck = [i for i in left if i not in parked]
            if stuck:
                # The one that stands in the way of most.
                first = max(stuck, key=lambda j: sum(j in others for others in blocked_by.values()))
                table.park(first)
                parked.add(first)
                continue
            free = left[0]
        table.move(free, targets[free])
        left.remove(free)


@dataclass(eq=False)
class _Table:
    """What is where while actions are planned, starting from what earlier plans since the last look leave.

    Attributes:
        ctx, masks, limits: as given.
        room: the grid.
        area: cells under each thing now.
        center: of each thing now, metres.
        actions: planned so far.
    """

    ctx: Context
    masks: Sequence[Mask]
    limits: Workspace
    room: Room = field(init=False)
    area: list[Bool] = field(init=False)
    center: list[Float] = field(init=False)
    actions: list[Action] = field(default_factory=list)
    _reserved: list[Bool] = field(default_factory=list)
    _targets: list[Float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._places: list[Footprint] = [footprint_of(self.ctx, mask) for mask in self.masks]
        self.room = Room(self.limits, min((place.cell for place in self._places), default=0.004))
        planned = [self.ctx.planned.get(mask.id) for mask in self.masks]
        self.center = [np.array(at or place.center) for at, place in zip(planned, self._places)]
        self.area = [self.shifted(i, center) for i, center in enumerate(self.center)]

    def shifted(self, i: int, center: Float) -> Bool:
        """The cells under thing i when its centre is at ``center``."""
        place = self._places[i]
        return self.room.covered(place.points + (center - place.center))

    def meets(self, i: int, area: Bool) -> bool:
        """Whether thing i, where it is now, lies in an area."""
        return int(np.count_nonzero(self.area[i] & area)) > _OVERLAP_CELLS

    def keep_free(self, area: Bool, center: Float) -> None:
        """Nothing may be parked there."""
        self._reserved.append(area)
        self._targets.append(center)

    def park(self, i: int) -> None:
        """Plans to move thing i to the nearest free place.

        Raises:
            NothingFound: there is none.
        """
        room = Room(self.limits, self.room.cell)
        room.taken = np.logical_or.reduce([*self.area, *self._reserved])
        apart = np.array([*self._targets, *(c for j, c in enumerate(self.center) if j != i)]).reshape(-1, 2)
        place = room.free(self._places[i].radius, self.center[i], apart=apart)
        if place is None:
            x, y = self.center[i]
            raise NothingFound(
                f"the thing at ({x:.2f}, {y:.2f}) is in the way, and there is no free place of "
                f"{2 * self._places[i].radius:.2f} m across to put it"
            )
        self.move(i, np.array(place))

    def move(self, i: int, target: Float) -> None:
        """Plans to bring thing i's centre to ``target``."""
        place, at = self._places[i], self.center[i]
        offset = at - place.center
        grasp = (float(place.grasp[0] + offset[0]), float(place.grasp[1] + offset[1]), float(place.grasp[2]))
        thing = Located((float(at[0]), float(at[1]), grasp[2]), grasp, self.masks[i], view_of(self.ctx, self.masks[i]))
        self.actions.append(carry(self.ctx, thing, (float(target[0]), float(target[1]), None), self.limits))
        self.center[i] = target
        self.area[i] = self.shifted(i, target)
