"""Rearrange to this {scene}."""

def main() -> dict:
    image, scene = GetImage(), templates["scene"]
    objs, masks = ImageCrop(image=image, masks=SAM(image=image))
    scene_objs, scene_masks = ImageCrop(image=scene, masks=SAM(image=scene))
    there, here = get_objs_match(scene_objs, objs)
    return RobotExecution(action=RearrangeActions(masks, scene_masks, pick_ind=here, place_ind=there))
