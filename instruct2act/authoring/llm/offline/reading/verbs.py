"""Verbs that mean one of the things the arm can do, in every form that English has of them."""

from __future__ import annotations

_VERBS = {
    "PUT": (
        "put place move collect gather drop lay set carry transfer drag slide shift deposit position "
        "relocate stick pop "
        "stow store insert load rest pack deliver transport leave nest tuck keep dump toss throw "
        "chuck plonk plop plunk "
        "slip slot sling ease dunk lodge situate stash scoot haul lug ferry shuttle lob install introduce cram squeeze "
        "convey displace pull steer usher bung sort release"
    ),
    "TAKE": "take get bring fetch retrieve",
    "PICK": "pick grab grasp lift select choose find identify hold seek seize clutch detect hoist raise",
    "TURN": "rotate turn spin twist swivel revolve pivot reorient twirl whirl",
    "SWEEP": "sweep push brush wipe shove herd drive scrape shepherd corral rake whisk bulldoze plough plow swipe prod",
    "STACK": "stack pile heap",
    "SWAP": "swap exchange switch interchange trade",
}
"""By what they do; a verb that could mean two things stands with the one that people mean more often."""

_IRREGULAR = {
    "put": "puts putting put", "set": "sets setting set", "lay": "lays laying laid", "leave": "leaves leaving",
    "keep": "keeps keeping kept", "stick": "sticks sticking stuck", "throw": "throws throwing thrown",
    "take": "takes taking taken", "get": "gets getting got", "bring": "brings bringing brought",
    "find": "finds finding found", "choose": "chooses choosing chosen", "hold": "holds holding held",
    "seek": "seeks seeking sought", "spin": "spins spinning spun", "sweep": "sweeps sweeping swept",
    "drive": "drives driving driven", "sling": "slings slinging slung", "slide": "slides sliding slid",
}  # fmt: skip
_DOUBLED = frozenset(
    ["drop", "drag", "pop", "slot", "slip", "plop", "transfer", "lug", "lob", "cram", "prod", "swap", "grab"]
)


def forms(verb: str) -> list[str]:
    """The base, the third person, the gerund and the participle: place, places, placing, placed."""
    if verb in _IRREGULAR:
        return [verb, *_IRREGULAR[verb].split()]
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return [verb, f"{verb[:-1]}ies", f"{verb}ing", f"{verb[:-1]}ied"]
    third = f"{verb}es" if verb.endswith(("s", "sh", "ch", "x", "z")) else f"{verb}s"
    if verb.endswith("e"):
        return [verb, third, f"{verb[:-1]}ing", f"{verb}d"]
    stem = verb + verb[-1] if verb in _DOUBLED else verb
    return [verb, third, f"{stem}ing", f"{stem}ed"]


def any_of(family: str, *kinds: int) -> str:
    """A pattern for a family's verbs, longest first; ``kinds``: places in what `forms` gives, by default all."""
    found = {form for verb in _VERBS[family].split() for k, form in enumerate(forms(verb)) if not kinds or k in kinds}
    return "|".join(sorted(found, key=lambda form: (-len(form), form)))


BASE, THIRD, GERUND, PARTICIPLE = range(4)
SAID = frozenset(form for family in _VERBS.values() for verb in family.split() for form in forms(verb))
"""Every form of every verb."""


def terminals() -> str:
    """The verbs as terminals of the grammar."""
    up = r"( (up|out|hold of|over|off|down))*"
    lines = {
        "_PUT.5": rf"({any_of('PUT', BASE, GERUND)})( (down|off))?\b(?! of\b)",
        "_PUTS.5": rf"({any_of('PUT', THIRD)})\b(?! of\b)",
        "_DONE.4": rf"({any_of('PUT', PARTICIPLE)}|{any_of('TAKE', PARTICIPLE)})( (down|off|up))?\b",
        "_TAKE.5": rf"({any_of('TAKE', BASE, THIRD, GERUND)})\b(?! hold)",
        "_PICK.5": rf"({any_of('PICK')}|(take|get)( a)? hold of|look for|search for|reach for){up}\b",
        "_TURN.5": rf"(be(ing)? )?({any_of('TURN')})\b",
        "_SWEEP.6": rf"({any_of('SWEEP', BASE, THIRD, GERUND)})\b",
        "_SWEPT.6": rf"({any_of('SWEEP', PARTICIPLE)})\b",
        "_STACK.6": rf"(be(ing)? )?({any_of('STACK')})( up)?\b(?! of\b)",
        "_SWAP.6": rf"({any_of('SWAP')})((,? the)? (places|positions|locations|spots) of| around)?\b|change (places|"
        rf"positions)\b",
    }
    return "\n".join(f"{name}: /{pattern}/i" for name, pattern in lines.items())
