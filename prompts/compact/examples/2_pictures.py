"""Put the {dragged_obj} to the left of the {base_obj}, then restore it."""

def main() -> dict:
    image = GetImage()
    objs, masks = ImageCrop(image=image, masks=SAM(image=image))
    thing = CLIPRetrieval(objs, templates["dragged_obj"])
    base = CLIPRetrieval(objs, templates["base_obj"])
    start = Pixel2Loc(thing, masks)
    place = FindPlace(thing, masks, near=Pixel2Loc(base, masks), side="left")
    info = RobotExecution(action=PickPlace(pick=start, place=place))
    if info["failed"]:
        return info
    now = Track(masks[thing], GetImage())  # it has moved: look again
    return RobotExecution(action=PickPlace(pick=Pixel2Loc(now), place=start))
