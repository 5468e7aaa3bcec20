"""Functions that programs of the embedded author define when they need them, as source."""

from __future__ import annotations

SHIFTED = '''def shifted(at, dx, dy):
    """A location so many metres further away (x) and to the right (y), on the table."""
    x = min(max(at[0] + dx, BOUNDS["x"][0] + 0.03), BOUNDS["x"][1] - 0.03)
    y = min(max(at[1] + dy, BOUNDS["y"][0] + 0.03), BOUNDS["y"][1] - 0.03)
    return [x, y, 0.0]'''

SPREAD = '''def spread(at, k, count):
    """The k-th of count places side by side around a location."""
    return [at[0], at[1] + 0.05 * (k - (count - 1) / 2), at[2]]'''

EVERYTHING_LIKE = '''def everything_like(objs, query):
    """Indices of all objects that fit a description: the best one first, until nothing else fits."""
    found = [CLIPRetrieval(objs, query)]
    while len(found) < len(objs):
        rest = [i for i in range(len(objs)) if i not in found]
        try:
            found.append(rest[CLIPRetrieval([objs[i] for i in rest], query)])
        except Exception:
            break
    return found'''

CLOSEST = '''def closest(indices, at, masks):
    """Which of some things lies closest to a location."""
    best, least = indices[0], 9.0
    for i in indices:
        x, y, z = Pixel2Loc(i, masks)
        distance = (x - at[0]) ** 2 + (y - at[1]) ** 2
        if distance < least:
            best, least = i, distance
    return best'''

SIZE = '''def size(mask):
    """Metres along x (away from the robot) and y (to the right) that a thing covers in the picture."""
    x0, y0, x1, y1 = mask.bbox
    a, b = Pixel2Loc([x0, y0]), Pixel2Loc([x1 - 1, y1 - 1])
    return [abs(b[0] - a[0]), abs(b[1] - a[1])]'''
