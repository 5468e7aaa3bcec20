"""The wheel, installed in an environment of its own, plays an episode from another folder."""

import json
import os
import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has the wheel, and this one's packages behind it."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, timeout=200)
    venv.create(folder / "env", with_pip=True)
    python = folder / "env" / "bin" / "python"
    wheel = next(folder.glob("*.whl"))
    subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", "--no-index", wheel], check=True, timeout=200)
    packages = subprocess.run(
        [python, "-c", "import site; print(site.getsitepackages()[0])"], check=True, capture_output=True, text=True
    )
    # A path alone: .pth files in there, such as an editable install's, are not read.
    Path(packages.stdout.strip(), "others.pth").write_text(site.getsitepackages()[0] + "\n", encoding="utf-8")
    return python


@pytest.mark.slow
@pytest.mark.needs("jail")
def test_the_wheel_plays_an_episode(python: Path, tmp_path: Path) -> None:
    run = [python.parent / "instruct2act", "run", "--task", "visual_manipulation", "--perception", "oracle", "--json"]
    # Of the packages behind the wheel's, this one is looked for beside the interpreter.
    env = {**os.environ, "MONTY_BIN": str(Path(sys.executable).parent / "monty")}
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, timeout=200, check=False, env=env)
    told = json.loads(done.stdout.splitlines()[-1]) if done.stdout else {}
    assert (done.returncode, told.get("success")) == (0, True), done.stderr
    where = "import instruct2act, skills, sim; print(instruct2act.__file__, skills.__file__, sim.__file__)"
    files = subprocess.run([python, "-c", where], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert str(ROOT) not in files


@pytest.mark.slow
def test_the_wheel_brings_weights_prompts_configs_and_environments(python: Path, tmp_path: Path) -> None:
    code = """
import gymnasium
assert "instruct2act/rotate-v0" in gymnasium.registry
from instruct2act import config
from instruct2act.authoring import prompt
from skills.backends import weights
assert not weights.missing(), weights.missing()
assert config.load("ci") != config.Config()
assert prompt.examples()
from instruct2act.playground.server.application import PAGE
linked = {line.split('"')[1].removeprefix("/static/") for line in (PAGE / "index.html").read_text().splitlines()
          for line in line.split("=") if line.startswith('"/static/') and "/look/" not in line}
assert len(linked) > 5 and all((PAGE / name).is_file() for name in linked), linked
assert (PAGE / "js" / "boxing.js").is_file()
"""
    done = subprocess.run([python, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
