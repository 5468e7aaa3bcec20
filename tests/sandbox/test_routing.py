"""Which interpreter a program gets: told by its text, or when it is loaded; never once it has begun."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from contained import SKILLS, World, run_reward

from instruct2act.sandbox import Failure, Gateway, Limits, SandboxUnavailable
from instruct2act.sandbox.routing import Routed, Second, backend, fits

pytestmark = pytest.mark.needs("jail")


@pytest.fixture(scope="module")
def auto() -> Iterator[Gateway]:
    with Gateway(backend("auto")) as made:
        yield made


@pytest.mark.parametrize(
    "source, chosen",
    [
        ("return len(SAM(GetImage()))", "monty"),
        ("import math\nreturn math.pi", "monty"),
        ("import numpy as np\nreturn np.pi", "cpython"),
        ("def main():\n    import numpy as np\n    return np.pi", "cpython"),
        ("import heapq\nreturn heapq.nsmallest(1, [2, 1])", "cpython"),
        ("def f():\n    yield 1\nreturn list(f())", "cpython"),
        ("class E(ValueError):\n    pass\nreturn 1", "cpython"),
        ("x = [1, 2]\ndel x[0]\nreturn x", "cpython"),
        ("class A:\n    @property\n    def x(self):\n        return 1\nreturn A().x", "cpython"),
        ("from collections import OrderedDict\nreturn OrderedDict(a=1)", "cpython"),
    ],
)
def test_a_program_gets_the_interpreter_that_runs_it(source: str, chosen: str, auto: Gateway, world: World) -> None:
    assert auto.check(source, SKILLS, world.names()) == []
    for check in (True, False):
        done = world.run(auto, source, check=check)
        assert done.status == "finished", done.error
        assert done.backend.split()[0] == chosen


@pytest.mark.parametrize(
    "source",
    [
        "GetImage()\nimport_ = exec('import heapq')",
        "m = SAM(GetImage())\nreturn sorted(m, key=lambda k: Pixel2Loc(k))",
        "print('begun')\nexec('import heapq')",
    ],
)
def test_what_has_begun_ends_where_it_began(source: str, auto: Gateway, world: World) -> None:
    done = world.run(auto, source)
    assert done.backend.startswith("monty") and done.status == "failed"
    assert done.error is not None and done.error.stage == "unsupported"
    assert [call.name for call in done.calls] in ([], ["GetImage"], ["GetImage", "SAM"])


@pytest.mark.parametrize(
    "source, stage, line, said",
    [
        ("import numpy as np\nm = SAMM(GetImage())", "types", 2, "did you mean 'SAM'"),
        ("import numpy as np\nm = SAM(GetImage(), picture=1)", "api", 2, "has no argument 'picture'"),
        ("import numpy as np\nm = SAM(GetImage())\nn = SAM(m[0])", "types", 3, "Expected `Image`, found `Mask`"),
        ("class E(ValueError):\n    pass\nx = GetImage().pixels", "types", 3, "no attribute `pixels`"),
        ("import torch\nx = 1", "unsupported", 1, "there is abc"),
        ("import numpy as np\nx = (", "syntax", 2, "never closed"),
        ("import numpy as np\ndef main():\n    break", "syntax", 3, "outside loop"),
    ],
)
def test_what_is_wrong_is_found_before_anything_runs(
    source: str, stage: str, line: int, said: str, auto: Gateway, second: Gateway, world: World
) -> None:
    for gateway in (auto, second):
        found = gateway.check(source, SKILLS, world.names())
        assert (found[0].stage, found[0].line) == (stage, line) and said in found[0].message
        done = world.run(gateway, source, check=True)
        assert done.error is not None and done.error.stage == stage and not done.calls and not world.moved


def test_without_a_type_checker_unknown_names_are_found_all_the_same(world: World) -> None:
    class Alone(Second):
        def __init__(self) -> None:
            super().__init__()
            assert self._reader is not None
            self._reader.close()  # as where it cannot be had

    with Gateway(Alone()) as gateway:
        source = "import numpy as np\nfor k in [1]:\n    m = SAMM(np.ones(k))\n"
        (found,) = gateway.check(source, SKILLS, world.names())
        assert (found.stage, found.line, found.column) == ("types", 3, 9) and "did you mean 'SAM'" in found.message
        honest = (
            "from math import pi as p\ntry:\n    q = [p for _ in clicks]\nexcept ValueError as e:\n    print(e, q)\n"
        )
        assert gateway.check(honest, SKILLS, world.names()) == []


@pytest.mark.slow
def test_a_flat_program_that_spins_is_checked_at_once(second: Gateway, world: World) -> None:
    assert second.check("import numpy as np\nwhile True:\n    pass\n", SKILLS, world.names()) == []


REWARD = "{}\ndef reward(history, slots):\n    return {{'score': {}, 'parts': {{}}}}\n"


@pytest.mark.parametrize(
    "source, score",
    [
        (REWARD.format("import math", "math.cos(0)"), 1.0),
        (REWARD.format("import numpy as np", "np.cos(0)"), 1.0),
        (REWARD.format("def f():\n    yield 0.5", "next(f())"), 0.5),
    ],
)
def test_rewards_are_routed_too(source: str, score: float, auto: Gateway) -> None:
    (found,) = run_reward(auto.backend, source, [([], {})])
    assert not isinstance(found, Failure) and found.score == score


def test_a_stop_reaches_the_one_that_is_chosen_later() -> None:
    with Routed(spare=1) as routed:
        guest = routed.guest(Limits(program_s=60, turn_s=60), functions=frozenset())
        guest.kill()
        event = guest.start("import numpy as np\nwhile True: pass", {}, lambda text: None, check=False)
        guest.close()
        assert getattr(event, "cause", "") == "died"


def test_settings_name_the_interpreter(world: World) -> None:
    names = {choice: type(made).__name__ for choice in ("auto", "monty", "cpython") if (made := backend(choice))}  # type: ignore[arg-type]
    assert names == {"auto": "Routed", "monty": "Monty", "cpython": "Second"}
    with backend("auto", "language-only") as lone:  # type: ignore[attr-defined]
        assert lone.name == "monty"
    with pytest.raises(SandboxUnavailable, match="jailed"):
        backend("cpython", "language-only")


def test_a_text_that_does_not_parse_is_the_first_ones_to_refuse() -> None:
    assert fits("x = (") and fits("x = 1\x00") and not fits("import numpy")
