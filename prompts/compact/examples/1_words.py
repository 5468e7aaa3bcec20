"""Put the green and purple polka dot block into the green container, turned by 90 degrees."""

def main() -> dict:
    image = GetImage()
    objs, masks = ImageCrop(image=image, masks=SAM(image=image))
    block = CLIPRetrieval(objs, "green and purple polka dot block")
    container = CLIPRetrieval(objs, "green container", pre_obj1=block)
    action = PickPlace(
        pick=Pixel2Loc(block, masks), place=Pixel2Loc(container, masks), bounds=BOUNDS, yaw_angle_degree=90
    )
    return RobotExecution(action=action)
