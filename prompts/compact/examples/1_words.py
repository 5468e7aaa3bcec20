"""Put all red objects into the green container, each turned by 90 degrees."""

def main() -> dict:
    image = GetImage()
    objs, masks = ImageCrop(image=image, masks=SAM(image=image))
    container = CLIPRetrieval(objs, "green container")
    place = Pixel2Loc(container, masks)
    things = FindAll(objs, "red object", exclude=[container])
    return RobotExecution(action=[
        PickPlace(pick=Pixel2Loc(thing, masks), place=place, yaw_angle_degree=90) for thing in things
    ])
