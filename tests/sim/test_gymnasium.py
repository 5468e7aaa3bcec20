"""At home in Gymnasium, and for LeRobot's habits with it."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode

import sim
from sim.env import TabletopEnv
from sim.oracle import next_action
from sim.window import Window
from skills.errors import UnknownName

ROOT = Path(sim.__file__).parents[1]

sim.register_envs()


def oracle_vector(env: gymnasium.Env[Any, Any]) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    table = env.unwrapped
    assert isinstance(table, TabletopEnv)
    action = next_action(table)
    assert action is not None
    return table.encode(action)


@pytest.mark.slow
@pytest.mark.parametrize("name", sim.TASKS)
def test_gymnasiums_own_checker_has_nothing_to_say(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)  # no windows while tests run
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    made = gymnasium.make(f"instruct2act/{name}-v0", render_mode="rgb_array")
    check_env(made.unwrapped)  # pytest makes an error of each warning
    made.close()


def told(code: str, *flags: str) -> tuple[str, str]:
    """What a Python of its own says: standard output and error."""
    at_root = f"import sys; sys.path.insert(0, {str(ROOT)!r}); "
    done = subprocess.run([sys.executable, *flags, "-c", at_root + code], capture_output=True, text=True, check=False)
    return done.stdout, done.stderr


@pytest.mark.parametrize("imports", ["import gymnasium", "import sim, gymnasium", "import gymnasium.vector, sim"])
def test_a_bare_id_is_enough(imports: str) -> None:
    # An installed package has a line that imports the plugin when Python starts; a bare checkout has none.
    code = f"import instruct2act.plugin; {imports}; print(gymnasium.spec('instruct2act/rotate-v0').max_episode_steps)"
    assert told(code, "-W", "error") == ("5\n", "")


def test_an_id_with_its_module_needs_no_plugin() -> None:
    unplugged = "sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__name__ != '_Waiting']; "
    code = "import gymnasium; print(gymnasium.make('sim:instruct2act/rotate-v0', level='L2').unwrapped.level)"
    assert told(unplugged + code) == ("L2\n", "")


def test_starting_python_loads_nothing_more() -> None:
    code = "import instruct2act.plugin; print({'sim', 'numpy', 'gymnasium', 'typing'} & {*sys.modules})"
    assert told(code, "-I", "-S") == ("set()\n", "")


def test_gymnasium_can_be_imported_where_sim_is_something_else() -> None:
    other = "import types; sys.modules['sim'] = types.ModuleType('sim'); "
    out, err = told(other + "import instruct2act.plugin, gymnasium; print(gymnasium.spec('CartPole-v1').id)")
    assert out == "CartPole-v1\n" and "instruct2act are not registered" in err


def test_registering_twice_is_fine() -> None:
    sim.register_envs()
    assert sum(id.startswith("instruct2act/") for id in gymnasium.registry) == len(sim.TASKS)


@pytest.mark.parametrize("mode", [
    "sync",
    pytest.param("async", marks=pytest.mark.slow),
])  # fmt: skip
def test_several_at_once(mode: str) -> None:
    alone = TabletopEnv("rotate", "L2")
    # LeRobot's way of resetting, and Gymnasium's own.
    autoreset = {"sync": AutoresetMode.SAME_STEP, "async": AutoresetMode.NEXT_STEP}[mode]
    made = gymnasium.make_vec(
        "instruct2act/rotate-v0", 2, mode, vector_kwargs={"autoreset_mode": autoreset}, level="L2"
    )
    observations, info = made.reset(seed=7)
    # What LeRobot asks a vector environment for.
    assert made.call("_max_episode_steps") == (5, 5) and made.call("task") == ("rotate", "rotate")
    assert all("degrees" in text for text in made.call("task_description"))
    vectors = []
    for i in range(2):
        seen, told = alone.reset(seed=7 + i)
        assert np.array_equal(observations["pixels"]["top"][i], seen["pixels"]["top"])
        slot = info["instruction"][i].slots["dragged_obj"]
        assert np.array_equal(slot.pictures["top"].rgb, told["instruction"].slots["dragged_obj"].pictures["top"].rgb)
        vectors.append(oracle_vector(alone))
    _, rewards, terminated, truncated, info = made.step(np.stack(vectors))
    assert terminated.all() and not truncated.any() and rewards.tolist() == [1.0, 1.0]
    assert info.get("final_info", info)["is_success"].all()
    made.close()
    alone.close()


def test_environments_of_one_process_do_not_notice_each_other() -> None:
    def played(*names: str) -> list[list[object]]:
        envs = [TabletopEnv(name) for name in names]
        seen: list[list[object]] = [[env.reset(seed=3)[0]["pixels"]["front"].tobytes()] for env in envs]
        for _ in range(2):
            for env, found in zip(envs, seen):
                action = next_action(env)
                if action is not None:
                    observation, *_ = env.step(env.encode(action))
                    found += [observation["pixels"]["top"].tobytes(), env.history[-1]]
        for env in envs:
            env.close()
        return seen

    first, second = played("rearrange", "rotate")
    assert [first] == played("rearrange") and [second] == played("rotate")


def test_human_shows_the_table_and_the_motion(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[tuple[int, ...]] = []
    monkeypatch.setattr("sim.window.has_display", lambda: True)
    monkeypatch.setattr(Window, "show", lambda self, picture: shown.append(picture.shape))
    with TabletopEnv("rotate", render_mode="human") as env:
        env.reset(seed=1)
        assert shown == [(480, 640, 3)] and env.render() is None
        env.step(oracle_vector(env))
        assert len(shown) > 10 and shown[-1] == (480, 640, 3)


def test_human_without_a_display_says_so_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("sim.window.has_display", lambda: False)
    with caplog.at_level(logging.WARNING), TabletopEnv("rotate", render_mode="human") as env:
        env.reset(seed=1)
    assert "no display" in caplog.text


def test_other_render_modes_are_refused() -> None:
    with pytest.raises(UnknownName, match="rgb_array"):
        TabletopEnv("rotate", render_mode="rgb")
