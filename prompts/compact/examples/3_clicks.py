"""Put the first clicked object into the second one."""

def main() -> dict:
    image = GetImage()
    first, second = SAM(image=image, points=clicks)
    return RobotExecution(action=PickPlace(pick=Pixel2Loc(first), place=Pixel2Loc(second)))
