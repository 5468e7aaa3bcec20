"""English to a plan: what the words say (a lark grammar), then what they refer to ("it", "the second one", clicks)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from lark import Lark
from lark.exceptions import UnexpectedInput

from instruct2act.authoring.llm.offline.plan import Free, Plan, Put
from instruct2act.authoring.llm.offline.reading.prepare import NotUnderstood, prepare
from instruct2act.authoring.llm.offline.reading.refusing import refuse
from instruct2act.authoring.llm.offline.reading.steps import take_step
from instruct2act.authoring.llm.offline.reading.things import CAN, Node, Talk, shown
from instruct2act.authoring.llm.offline.reading.typos import corrected
from instruct2act.authoring.llm.offline.reading.verbs import terminals

_ORDERED = re.compile(r"\b(?:first|then|after|afterwards|next|finally|lastly|followed by)\b", re.IGNORECASE)


def parse(text: str, slots: Mapping[str, Mapping[str, Any]] | None = None, clicks: int = 0) -> Plan:
    """Understands an instruction.

    Args:
        text: English, with ``{slots}``.
        slots: name -> {"kind": object | scene | frame | click | word, and "word" or "click"}.
        clicks: how many clicks there are.

    Raises:
        NotUnderstood: with the part that was understood, the part that was not, and what to try.
    """
    try:
        return _understood(text, slots or {}, clicks)
    except NotUnderstood as trouble:
        mended, assumed = corrected(text)
        if not assumed:
            raise
        try:
            return replace(_understood(mended, slots or {}, clicks), assumed=assumed)
        except NotUnderstood:
            raise trouble from None


def _understood(text: str, slots: Mapping[str, Mapping[str, Any]], clicks: int) -> Plan:
    prepared = prepare(text, slots)
    refuse(prepared.text, shown(prepared.text))
    try:
        tree = _tree(prepared.text)
    except UnexpectedInput:
        raise _explained(prepared.text) from None
    talk = Talk(clicks, prepared.lessons)
    for child in tree.children:
        take_step(child, talk)
    if talk.picked is not None and talk.taken_out:
        # "Take the heart out of the bowl": out is what was asked for.
        talk.steps.append(Put(talk.picked, Free()))
    elif talk.picked is not None:
        raise NotUnderstood("where it goes", shown(prepared.text), "say where to put it as well")
    return Plan(tuple(talk.steps), prepared.speed, bool(_ORDERED.search(prepared.text)))


@lru_cache(maxsize=64)
def _tree(text: str) -> Node:
    """The same sentence is read for its program, for its reward, and when something went wrong."""
    return _grammar().parse(text)


@lru_cache(maxsize=1)
def _grammar() -> Lark:
    return narrowed(grammar())


def grammar() -> Lark:
    """The grammar's files as a parser."""
    here = Path(__file__)
    rules, words = (here.with_name(f"{name}.lark").read_text(encoding="utf-8") for name in ("grammar", "words"))
    return Lark("\n".join((rules, words, terminals())), parser="earley", lexer="basic")


def narrowed(of: Lark) -> Lark:
    """The same parser, which predicts with a symbol that symbol's own rules only.

    Lark predicts all that a symbol may begin with, and with each of these all that again. Their own rules lead to the
    same items (Earley, CACM 1970) in less than half of the time (`bench paraphrases`). A Lark that keeps no such table
    stays as it is.
    """
    predicted = getattr(of.parser.parser, "predictions", {})
    for symbol, closure in predicted.items():
        predicted[symbol] = [rule for rule in closure if rule.origin == symbol]
    return of


def _explained(text: str) -> NotUnderstood:
    """The longest run of whole clauses that can be understood, and what comes after it."""
    ends = [m.start() for m in re.finditer(r"[,.;]| and | then ", text)]
    for end in reversed(ends):
        try:
            _tree(text[:end])
        except UnexpectedInput:
            continue
        rest = shown(text[end:])
        return NotUnderstood(rest.removeprefix("and ").removeprefix("then "), shown(text[:end]), CAN)
    return NotUnderstood(shown(text), "", CAN)
