"""An arm behind a bridge: how fast it stops, how fast a frozen link is noticed, what pictures cost by encoding."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.context import ForkServerContext
from typing import Any

import numpy as np

from instruct2act.bench.tables import Progress, say
from skills.errors import Aborted, Mistake
from skills.robots import Silent
from skills.robots.rosbridge import build, images
from skills.robots.rosbridge.parts import transport as connecting
from skills.robots.rosbridge.settings import Deadlines
from skills.robots.rosbridge.settings import settings as read_settings

ROUND_S = 0.02
"""Of the arm's control loop: a motion takes some two seconds, and a stop is seen once a round."""
RATE_HZ = 30.0
WATCHED_S = 6.0


def told(what: str, values: Sequence[float]) -> None:
    """Prints a line: median, worst and number."""
    say(f"{what:<64}{np.median(values):>8.0f}{max(values):>8.0f}{len(values):>6}")


def stops(count: int, transport: str) -> None:
    """From the call and from killing the client to an arm at rest, under pictures of 640 x 480 at 30 Hz."""
    from instruct2act.bench.bridge import doubles

    double, rng, steps = doubles(), np.random.default_rng(0), Progress(2 * count)
    say(f"\n{f'stop, {transport}':<64}{'median':>8}{'worst':>8}{'n':>6}")
    rest, confirmed, killed = list[float](), list[float](), list[float]()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, "cv2", "skills.robots.rosbridge.robot"])  # no reactor is ever forked
    with double.Double(_arm(double), rate_hz=RATE_HZ) as server:
        file = double.robots_file(server, transport=transport)
        with build(**file) as arm:
            for _ in range(count):
                ended: list[str] = []
                motion = threading.Thread(target=_moved, args=(arm, double.PICK, ended))
                motion.start()
                _under_way(server, float(rng.uniform(0.05, 0.6)), ended)
                began = time.monotonic()
                arm.stop()
                confirmed.append(1000 * (time.monotonic() - began))
                motion.join()
                rest.append(1000 * (_at_rest(server, began) - began))
                arm.acknowledge()
                steps.step("stops by a call")
        for _ in range(count):
            killed.append(_killed(context, server, file, float(rng.uniform(0.05, 0.6))))
            steps.step("clients killed")
    told("from the call to the arm at rest, ms", rest)
    told("from the call to its confirmation, ms", confirmed)
    told("from killing the client to the arm at rest, ms", killed)


def frozen(count: int, transport: str) -> None:
    """From a half-open connection to a latch that is closed, with the deadlines that a robot's file has by default."""
    from instruct2act.bench.bridge import doubles

    double, noticed = doubles(), list[float]()
    with double.Double(_arm(double), rate_hz=RATE_HZ) as server:
        file = {**double.robots_file(server, transport=transport), "deadlines": Deadlines().model_dump()}
        with build(**file) as arm:
            for _ in range(count):
                server.relay.freeze("control", "safety", "cameras")
                began = time.monotonic()
                while arm.state == "READY":
                    time.sleep(0.005)
                noticed.append(1000 * (time.monotonic() - began))
                arm.acknowledge()
    told("from a frozen link to a closed latch, ms", noticed)


def encodings(transport: str) -> None:
    """A picture's way from its stamp to its pixels here, and what that costs this process."""
    context = multiprocessing.get_context("forkserver")
    here, there = context.Pipe()
    server = context.Process(target=_served, args=(there,), daemon=True)
    server.start()
    url = here.recv()
    say(f"\n{f'640 x 480 at 30 Hz, {transport}':<32}{'kB':>7}{'ms':>7}{'worst':>7}{'CPU ms':>8}{'a second':>10}")
    for name, topic, type, compression in (
        ("compressed, CBOR", "compressed", "CompressedImage", "cbor"),
        ("compressed, JSON and base64", "compressed", "CompressedImage", "none"),
        ("raw, CBOR", "", "Image", "cbor"),
        ("raw, JSON and base64", "", "Image", "none"),
    ):
        if transport == "websockets" or compression == "none":
            _watched(name, url, topic, type, compression, transport)
    here.send("end")
    server.join(10)


