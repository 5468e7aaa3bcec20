"""Functions that programs of the embedded author define when they need them, as source."""

from __future__ import annotations

SOURCES = {
    "shifted": '''def shifted(at, dx, dy):
    """A location so many metres further away (x) and to the right (y), on the table."""
    x = min(max(at[0] + dx, BOUNDS["x"][0] + 0.03), BOUNDS["x"][1] - 0.03)
    y = min(max(at[1] + dy, BOUNDS["y"][0] + 0.03), BOUNDS["y"][1] - 0.03)
    return [x, y, 0.0]''',
    "spread": '''def spread(at, k, count):
    """The k-th of count places side by side around a location."""
    return [at[0], at[1] + 0.05 * (k - (count - 1) / 2), at[2]]''',
    "closest": '''def closest(indices, at, masks):
    """Which of some things lies closest to a location."""
    best, least = indices[0], 9.0
    for i in indices:
        x, y, z = Pixel2Loc(i, masks)
        distance = (x - at[0]) ** 2 + (y - at[1]) ** 2
        if distance < least:
            best, least = i, distance
    return best''',
    "size": '''def size(mask):
    """Metres along x (away from the robot) and y (to the right) that a thing covers in the picture."""
    x0, y0, x1, y1 = mask.bbox
    a, b = Pixel2Loc([x0, y0]), Pixel2Loc([x1 - 1, y1 - 1])
    return [abs(b[0] - a[0]), abs(b[1] - a[1])]''',
    "movable": '''def movable(objs, besides):
    """Indices of everything but some things and what others are put into, which stays where it is."""
    stays = list(besides)
    for kind in ["bowl", "pan", "frame", "container", "pallet", "square", "three-sided rectangle", "line"]:
        try:
            stays = stays + FindAll(objs, kind)
        except Exception:
            pass  # There is none.
    return [i for i in range(len(objs)) if i not in stays]''',
    "looking_like": '''def looking_like(objs, picture):
    """The index of what a picture shows; of the best thing of its shape, where nothing has its colours."""
    try:
        return CLIPRetrieval(objs, picture)
    except Exception:
        return FindAll(objs, picture, aspect="shape")[0]''',
    "most": '''def most(objs, indices, attribute, more):
    """Which of some things has the most of an attribute, or the least."""
    best = indices[0]
    for i in indices:
        if (Measure(objs[i], attribute) > Measure(objs[best], attribute)) == more:
            best = i
    return best''',
    "outermost": '''def outermost(indices, masks, side):
    """Which of some things lies furthest to a side: "left", "right", "near" the robot or "far" from it."""
    axis, sign = {"left": (1, -1), "right": (1, 1), "near": (0, -1), "far": (0, 1)}[side]
    best, most = indices[0], -9.0
    for i in indices:
        at = sign * Pixel2Loc(i, masks)[axis]
        if at > most:
            best, most = i, at
    return best''',
    "agreed": '''def agreed(turns):
    """The angle that most examples agree on, to 10 degrees; of several the largest, since symmetry hides a part."""
    best, votes = turns[0], 0
    for turn in turns:
        like_it = len([other for other in turns if abs((other - turn + 180) % 360 - 180) < 10])
        if like_it > votes or (like_it == votes and abs(turn) > abs(best)):
            best, votes = turn, like_it
    return best''',
    "thing_at": '''def thing_at(picture, at):
    """The thing in a picture of the table that lies at a location, within 6 cm; None where nothing does."""
    objs, masks = ImageCrop(image=picture, masks=SAM(image=picture))
    i = closest(range(len(objs)), at, masks)
    x, y, z = Pixel2Loc(i, masks)
    return objs[i] if (x - at[0]) ** 2 + (y - at[1]) ** 2 < 0.06**2 else None''',
    "unmoved": '''def unmoved(masks, known):
    """Indices of the masks that lie where others lay: of things that have not moved."""
    same = []
    for i in range(len(masks)):
        x0, y0, x1, y1 = masks[i].bbox
        for other in known:
            u0, v0, u1, v1 = other.bbox
            common = max(0, min(x1, u1) - max(x0, u0)) * max(0, min(y1, v1) - max(y0, v0))
            if 2 * common > (x1 - x0) * (y1 - y0) and 2 * common > (u1 - u0) * (v1 - v0):
                same.append(i)
    return same''',
    "nearest": '''def nearest(indices, other, masks):
    """Which of some masks is nearest to another one in the picture."""
    best, least = indices[0], 1e9
    for i in indices:
        x0, y0, x1, y1 = masks[i].bbox
        u0, v0, u1, v1 = other.bbox
        apart = (x0 + x1 - u0 - u1) ** 2 + (y0 + y1 - v0 - v1) ** 2
        if apart < least:
            best, least = i, apart
    return best''',
    "next_sweep": '''def next_sweep(indices, masks, count, region, not_beyond=None, not_touching=None):
    """Actions that sweep the nearest thing into a region that is not in it yet; none when so many are there already."""
    rest, inside, blocked = list(indices), 0, []
    while rest and inside < count:
        i = nearest(rest, region, masks)
        rest.remove(i)
        try:
            actions = SweepActions(i, masks, into=region, not_beyond=not_beyond, not_touching=not_touching)
        except Exception:
            blocked.append(i)
            continue
        if actions:
            return actions
        inside = inside + 1
    if blocked and inside < count:
        # There is no way: this says why.
        return SweepActions(blocked[0], masks, into=region, not_beyond=not_beyond, not_touching=not_touching)
    return []''',
}
"""Name -> source."""

NEEDS = {"thing_at": ("closest",), "next_sweep": ("nearest",)}
"""Which helpers a helper calls."""
