"""Completions kept in a file and given again, so that a run repeats without a model, a network or a key.

A cassette is a stream of YAML documents that people can read and review: a header, then one document a completion,
its text as it came. It is found by the hash of the whole conversation (texts, pictures, words). The k-th time that a
process asks the same, it gets the k-th completion that was kept for it, and after the last one the first again.

Wrapped around any author by ``llm.cassette`` and ``llm.replay``; ``--author replay`` needs none, and never asks.
"""

from __future__ import annotations

import fcntl
import os
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import yaml

from instruct2act.authoring.llm import LLM, Completion, LLMError, Message, digest
from instruct2act.config import Llm
from skills.errors import Mistake

FORMAT = 1
LARGEST = 64 << 20
"""Bytes of a cassette that is read."""
ASKED_CHARS = 2000
"""Of the newest message, kept for whoever reviews a cassette."""

_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "prompt": str,
    "text": str,
    "model": str,
    "fingerprint": str,
    "tokens_in": int,
    "tokens_out": int,
    "seconds": (int, float),
}


class Cassette:
    """A file of completions.

    Attributes:
        path: where it is.
        model: whose completions these are, as the model was asked for; "" while there is no file.
    """

    def __init__(self, path: Path) -> None:
        """Reads the file, if there is one.

        Raises:
            Mistake: it is no cassette.
        """
        self.path, self.model = path, ""
        self._kept: defaultdict[str, list[Completion]] = defaultdict(list)
        if not path.is_file():
            return
        header, *documents = self._documents()
        if not isinstance(header, dict) or header.get("cassette") != FORMAT or not isinstance(header.get("model"), str):
            raise Mistake(f"{path} is no cassette of this version: its first document says no 'cassette: {FORMAT}'")
        self.model = header["model"]
        for place, document in enumerate(documents, 2):
            told = self._checked(document, place)
            self._kept[told.pop("prompt")].append(Completion(**told))

    def find(self, prompt: str) -> list[Completion]:
        """The completions kept for a conversation's hash, in the order in which they came."""
        return self._kept.get(prompt, [])

    def keep(self, model: str, messages: Sequence[Message], completion: Completion) -> None:
        """Adds a completion, and makes sure that it is on disk before returning."""
        prompt = digest(messages)
        entry = {
            "prompt": prompt,
            "asked": messages[-1].text[:ASKED_CHARS],
            "model": completion.model,
            "fingerprint": completion.fingerprint,
            "tokens_in": completion.tokens_in,
            "tokens_out": completion.tokens_out,
            "seconds": round(completion.seconds, 3),
            "text": completion.text,
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # workers of an evaluation may keep theirs in the same file
            documents = [entry] if file.tell() else [{"cassette": FORMAT, "model": model}, entry]
            file.write("".join(f"---\n{_text(document)}" for document in documents))
            file.flush()
            os.fsync(file.fileno())
        self.model = model
        self._kept[prompt].append(completion)

    def _documents(self) -> list[Any]:
        if self.path.stat().st_size > LARGEST:
            raise Mistake(f"{self.path} has more than {LARGEST >> 20} MB; a cassette of that size is not read")
        try:
            with self.path.open(encoding="utf-8") as file:
                return list(yaml.load_all(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))) or [None]
        except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
            raise Mistake(f"{self.path} is not YAML: {' '.join(str(error).split())[:200]}") from None

    def _checked(self, document: Any, place: int) -> dict[str, Any]:
        if not isinstance(document, dict):
            raise Mistake(f"{self.path}: document {place} is no completion")
        for name, kind in _TYPES.items():
            if not isinstance(document.get(name), kind):
                raise Mistake(f"{self.path}: document {place} has no {name} of the right kind")
        return {name: document[name] for name in _TYPES}


class Replay:
    """An author behind a cassette.

    Attributes:
        author: who is asked for what the cassette lacks; None when nobody is.
        cassette: what was kept.
        mode: "record" asks always and keeps; "replay" asks for what is not there, and keeps it; "replay-or-fail"
            never asks.
    """

    def __init__(
        self, author: LLM | None, cassette: Cassette, mode: Literal["record", "replay", "replay-or-fail"]
    ) -> None:
        self.author, self.cassette, self.mode = author, cassette, mode
        self.sees = True if author is None else getattr(author, "sees", False)
        self._given: Counter[str] = Counter()

    @property
    def model(self) -> str:
        """Whose answers these are."""
        return self.cassette.model if self.author is None else self.author.model

    def complete(self, messages: Sequence[Message]) -> Completion:
        """The completion that was kept for these messages, or the author's.

        Raises:
            LLMError: nothing was kept for them and nobody is to be asked, or the author failed.
        """
        prompt = digest(messages)
        kept = self.cassette.find(prompt) if self.mode != "record" else []
        if kept:
            self._given[prompt] += 1
            return kept[(self._given[prompt] - 1) % len(kept)]
        if self.author is None or self.mode == "replay-or-fail":
            raise LLMError(
                f"{self.cassette.path} has no answer to this prompt ({prompt[:12]}): the prompt, the pictures or a "
                "skill's text changed since it was recorded; record it anew with llm.replay=record"
            )
        completion = self.author.complete(messages)
        self.cassette.keep(self.author.model, messages, completion)
        self._given[prompt] += 1
        return completion


def wrap(author: LLM, settings: Llm) -> Replay:
    """An author behind the settings' cassette.

    Raises:
        Mistake: no cassette is named, it can't be read, or it is another model's.
    """
    if settings.replay == "off":
        raise ValueError("nothing to wrap: llm.replay is off")
    cassette = _cassette(settings, must_exist=settings.replay == "replay-or-fail")
    if cassette.model and cassette.model != author.model:
        raise Mistake(
            f"{cassette.path} holds answers of {cassette.model!r}, not of {author.model!r}: name another file"
        )
    return Replay(author, cassette, settings.replay)


def build(settings: Llm) -> Replay:
    """The provider ``replay``: a cassette alone.

    Raises:
        Mistake: no cassette is named, or it can't be read.
    """
    return Replay(None, _cassette(settings, must_exist=True), "replay-or-fail")


def _cassette(settings: Llm, must_exist: bool) -> Cassette:
    if settings.cassette is None:
        raise Mistake("set llm.cassette to the file that answers are kept in")
    if must_exist and not settings.cassette.is_file():
        raise Mistake(f"there is no cassette {settings.cassette}; record one with llm.replay=record")
    return Cassette(settings.cassette)


# --- writing ----------------------------------------------------------------------------------------------------------


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, as they were."""


def _as_block(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    # YAML's other line ends are read back as "\n" or a blank, unless they are escaped.
    odd = any(end in text for end in "\r\x85\u2028\u2029") or text[:1].isspace()
    style = '"' if odd else "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _as_block)


def _text(document: Mapping[str, Any]) -> str:
    return str(yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1 << 20))
