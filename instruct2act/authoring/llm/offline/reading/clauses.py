"""Clauses that their words alone explain, as marks: arrange as a picture shows, bring back, do as frames show.

People say these in endless ways, all of a small vocabulary: "use {scene} as a blueprint and lay all out like it",
"everything back to square one". A clause that has nothing but that vocabulary, with a word that asks for it among them,
is taken as a whole; with any other word in it, it is left to the grammar.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_I = re.IGNORECASE


def _words(*texts: str) -> frozenset[str]:
    return frozenset(word for text in texts for word in text.split())


_SMALL = _words(
    "a an the this that these those it its it's they them their theirs is are be was were been "
    "being has have had i you we "
    "me my your our us to of in on at into onto from by with for as so until till up out over "
    "down away around about and "
    "or just exactly right all every each everything whole entire both again please too also "
    "will would can could should "
    "must shall may need needs needed want wanted wants like what which how where when there "
    "here way if do does done did "
    "own very same precisely accurately faithfully completely fully simply now new it'll that's "
    "i'd i've you've you'll we're"
) - {"or", "if"}
_THINGS = _words(
    "object objects thing things item items piece pieces stuff block blocks ones table tabletop desk board workspace "
    "surface scene ones anything"
)
_PLACES = _words(
    "place places position positions location locations spot spots arrangement arrangements configuration layout setup "
    "set-up state status situation order shape pose poses point container containers source"
)
_MOVES = _words(
    "put place move bring take get set lay shift turn make made let change send carry go goes going "
    "come return returns putting "
    "moving placing bringing taking getting making laid placed moved brought taken set leave ends end ending find found"
)
_ARRANGING = _words(
    "arrange arranged arranging rearrange re-arrange rearranged rearranging arrangement organise "
    "organize organised organized "
    "reorganise reorganize order sort sorted tidy tidied clean adjust align reposition relocate "
    "redistribute distribute "
    "configure reconfigure transform transformed convert copy copied copying reproduce reproduced recreate re-create "
    "recreated replicate replicated duplicate mirror imitate mimic emulate model rebuild reconstruct "
    "build create produce "
    "realise realize achieve reach attain obtain establish restore repeat match matches matching "
    "matched resemble resembles "
    "correspond corresponds agree agrees equal equals identical follow following look looks looking "
    "appear appears based "
    "according conform show shows showing shown see seen depicted displayed pictured drawn given presented illustrated "
    "picture image photo photograph snapshot screenshot view example template blueprint guide "
    "reference pattern plan map "
    "design drawing goal target task job aim objective result outcome final finally desired wanted "
    "required expected current "
    "currently present existing use using used happen happens temporarily stand stands lie lies lying sit sits belong "
    "belongs per first after become becomes becoming has one final one's together until dictates "
    "says indicated indicates specified prescribed there's switch swap around"
)
_SHOWING = re.compile(
    r"(?:(?:here|this|that|there|it|look|looking|see|watch|observe|consider|study|inspect|check|"
    r"have|having|take|a|the|at|"
    r"is|are|of|in|on|from|first|picture|image|photo|scene|things|objects|you|can|i|and|what|as|"
    r"given|closely|this|shown) ?)*"
    r"<scene:[^>]*>(?: ?(?:picture|image|photo|scene))?",
    _I,
)
"""A picture held up, with nothing asked for."""
_ASKS_TO_ARRANGE = re.compile(
    r"\b(?:re-?)?(?:arrang|organi[sz]|creat|produc|plicat|build|construct|position|locat|configur|"
    r"order)|\b(?:set|sort|tidy|"
    r"make|put|place|move|bring|get|go|lay|shift|turn|change|transform|convert|adjust|align|cop(?:y|"
    r"ied)|duplicate|mirror|"
    r"imitate|mimic|emulate|rebuild|match(?:es)?|resembles?|corresponds?|agrees?|look like|looks? "
    r"(?:just |exactly )?(?:like|"
    r"as)|like|same|follow|use|goal|target|task|aim|objective|result|outcome|want|should|must|"
    r"has to|needs?|do|realise|realize|"
    r"achieve|reach|attain|template|blueprint|restore|identical)\b",
    _I,
)
_ONE_THING = re.compile(r"\b(?:the|an?) (?:object|thing|item|piece|block)\b", _I)

_RETURNING = _words(
    "back undo undone undoing reverse reversed revert reset restore restored restoring cancel "
    "original originally initial "
    "initially previous previously former formerly before earlier old start started starting "
    "began begin beginning home "
    "square one first return returned returning came come used stood lay stand sat step steps "
    "move moves change changes "
    "action actions everything got get gotten wherever whence rearrangement work untouched picked "
    "pick lying standing along look looks "
    "roll wind tidy time once swap motion motions rotate turn rotation clear tip itself themselves took taking lived"
)
_ASKS_BACK = re.compile(
    r"(?<!to the )(?<!at the )(?<!in the )\bback\b|\b(?:undo|undone|revers\w*|revert|reset|restor\w+|"
    r"cancel|original\w*|"
    r"initial\w*|previous\w*|former\w*|before|earlier|start\w*|began|begin\w*|home|return\w*|square "
    r"(?:one|1)|came|used to|"
    r"(?:it|they|things|everything) (?:was|were|stood|lay|had)|(?:its|their) (?:old|own|first))\b",
    _I,
)
_RETURN_WORDS = _SMALL | _THINGS | _PLACES | _MOVES | _RETURNING
_WHITHER = re.compile(r"\b(?:back|to|in|into|onto|on|at|where|wherever|how|as|like|home|from)\b", _I)
_ALL_BACK = re.compile(
    r"\b(?:all|everything|objects|things|items|blocks|pieces|table|they|them|these|those|each|every)\b", _I
)

_SHOWN_MOVING = _words(
    "motion motions movement movements path paths trajectory trajectories route routes track "
    "way waypoint waypoints course "
    "sequence series step steps stop stops stage stages video clip film movie animation demonstration demo journey "
    "frame frames keyframe keyframes retrace re-enact redo retraces clips picture pictures image "
    "images snapshot snapshots photo photos process procedure order "
    "pattern example examples stack stacks stacked stacking stacking: pile piled piling tower "
    "towers heap build building "
    "built top other another follow follows following followed trace traces tracing imitate imitating "
    "mimic mimicking repeat "
    "repeating repeats travel travels traveling travelling pass passes passing visit visits demonstrate demonstrates "
    "demonstrated guide guides lead leads walk perform performing performs execute executing "
    "show shows showing shown carry "
    "start starts starting begin begins beginning use uses using turn through along via then "
    "next first second third last "
    "finally lastly after afterwards by one two three 1 2 3 four five 4 5 consecutive successive "
    "given depicted pictured "
    "displayed illustrated seen see watch watching look looking looks observe observed exactly "
    "precisely reproduce reproducing "
    "replay replaying replicate recreate copy copying mirror steps another same so likewise similarly "
    "moves moving moved move "
    "ending end ends grows grow over between toward towards within happens happen happening appears appear goes go "
    "gets learn act acts behave recreates play replicate assemble arrange construct create position positions "
    "located location locations point points indicated indicates presented described route: go repeat short following: "
    "according per stage time succession film together onto sequence: step: put place bring take set drag slide push "
    "let make made have get does under above below yourself it itself he she whole exact object "
    "objects thing things blocks "
    "block pieces piece items item movement: based on manner style fashion instructions instructed as-is performs "
    "accordingly resulting until final match matches"
)
_STACKING = re.compile(
    r"\b(?:stack\w*|pil(?:e|ed|es|ing)|towers?|heap|on top of|on (?:one )?another|onto another|one on)\b", _I
)

_ENDS = re.compile(
    r"((?:[,.;!?]|:(?![^<>]*>)|\b(?:and|then|so|but)\b|\s)*(?:[,.;!?]|:(?![^<>]*>)|\b(?:and|then)"
    r"\b)(?:[,.;!?]|:(?![^<>]*>)|\b(?:and|then|so|but)\b|\s)*)",
    _I,
)


_QUESTION = re.compile(
    r"(?:does|do|did|is|are|was|were|has|have|had|what|which|who|whose|why|how|when|where)\b[^.!;]*\?", _I
)
_ARTICLES = ("the", "a", "an", "this", "that", "my", "your")


def mark_clauses(text: str) -> str:
    """The text with such clauses as ``<arranged:slot>``, ``<restored:it>``, ``<restored:all>``, ``… <followed>``."""
    if _QUESTION.match(text):
        return text
    if "<frame:" in text:
        text = _shown(text)
    parts = [part.strip() for part in _ENDS.split(text)]
    clauses, ends = parts[::2], [f"{end} " for end in parts[1::2]] + [""]
    out, place = "", 0
    while place < len(clauses):
        length, marked = _longest(clauses[place:], ends[place:])
        end = ends[place + length - 1]
        out += marked + ("" if marked == "" else " " + end if end[:1].isalpha() else end)
        place += length
    return re.sub(r"\s+(?=[,.;:!?])", "", " ".join(out.split()))


def _longest(clauses: Sequence[str], ends: Sequence[str]) -> tuple[int, str]:
    """How many clauses from the first one make a whole of one kind, and its mark; one, as it is, where none do."""
    back = _back(clauses[0])
    if back:
        return 1, back
    for length in range(min(len(clauses), 6), 0, -1):
        if any(_back(clause) for clause in clauses[1:length]):
            continue
        run = (
            " ".join(f"{clause} {end}" for clause, end in zip(clauses[: length - 1], ends)) + " " + clauses[length - 1]
        )
        if run.count("<scene:") == 1 and _is_arranging(run):
            return length, f"<arranged:{re.search('<scene:([^>]*)>', run)[1]}>"  # type: ignore[index]
    return 1, _origin(clauses[0])


def _said(clause: str) -> list[str]:
    return re.findall(r"[^\s,.;:!?]+", re.sub(r"<[^>]*>", " ", clause.lower()))


def _is_arranging(run: str) -> bool:
    known = _SMALL | _THINGS | _PLACES | _MOVES | _ARRANGING
    if "<" in re.sub(r"<scene:[^>]*>", "", run) or _SHOWING.fullmatch(run.strip()) or _ONE_THING.search(run):
        return False
    return known.issuperset({*_said(run)} - {"then"}) and bool(_ASKS_TO_ARRANGE.search(re.sub(r"<[^>]*>", "", run)))


def _back(clause: str) -> str:
    """The mark of a clause that asks to bring back "it" or everything; none for any other clause."""
    said = _said(clause)
    if not said or "<" in clause or not _RETURN_WORDS.issuperset(said) or not _ASKS_BACK.search(clause):
        return ""
    if "reverse order" in clause or said in (["start"], ["begin"]):
        return ""
    only_it = re.search(r"\b(?:it|its|itself|that)\b", clause, _I) and not _ALL_BACK.search(clause)
    return f"<restored:{'it' if only_it else 'all'}>"


def _origin(clause: str) -> str:
    """The clause with ``<origin>`` for "(back) where it was", "to its old place"."""
    for start in _WHITHER.finditer(clause):
        rest = clause[start.start() :]
        if "<" not in rest and _RETURN_WORDS.issuperset(_said(rest)) and _ASKS_BACK.search(clause, start.start()):
            return f"{clause[: start.start()]} <origin>"
    return clause


def _shown(text: str) -> str:
    """What frames show: up to their last clause, only frames and the thing that follows them stay."""
    last = text.rindex("<frame:")
    stop = re.compile(r"[.;!?]|$").search(text, text.index(">", last))
    assert stop is not None
    head, tail = text[: stop.start()], text[stop.start() :]
    # Clauses after the frames belong to them, as long as they say nothing else.
    known = _SMALL | _SHOWN_MOVING | _MOVES
    for clause in re.findall(r"[.;:!?,]\s*(?:<[^>]*>|[^.;:!?,<])*", tail):
        names_it = "<" in clause and ("<object:" in head or re.search(r"<(?!object|kind)", clause))
        if names_it or not known.issuperset(_said(clause)) or "<restored" in clause or _back(clause.strip(" .;:!?,")):
            break
        head, tail = head + clause, tail[len(clause) :]
    # A thing with a name has an article; a word without one that nobody knows may ask for anything.
    said = re.findall(r"<[^>]*>|[^\s,.;:!?]+", head.lower())
    unknown = [place for place, word in enumerate(said) if word[0] != "<" and word not in known]
    if any(place == 0 or (place - 1 not in unknown and said[place - 1] not in _ARTICLES) for place in unknown):
        return text
    stacks = bool(_STACKING.search(head))
    rest = " ".join(w for w in re.findall(r"<[^>]*>|[^\s,.;:!?]+", head) if w[0] == "<" or w.lower() not in known)
    if stacks:
        frames, other = re.findall(r"<frame:[^>]*>", rest), re.sub(r"<frame:[^>]*>", "", rest).strip()
        return f"{' '.join([*frames, other])} <stacked>{tail}"
    return f"{rest} <followed>{tail}"
