"""Put {dragged_obj} into the red bowl, then put it back."""

def reward(history, slots):
    thing, bowl = slots["dragged_obj"], find(history, "red bowl")
    reached = in_order(history, [
        lambda at: inside(history, thing, bowl, at=at),
        lambda at: returned(history, thing, at=at),
    ])
    parts = {"in the bowl": reached[0], "back": reached[1]}
    guards = {"nothing else": nothing_else_in(history, thing, bowl)}
    return {"score": overall(parts, guards, undisturbed(history, thing)), "parts": parts}
