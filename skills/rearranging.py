"""Moving many things: clearing the way, and bringing a table into the order of a picture."""

from __future__ import annotations

from skills import skill
from skills.context import Context
from skills.types import Action, Mask


@skill("DistractorActions")
def distractor_actions(
    ctx: Context,
    mask_obs: list[Mask],
    obj_list: list[int],
    place_masks: list[Mask] | None = None,
    tool: str | None = None,
) -> list[Action]:
    """Actions that clear away the things which are not in obj_list, to free places.

    Args:
        mask_obs: everything on the table.
        obj_list: indices of the things that matter; these stay.
        place_masks: masks of a scene's picture: then only what lies in their way is moved. Without, all others are.
        tool: "suction".
    """
    raise NotImplementedError


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
    raise NotImplementedError
