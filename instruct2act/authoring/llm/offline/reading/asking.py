"""How people ask: words of courtesy and frames around what is asked, taken out; the order of things, as "then"."""

from __future__ import annotations

import re

_I = re.IGNORECASE

_ADVERB = (
    r"(?:please|kindly|maybe|perhaps|possibly|just|then|quickly|simply|now|also|go and|go ahead and|try and|try to)"
)
_YOU = r"(?:you|the robot|the arm)"
_GLAD = (
    r"(?:glad|happy|grateful|thankful|obliged|pleased|delighted|great|good|nice|lovely|wonderful|"
    r"perfect|cool|awesome|ideal)"
)
_AIM = (
    r"(?:task|job|goal|mission|aim|objective|assignment|challenge|instruction|request|order|wish|"
    r"plan|idea|exercise|role|"
    r"target|purpose|point|duty|todo|to-do)"
)
_FRAMES = (
    rf"(?:could|can|would|will|might|won't|couldn't|can't|wouldn't|do) you (?:{_ADVERB} )*(?:mind|"
    rf"be able to|manage to|be so kind "
    r"as to|be so good as to|be kind enough to|be a dear and|be willing to|like to|care to|help "
    r"me (?:to )?|do me (?:a|the) favou?r "
    r"(?:and|of)|make it so that|be happy to|have time to|let me have|agree to)?",
    r"(?:would|will|is|might) it be (?:possible|ok|okay|fine|alright|all right)(?: for you)?(?: to| if you| if we)?",
    r"is it (?:possible|ok|okay)(?: for you)? to",
    r"would (?:you mind|it bother you)(?: if you)?",
    r"(?:would|could|can|may|might) i (?:ask|request|trouble|bother|get|have|beg) you to",
    r"i(?:'m| am) asking you to|i (?:ask|request|beg|command|order|instruct|tell|urge|trust|expect|"
    r"require)(?: that)? you (?:to)?",
    rf"i(?:'d| would) (?:be|feel) (?:very |so |most |really )?{_GLAD} (?:if|to see) you(?: could| would| can| will)?",
    r"i(?:'d| would) (?:really |very much |greatly |truly )?(?:like|love|appreciate(?: it)?|prefer|"
    r"be grateful|want|need) "
    r"(?:it )?(?:for |if )?you(?: to| could| would)(?: please)?",
    rf"it (?:would|will|'d) be (?:very |so |really |most )?{_GLAD}(?: of you)? (?:if|to have|to see)(?: you)?"
    r"(?: could| would| can)?",
    r"i (?:really |just )?(?:want|need|wish|would like|expect|'d like) you to|i (?:was|am|'m) "
    r"(?:wondering|hoping) (?:if )?"
    r"you (?:could|would|might|can)|i wonder (?:if|whether) you (?:could|can|would)|i hope you (?:can|will|could)",
    r"(?:we|let us|let's|lets) (?:want|need|would like|have)? ?(?:you )?to(?= )|let's|let us|lets|"
    r"shall we|can we|could we|how about|"
    r"what about|why don't (?:you|we)|why not",
    rf"(?:your|the|my|our|his|this)(?: (?:next|first|only|main|current|final|small|little|new))"
    rf"? {_AIM}(?! (?:for|of) <|:? ?<scene)(?: (?:here|now|today|at "
    rf"hand|for {_YOU}|for today|this time))?(?: (?:is|will be|would be|remains|becomes))?(?: (?:that|"
    rf"for {_YOU} to|to))?(?= (?!is\b)|:)",
    r"here(?:'s| is) (?:what (?:to do|i want|you (?:do|have to do|should do|need to do|must do)"
    r"|i need)|the (?:task|plan|deal|job)|a "
    r"(?:task|job) for you)(?: is)?(?: to)?",
    r"(?:what|all|the (?:only )?thing) (?:that )?(?:i|we)(?: (?:really|just))? (?:want|need|would "
    r"like|ask|'d like)(?: (?:from|of) you)?"
    r"(?: to (?:see|happen))? is(?: (?:for you to|that you|to))?",
    r"(?:what|all|the (?:only )?thing) (?:that )?you(?: (?:really|just|now|should|must|have to|"
    r"need to|are to|'ve got to|can))* "
    r"(?:need to |have to )?(?:do|is)(?: now)?(?: is| here is)?(?: to)?",
    r"(?:it is|it's) (?:your (?:job|task|turn)|time|important|necessary|essential|required|crucial)"
    r"(?: (?:for you )?(?:to|that))?",
    r"you(?:'re| are)(?: now)? (?:supposed|asked|required|requested|expected|instructed|told|invited|"
    r"meant|going|to|kindly asked) "
    r"?(?:to)?|you (?:should|must|shall|will|can|may|could|might|ought to|have to|need to|want "
    r"to|have got to|'ll)|you'll (?:need|have|"
    r"want) to|you've got to",
    r"(?:be (?:so )?(?:kind|good)(?: enough)?(?: as)? (?:to|and)|do me a favou?r(?: and|,)?|have "
    r"a go at|see if you can|see to it that "
    r"you|make sure (?:that you|you|to)|be sure (?:to|that you)|try (?:to|and)|attempt to|go ahead "
    r"and|go and|proceed to|(?:start|begin|continue|go on|end|finish|conclude)(?: off)? (?:by|"
    r"with)|go on (?:to|and)|find a way (?:to|of)|manage to|remember to|don't forget to|start "
    r"by|begin by|finish by|end by|feel free to|"
    r"get to work and|help me(?: to)?|come and|carry on and|hurry up and|take care to|aim to|arrange (?:to|for))",
    r"(?:with|using|by means of|use|using|take) (?:the|your|a|its) (?:spatula|arm|gripper|robot(?:'s)"
    r"?(?: arm)?|suction(?: cup| "
    r"gripper)?|tool|end effector|hand|manipulator)(?:,? (?:to|and))?(?![a-z])",
)
_CLOSERS = (
    r"please|kindly|thanks(?: a lot| so much| in advance)?|thank you(?: very much| so much)?|for "
    r"me|for us|cheers|if you (?:don't mind|"
    r"please|can|could|would|will|like|may|wouldn't mind)(?=\s*(?:[,.;!?]|$))|if (?:that's|that is|it's|it is) (?:ok|"
    r"okay|possible|alright|all right|"
    r"fine)(?: with you| by you)?|if possible|when(?:ever)? you (?:can|have time|are ready|get "
    r"a chance|have a moment|'re ready)|will you|"
    r"would you|could you|can you|won't you|got it|understood|alright|all right|okay|ok|right "
    r"away|at once|immediately|straight away|"
    r"straightaway|as soon as possible|asap|directly|straight|exactly|precisely|simply|just|really|"
    r"actually|rather|basically|literally|"
    r"somehow|nicely|neatly|properly|correctly|safely|in place|on the spot|hey|hello|hi|dear|hey "
    r"robot|dear robot|^robot|good morning|well done|great|perfect|"
    r"hey there|quite|anyway|by the way|i think|i guess|i suppose|i say|you know|also|too|as well|now|either way|"
    r"this time|in this order|in that order|in order|in (?:exactly )?(?:this|that|the (?:given|"
    r"following|same)) (?:order|sequence)|"
    r"at this point|right now|for now|today|from the table|that you (?:see|can see|find) (?:on the table|there|here)|"
    r"on the table(?= (?:into|in|to|next|beside))|time permitting|"
    r"each(?= (?:turned|rotated)\b)"
)
_START = r"(?:^|(?<=[.;:!?,] )|(?<=\band )|(?<=\bthen )|(?<=\bso )|(?<=\bbut )|(?<=\bplease ))"
_FRAME = re.compile(
    rf"{_START}(?:(?:so|and|but|then|well|now|please|yes|ok|okay)[,:]? )*(?:{'|'.join(_FRAMES)})"
    rf"(?:[,:]? {_ADVERB})*(?=[ ,:.]|$):?",
    _I,
)
_CLOSER = re.compile(rf"(?<![\w>'-])(?:{_CLOSERS})(?![\w'-])(?!-)", _I)

