"""Rearrange to this {scene}."""

def main() -> dict:
    image = GetImage()
    objs, masks = ImageCrop(image=image, masks=SAM(image=image))
    scene = templates["scene"]
    scene_objs, scene_masks = ImageCrop(image=scene, masks=SAM(image=scene))
    there, here = get_objs_match(scene_objs, objs)
    actions = RearrangeActions(
        pick_masks=masks, place_masks=scene_masks, pick_ind=here, place_ind=there, bounds=BOUNDS
    )
    return RobotExecution(action=actions)
