"""The command ``prompt``: what an author would be sent, to the letter, without sending it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from instruct2act.options import ConfigFile, PerceptionName, Set


def add_to(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("prompt")(prompt)


def prompt(
    sentence: Annotated[str | None, typer.Argument(help="What to do; a task's own instruction when left out.")] = None,
    reward: Annotated[bool, typer.Option("--reward", help="What asks for the reward function.")] = False,
    scene_seed: Annotated[int | None, typer.Option(min=0, help="On the generated scene of this number.")] = None,
    objects: Annotated[str | None, typer.Option(help="On these: 'red heart; blue bowl @0.5,0.2'.")] = None,
    task: Annotated[str | None, typer.Option(help="A task; `instruct2act tasks` lists them.")] = None,
    level: Annotated[str | None, typer.Option(help="The task's level; its first when left out.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="The task's seed.")] = 0,
    picture: Annotated[
        list[str] | None, typer.Option(metavar="NAME=FILE", help="What {NAME} in the sentence looks like.")
    ] = None,
    click: Annotated[list[str] | None, typer.Option(metavar="X,Y", help="A clicked pixel of the top view.")] = None,
    perception: Annotated[
        PerceptionName, typer.Option(help="What finds the words for pictures.")
    ] = PerceptionName.default,
    json_line: Annotated[bool, typer.Option("--json", help="The messages and the count as one JSON object.")] = False,
    config: ConfigFile = None,
    sets: Set = None,
) -> None:
    """Show exactly what a language model would be sent: both messages, and about how many tokens they are.

    With a scene (a task, --objects or --scene-seed) the pictures and the words for them are that scene's; without one
    the sentence alone is shown.

      instruct2act prompt "put the red heart into the blue bowl"

      instruct2act prompt --task rearrange --seed 3 --set llm.images=off
    """
    from instruct2act import run

    request = run.Request(
        sentence, task, level, seed, scene_seed, objects, tuple(picture or ()), tuple(click or ()), None
    )
    show(request, reward, config, [*perception.settings(), *(sets or [])], json_line)


def show(request: Any, reward: bool, config_file: str | None, sets: Sequence[str], json_line: bool) -> None:
    """Prints the messages.

    Raises:
        Mistake: the request can't be.
    """
    from instruct2act import config
    from instruct2act.authoring.llm import _asking, digest, estimated_tokens

    settings = config.load(config_file, sets)
    messages = _messages(request, reward, settings)
    shown = settings.llm.images != "off"
    texts = [_asking.with_words(message) if not shown else message.text for message in messages]
    tokens = sum(map(estimated_tokens, texts))
    pictures = [name for message in messages for name, _ in message.images] if shown else []
    if json_line:
        told = [{"role": message.role, "text": text} for message, text in zip(messages, texts)]
        line = {"messages": told, "pictures": pictures, "tokens": tokens, "sha256": digest(messages)}
        sys.stdout.write(json.dumps(line) + "\n")
        return
    for message, text in zip(messages, texts):
        sys.stdout.write(f"--- {message.role}\n{text.rstrip()}\n")
    for message in messages if shown else ():
        for name, image in message.images:
            sys.stdout.write(f"[picture {json.dumps(name)}: {image.shape[1]} x {image.shape[0]} pixels]\n")
    sys.stdout.write(f"--- about {tokens} tokens of text, {len(pictures)} pictures; sha256 {digest(messages)}\n")


def _messages(request: Any, reward: bool, settings: Any) -> list[Any]:
    from instruct2act import asking, run
    from instruct2act.authoring import prompt
    from skills.errors import Mistake

    style = settings.author.style
    if request.task is None and request.objects is None and request.scene_seed is None:
        if request.sentence is None:
            raise Mistake("say what to do, or name a task: instruct2act prompt 'put the red heart into the blue bowl'")
        pictures = {name: image for name, image, _ in map(asking.picture, request.pictures)}
        clicks = [asking.click(entry) for entry in request.clicks]
        instruction = asking.instruction(request.sentence, pictures, clicks)
        return prompt.for_reward(instruction, (), style) if reward else prompt.for_program(instruction, style)
    from instruct2act.episode import instruction_of
    from instruct2act.runtime import Runtime

    spec, pictures = run.understood(request)
    with Runtime(settings) as runtime:
        robot = runtime.robot(spec)
        try:
            instruction = instruction_of(spec, robot, pictures)
            if reward:
                return prompt.for_reward(instruction, robot.history[0].objects, style)
            return prompt.for_program(instruction, style, runtime.seen(instruction, robot.observe()))
        finally:
            robot.close()