_DONE = (
    r"(?:done|finished|complete(?:d)?|over|in place|there|in there|settled|accomplished|achieved|"
    r"ready|through|the case|so|in position|put)"
)
_IT = r"(?:it|that|this|they|you|everything|all of (?:it|that)|the (?:first|second|last) (?:step|part|one|move))"
_THEN = re.compile(
    r"(?:,? ?\b(?:and|but) )?\b(?:after (?:that|this|which|it|all that|doing (?:so|that|this)|"
    r"having done (?:so|that|this))|afterwards?|"
    r"thereafter|thereupon|subsequently|later(?: on)?|next(?! (?:to|door))|finally|lastly|last "
    r"of all|at last|in the end|at the end|to "
    r"(?:finish|conclude|end)(?: with| off|(?=,))|as (?:a|the) (?:last|final|next|second|third|"
    r"closing) (?:step|move|thing|action)|followed by|"
    r"(?:and )?from there(?: on)?(?! <)|"
    r"(?:secondly|thirdly|eventually|ultimately|in a second step|in a next step|second of all)|"
    rf"(?:once|when|after|as soon as|the moment|upon) {_IT}(?: is|'s|'re| are|'ve| have| has| was|"
    rf" were| gets?| got)?(?: been| all| "
    rf"both)? ?{_DONE}(?: (?:that|so|it|this|with (?:that|this|it)))?|(?:when|once|upon|after) "
    rf"(?:done|finished|completed|completion|"
    r"finishing)(?: (?:with )?(?:that|this|it|so))?|(?:once|when|after) you(?:'ve| have)? (?:did|"
    r"done|finish(?:ed)?|complete(?:d)?) "
    r"(?:that|this|it|so)|(?:with|that) (?:that|this|being)?,? ?done|this done|that done)\b,?",
    _I,
)
_GERUND_AFTER = re.compile(
    r",? ?\b(?:before|prior to|and end(?:ing)? (?:up )?by|ending (?:up )?by|and finish(?:ing)? "
    r"by|only to)(?= (?:(?!reaching|touching|crossing|exceeding|passing|hitting)\w+ing|return|"
    r"(?:it|they) (?:returns?|goes|go|comes?|is|are|finally))\b)",
    _I,
)
_BY_THEN = re.compile(
    rf"\b(?:by the time|at the moment when|by when) {_IT}(?: is|'s|'re| are|'ve| have)?(?: been)"
    rf"? ?{_DONE},?|\b(?:in|by|at) the (?:very )?end(?: of (?:it|it all|the task|this),?)?,? (?=<|"
    rf"the |all |every|put )",
    _I,
)
_THING = r"(?:(?:the |that |this )?(?:<(?:object|kind):[^>]*>|(?:\w+ ){0,3}?\w+))"
_ONCE = re.compile(
    rf"(?:^|(?<=[.;,] )|(?<=\band )|(?<=\bthen ))(?:once|after|as soon as|when) (?P<thing>{_THING})"
    rf" (?:is|are|has gone|have gone|has been (?:put|placed|moved|dropped)|have been (?:put|placed)"
    rf"|is (?:put|placed|safely)|goes|was (?:put|placed)|went|has landed|has moved|arrives|sits|"
    rf"lies) (?P<where>(?:in|into|inside|within|on|onto|at|to) {_THING}),(?: then)?(?= )",
    _I,
)
_FIRST_SECOND = re.compile(
    r"(?P<a><object:[^>]*>) first,? (?:and |then )*(?P<b>(?:(?:to|in|into) )?<object:[^>]*>) (?:second|next|after)", _I
)
_COULD = re.compile(
    rf"^(?:could|can|would|will|might|shall) (?P<thing>{_THING})(?: please| kindly)? (?=(?:be (?!in\b|"
    rf"on\b)|go |move to|end up|get ))",
    _I,
)
_NUMBERED = re.compile(
    r"(?:^|(?<=[.;,:!?] )|(?<=\band ))(?:step (?:one|two|three|four|five|\d)|\(?\d[.)](?=\s)|[a-e]\))"
    r"[:.,)]? ?(?:is to |is )?",
    _I,
)
_HOW_LONG = re.compile(
    r"\b(?:until|till|so that|such that|so|in order that|so as to have) (?:it|they|both|these|"
    r"all of them|everything)(?: (?:all|both))? "
    r"(?:(?:is|are|will be|ends? up|lies?|sits?|rests?|stands?|comes? to (?:lie|rest|sit)|can "
    r"be(?: found)?|goes|go|gets?|comes?)"
    r"(?: (?:placed|located|lying|sitting|resting|put|standing|safely))? )(?=in|on|next|beside|"
    r"under|to|behind|at|near|left|right|back)",
    _I,
)
_THERE = re.compile(
    r"\b(?:(?:over|right|down|up|out|back) )?(?:there|here),? (?=(?:in|on|inside|into|onto|next to|beside|to the) )", _I
)


