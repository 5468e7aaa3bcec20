"""The command line as a person meets it: in a process of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from instruct2act.cli import main

COMMAND = [sys.executable, "-m", "instruct2act.cli"]
ORACLE = ["--perception", "oracle"]


def _said(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=240, cwd=cwd, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.mark.parametrize(
    "arguments", [[], ["run"], ["train"], ["config", "show"], ["tasks"], ["skills"], ["doctor"], ["prompt"]]
)
def test_help_teaches(arguments: list[str]) -> None:
    done = _said(*arguments, "--help")
    assert done.returncode == 0
    assert "Usage" in done.stdout


def test_help_loads_nothing_heavy() -> None:
    heavy = {"torch", "numpy", "pybullet", "cv2", "gymnasium", "pydantic"}
    code = f"""import sys; sys.argv = ['instruct2act', '--help']
import instruct2act.cli
try: instruct2act.cli.main()
except SystemExit: print('HEAVY', sorted({heavy} & set(sys.modules)))"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert "HEAVY []" in done.stdout


def test_lists_say_what_there_is() -> None:
    names = [json.loads(line)["name"] for line in _said("tasks", "--json").stdout.splitlines()]
    assert "rearrange_then_restore" in names
    assert "def PickPlace(pick" in _said("skills").stdout
    shown = _said("config", "show", "--set", "sim.motion=arm").stdout
    assert "motion: arm" in shown


def test_prompt_shows_what_is_sent() -> None:
    told = json.loads(_said("prompt", "put the red heart into the blue bowl", "--json").stdout)
    assert [message["role"] for message in told["messages"]] == ["system", "user"]
    assert told["tokens"] < 3000
    shown = _said("prompt", "put the red heart into the blue bowl").stdout
    assert all(message["text"].strip() in shown for message in told["messages"])
    assert told["sha256"] in shown


@pytest.mark.slow
def test_prompt_tells_a_scene_s_pictures_in_words() -> None:
    scene = ["put it away", "--objects", "red heart; blue bowl", *ORACLE, "--set", "llm.images=off"]
    shown = _said("prompt", *scene).stdout
    told = shown.partition('"the table now": ')[2]
    assert "red heart" in told and "blue bowl" in told


def test_what_config_show_prints_is_a_config(tmp_path: Path) -> None:
    file = tmp_path / "all.yaml"
    file.write_text(_said("config", "show", "--set", "sandbox.calls=7").stdout, encoding="utf-8")
    assert "calls: 7" in _said("config", "show", "--config", str(file)).stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--task", "rotat"], "did you mean 'rotate'"),
        (["--task", "rotate", "--level", "L9"], "L1, L2, L3"),
        (["put it", "--objects", "red hart; blue bowl"], "did you mean 'heart'"),
        (["put it", "--set", "sandbox.cpu=1"], "did you mean 'sandbox.cpu_s'"),
        (["put it", "--set", "perception.segmenter=samm"], "did you mean 'sam'"),
        (["put {thing} there", "--objects", "red heart"], "--picture thing=FILE"),
        (["put it", "--picture", "a=missing.png"], "missing.png"),
        (["put it", "--picture", "a=/dev/null"], "/dev/null"),
        (["put it", "--click", "4"], "X,Y"),
        (["--objects", "red heart"], "needs an instruction"),
        (["x", "--task", "rotate", "--scene-seed", "3"], "one scene"),
    ],
)
def test_a_mistake_is_answered_in_a_sentence(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["instruct2act", "run", *ORACLE, *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    answer = capsys.readouterr()
    assert ended.value.code == 2, answer
    assert said in answer.err and "Traceback" not in answer.err
    assert not list(tmp_path.glob("runs/*/record.jsonl"))


def test_a_mistake_ends_the_process_with_2(tmp_path: Path) -> None:
    done = _said("run", "--task", "rotat", cwd=tmp_path)
    assert done.returncode == 2 and "did you mean 'rotate'" in done.stderr


@pytest.mark.needs("jail")
def test_run_prints_one_json_object_and_writes_what_it_names(tmp_path: Path) -> None:
    done = _said("run", "--task", "rotate", "--seed", "1", *ORACLE, "--json", "--out", str(tmp_path / "out"))
    told = json.loads(done.stdout.splitlines()[-1])
    assert (done.returncode, told["status"], told["success"], told["failed_at"]) == (0, "finished", True, None)
    assert told["progress"] == 1 and told["reward"] > 0.5
    assert {"program", "reward", "strip", "video", "record"} == set(told["files"])
    assert all(Path(file).stat().st_size > 100 for file in told["files"].values())
    assert [call["name"] for call in told["calls"]][:2] == ["GetImage", "SAM"]
    assert told["actions"][0]["status"] == "done"
    assert {"scene", "llm", "perception", "motion", "reward", "total"} <= set(told["seconds"])


@pytest.mark.needs("jail")
def test_what_is_not_understood_is_refused_and_nothing_moves(tmp_path: Path) -> None:
    done = _said("run", "sing a song", "--objects", "red heart", *ORACLE, "--json", cwd=tmp_path)
    told = json.loads(done.stdout.splitlines()[-1])
    assert (done.returncode, told["status"], told["actions"]) == (1, "refused", [])
    assert "sing a song" in told["error"]["message"]


@pytest.mark.needs("jail")
@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_an_interrupt_stops_the_arm_and_leaves_a_record(number: signal.Signals, tmp_path: Path) -> None:
    out = tmp_path / "out"
    slow = ["--set", "sim.motion=arm", "--set", "sim.height=512", "--set", "sim.width=1024"]
    run = subprocess.Popen(
        [*COMMAND, "run", "--task", "rearrange_then_restore", *ORACLE, *slow, "--json", "--out", str(out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 100
    while not list(out.glob(".video*")) and time.monotonic() < deadline and run.poll() is None:
        time.sleep(0.05)  # the film begins with the first motion
    os.kill(run.pid, number)
    stdout, stderr = run.communicate(timeout=60)
    assert "Traceback" not in stderr
    told = json.loads(stdout.splitlines()[-1])
    assert (run.returncode, told["status"]) == (130, "interrupted")
    assert json.loads((out / "record.jsonl").read_text(encoding="utf-8"))["status"] == "interrupted"
    assert not list(out.glob(".*part*"))