def _watched(name: str, url: str, topic: str, type: str, compression: str, transport: str) -> None:
    from instruct2act.bench.bridge import doubles

    double, late, sizes = doubles(), list[float](), list[int]()
    connect = connecting(read_settings({"transport": transport}))

    def hear(message: Any) -> None:
        pixels = images.colour(message)
        stamp = message["header"]["stamp"]
        taken = stamp["sec"] + stamp["nanosec"] * 1e-9 - double.CLOCK_S
        assert pixels.shape == (480, 640, 3)
        late.append(1000 * (time.monotonic() - taken))
        sizes.append(len(message["data"]))

    link = connect(url, "cameras", Deadlines(connect_s=30, silence_s=20), lambda reason: None)
    full = f"{double.IMAGE}/{topic}".rstrip("/")
    link.subscribe(full, f"sensor_msgs/msg/{type}", hear, compression=compression)
    until = time.monotonic() + 20
    while len(late) < 5 and time.monotonic() < until:
        time.sleep(0.01)
    before, began, cpu = len(late), time.monotonic(), time.process_time()
    time.sleep(WATCHED_S)
    count, spent, cpu = len(late) - before, time.monotonic() - began, time.process_time() - cpu
    link.close()
    kb, seen = np.mean(sizes) / 1000, late[before:]
    middle, worst = (float(np.median(seen)), max(seen)) if seen else (np.nan, np.nan)
    cost = 1000 * cpu / max(1, count)
    say(f"{name:<32}{kb:>7.1f}{middle:>7.1f}{worst:>7.0f}{cost:>8.1f}{count / spent:>10.1f}")


# --- the other processes ----------------------------------------------------------------------------------------------


def _served(pipe: Any) -> None:
    """A bridge with a camera, until it is told to end."""
    from instruct2act.bench.bridge import doubles

    double = doubles()
    with double.Double(_arm(double), rate_hz=RATE_HZ) as server:
        pipe.send(server.url)
        pipe.recv()


def _client(file: dict[str, Any]) -> None:
    """Moves until it is killed."""
    from instruct2act.bench.bridge import doubles

    with build(**file) as arm:
        arm.execute(doubles().PICK, Silent())


def _killed(context: ForkServerContext, server: Any, file: dict[str, Any], after_s: float) -> float:
    """Milliseconds from SIGKILL of a client that moves the arm to its rest."""
    client = context.Process(target=_client, args=(file,), daemon=True)
    client.start()
    _under_way(server, after_s)
    began = time.monotonic()
    client.kill()
    rest = _at_rest(server, began)
    client.join(10)
    server.node.acknowledge()
    return 1000 * (rest - began)


# --- the arm ----------------------------------------------------------------------------------------------------------


def _arm(double: Any) -> Any:
    """One that only moves, with a rendered table as its picture."""
    import sim

    arm = double.KinematicArm(ROUND_S)
    with sim.make_objects("red block; blue bowl; green star") as env:
        arm.rgb = np.ascontiguousarray(env.world.render(double.OVERHEAD, size=(480, 640)).rgb)
    return arm


def _moved(arm: Any, action: Any, ended: list[str]) -> None:
    """Carries it out; ``ended`` gets why it was over before it was stopped, if it was."""
    with suppress(Aborted):
        ended.append(arm.execute(action, Silent()).error or "the motion was over")


def _under_way(server: Any, after_s: float, ended: Sequence[str] = ()) -> None:
    """Waits until the arm moves, and so much longer; pictures go on meanwhile.

    Raises:
        Mistake: it does not move; says why, where ``ended`` does.
    """
    until = time.monotonic() + 30
    while server.node.state != "MOVING":
        if ended or time.monotonic() > until:
            raise Mistake(f"the arm did not begin to move: {', '.join(ended) or 'nobody said why'}")
        time.sleep(0.002)
    while not server.node.views and time.monotonic() < until:
        server.node.views = server.arm.pictures()
    time.sleep(after_s)


def _at_rest(server: Any, since: float) -> float:
    """When the arm stood still after a stop that was asked for ``since`` (``time.monotonic``).

    Raises:
        Mistake: it did not.
    """
    until = since + 30
    while server.node.stopped_s < since or server.node.state == "MOVING":
        if time.monotonic() > until:
            raise Mistake("the arm did not stop within 30 s")
        time.sleep(0.002)
    stopped: float = server.node.stopped_s
    return stopped