def plainly(text: str) -> str:
    """What is asked, without the frames in which people ask it."""
    text = _NUMBERED.sub("then ", text)
    for _ in range(3):
        before = text
        text = " ".join(_FRAME.sub(" ", text).split())
        text = " ".join(_CLOSER.sub(" ", text).split())
        text = re.sub(r"\s*,(?:\s*,)+", ",", re.sub(r"\s+(?=[,.;!?])", "", text)).lstrip(" ,.;:!?")
        if text == before:
            break
    text = _FIRST_SECOND.sub(r"\g<a> then \g<b>", _BY_THEN.sub(" ", text))
    text = _ONCE.sub(r"\g<thing> goes \g<where>, then", text)
    text = re.sub(r"\b(then|and|continue|move) on to(?= )", r"\1 to", text, flags=_I)
    text = _GERUND_AFTER.sub(", then", text)
    text = re.sub(r"(?:,? ?\band\b,?)? ?\bthen,?(?: then\b,?)+", " then", _THEN.sub(" then", text), flags=_I)
    text = re.sub(r"^(?:do|can|could) you (?:see|find|spot) ([^?.!]+)\? (?=\w|<)", r"there is \1. ", text, flags=_I)
    text = re.sub(
        r"[.,;] (?:the |by an? |with an? )?angle (?:is|being|of|should be|shall be)?(?: of)? ?(?=\d)",
        " by ",
        text,
        flags=_I,
    )
    text = re.sub(
        r"\bso that (?:it|they) (?:is|are|gets?|has been|ends? up|will be) (?:turned|rotated|spun|"
        r"twisted) (?=by|\d|through)",
        "",
        text,
        flags=_I,
    )
    text = re.sub(
        r",? and (?:then )?(?:drop|put|place|release|leave|let go of|set) (?:it|them) (?:in|inside|"
        r"there|down|in there|on top)(?=[.,;!?]|$)",
        "",
        text,
        flags=_I,
    )
    text = re.sub(r"\b(get|bring|fetch|give|take) me (?=the |<|an? |all |that )", r"\1 ", text, flags=_I)
    text = re.sub(
        r"(?:^|(?<=[.;,] ))(?:second|third|fourth|fifth|last|first),? (?=<|the |put |move |place |bring |take |drop )",
        "then ",
        text,
        flags=_I,
    )
    text = re.sub(
        r"^match(?:ing)? (?:the )?(?:textures?|shapes?|patterns?|profiles?|colou?rs?)[:.] ", "", text, flags=_I
    )
    text = re.sub(
        r",? (?:when|once|after) you(?:'re| are|'ve| have)? (?:finish(?:ed)?|done)(?=[.;!]|$)", "", text, flags=_I
    )
    text = re.sub(r"\bwhat(?:ever)? is ([a-z_]+)(?=[.,;]|$)", r"the \1 object", text, flags=_I)
    text = re.sub(r"\band to (?=(?:put|move|place|drop|bring|turn|rotate)\b)", "and ", text, flags=_I)
    text = re.sub(r" on (?:a|the) (?:trip|journey|tour|ride) to(?= )", " to", text, flags=_I)
    text = re.sub(r"\b(?:exactly )?one (?=<(?:kind|most|least):)", "the ", text, flags=_I)
    text = re.sub(r" again(?=[,;.]| and )", "", text)
    text = _COULD.sub(r"\g<thing> should ", re.sub(r"(<object:[^>]*>) off (?=in|at|into)", r"\1 ", text))
    text = re.sub(r"\bfirst (?=(?:visits?|goes|moves|travels|comes|into|in|to|onto)\b)", "", text)
    text = _THERE.sub("", _HOW_LONG.sub("", text))
    text = re.sub(r"^\W*then,? ", "", " ".join(text.split()), flags=_I)
    return re.sub(r"\s+(?=[,.;:!?])", "", text)
