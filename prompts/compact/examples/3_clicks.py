"""Put the first clicked object into the second one."""

def main() -> dict:
    image = GetImage()
    _, masks = ImageCrop(image=image, masks=SAM(image=image, points=clicks))
    action = PickPlace(pick=Pixel2Loc(0, masks), place=Pixel2Loc(1, masks), bounds=BOUNDS)
    return RobotExecution(action=action)
