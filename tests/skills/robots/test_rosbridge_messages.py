"""Messages of both ROS are read strictly; pictures arrive pixel by pixel."""

from __future__ import annotations

import base64
import io
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from skills.robots.rosbridge import images
from skills.robots.rosbridge.errors import BadMessage
from skills.robots.rosbridge.messages import (
    Dialect,
    Feedback,
    Result,
    State,
    TransformStamped,
    matrix_of,
    quaternion_of,
    read,
)
from skills.types import Pose

ONE, TWO = Dialect(1), Dialect(2)
BOX = {"workspace_low": {"x": 0.0, "y": 0.0, "z": 0.0}, "workspace_high": {"x": 1.0, "y": 1.0, "z": 1.0}}


@given(st.floats(0, 2**32), st.sampled_from([ONE, TWO]))
def test_times_go_there_and_back(seconds: float, dialect: Dialect) -> None:
    stamp = dialect.stamp(seconds)
    assert abs(dialect.seconds(stamp) - seconds) < 1e-6 and 0 <= list(stamp.values())[1] < 10**9


@pytest.mark.parametrize("stamp", [None, {}, {"sec": "a", "nanosec": 0}, {"sec": -1, "nanosec": 0}, {"sec": 1}, 3.0])
def test_what_is_no_time_is_refused(stamp: object) -> None:
    with pytest.raises(BadMessage):
        TWO.seconds(stamp)


def test_shapes_differ_as_the_two_do() -> None:
    assert ONE.type("std_msgs/String") == "std_msgs/String" and TWO.type("std_msgs/String") == "std_msgs/msg/String"
    assert TWO.type("std_srvs/Trigger", "srv") == "std_srvs/srv/Trigger"
    assert set(ONE.header("a", 1.5)) == {"seq", "stamp", "frame_id"} and "seq" not in TWO.header("a", 1.5)
    assert ONE.stamp(1.5) == {"secs": 1, "nsecs": 500_000_000} and TWO.stamp(1.5) == {"sec": 1, "nanosec": 500_000_000}
    pose = TWO.pose_stamped("base_link", 0.0, Pose(0.1, 0.2, 0.3, math.pi))["pose"]
    assert pose["position"] == {"x": 0.1, "y": 0.2, "z": 0.3} and abs(pose["orientation"]["z"] - 1) < 1e-12


def test_a_status_that_is_not_known_is_unknown() -> None:
    assert [TWO.status(n) for n in (4, 5, 6, 2, 99, None, "4", True)] == [
        "succeeded", "canceled", "aborted", *["unknown"] * 5,
    ]  # fmt: skip
    assert [ONE.status(n) for n in (3, 2, 4, 5, 9)] == ["succeeded", "canceled", "aborted", "rejected", "unknown"]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (State, {"state": "IDLE"}),
        (State, {"state": "DANCING", **BOX}),
        (State, {"state": "IDLE", **BOX, "grasped": 1}),
        (State, {"state": "IDLE", **BOX, "workspace_low": {"x": None, "y": 0.0, "z": 0.0}}),
        (State, {"state": "IDLE", **BOX, "workspace_low": {"x": math.inf, "y": 0.0, "z": 0.0}}),
        (Result, {"success": "yes"}), (Result, {}), (Result, None), (Result, "refused"),
        (Feedback, {"progress": 1.5}), (Feedback, {"progress": math.nan}),
        (TransformStamped, {"header": {}, "child_frame_id": "a", "transform": {
            "translation": {"x": 0, "y": 0, "z": 0}, "rotation": {"x": 0, "y": 0, "z": 0, "w": 0.5}}}),
    ],
)  # fmt: skip
def test_what_is_not_of_its_kind_is_refused(kind: type, values: object) -> None:
    with pytest.raises(BadMessage, match=kind.__name__):
        read(kind, values)


@given(st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: np.linalg.norm(q) > 0.1))
def test_rotations_go_there_and_back(quaternion: tuple[float, float, float, float]) -> None:
    matrix = matrix_of((1.0, 2.0, 3.0), quaternion)
    assert np.allclose(matrix_of((1.0, 2.0, 3.0), quaternion_of(matrix)), matrix, atol=1e-9)
    assert math.isclose(np.linalg.det(matrix[:3, :3]), 1.0, abs_tol=1e-9)


def image(pixels: np.ndarray, encoding: str, pad: int = 0, text: bool = False, **more: object) -> dict[str, object]:  # type: ignore[type-arg]
    rows = np.ascontiguousarray(pixels).view(np.uint8).reshape(pixels.shape[0], -1)
    data = np.pad(rows, ((0, 0), (0, pad))).tobytes()
    given = {"height": pixels.shape[0], "width": pixels.shape[1], "encoding": encoding, "step": rows.shape[1] + pad}
    return {**given, "is_bigendian": 0, "data": base64.b64encode(data).decode() if text else data, **more}


@pytest.mark.parametrize("text", [False, True])
@pytest.mark.parametrize("pad", [0, 5])
def test_raw_colour_arrives_as_it_was(text: bool, pad: int) -> None:
    rgb = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
    assert (images.colour(image(rgb, "rgb8", pad, text)) == rgb).all()
    assert images.colour(image(rgb, "rgb8", pad, text)).flags.writeable
    assert (images.colour(image(rgb[..., ::-1], "bgr8", pad, text)) == rgb).all()
    assert (images.colour(image(rgb[..., :1], "mono8", pad, text)) == rgb[..., :1]).all()


def test_depth_is_metres_and_nothing_seen_is_zero() -> None:
    millimetres = np.array([[0, 500], [1000, 65535]], "<u2")
    assert np.allclose(images.depth(image(millimetres, "16UC1")), [[0, 0.5], [1, 65.535]])
    metres = np.array([[np.nan, 0.5], [np.inf, -1]], "<f4")
    assert np.allclose(images.depth(image(metres, "32FC1")), [[0, 0.5], [0, 0]])
    swapped = image(millimetres.astype(">u2"), "16UC1", is_bigendian=1)
    assert np.allclose(images.depth(swapped), [[0, 0.5], [1, 65.535]])


def test_compressed_colour() -> None:
    rgb = np.full((16, 24, 3), (200, 40, 10), np.uint8)
    for form in ("PNG", "JPEG"):
        file = io.BytesIO()
        Pillow.fromarray(rgb).save(file, form)
        got = images.colour({"format": f"rgb8; {form.lower()} compressed bgr8", "data": file.getvalue()})
        assert got.shape == rgb.shape and np.abs(got.astype(int) - rgb).max() <= 4


@pytest.mark.parametrize(
    "message",
    [
        {}, {"encoding": "yuv422"}, image(np.zeros((4, 4, 3), np.uint8), "rgb8", height=5),
        image(np.zeros((4, 4, 3), np.uint8), "rgb8", width=10**6), image(np.zeros((4, 4, 3), np.uint8), "rgb8", step=3),
        image(np.zeros((4, 4, 3), np.uint8), "rgb8", data="not base64!"), {"format": "jpeg", "data": b"no picture"},
        image(np.zeros((4, 4, 3), np.uint8), "rgb8", data=[1, 2]),
        image(np.zeros((4, 4, 3), np.uint8), "rgb8", width=True),
    ],
)  # fmt: skip
def test_pictures_that_do_not_fit_are_refused(message: dict[str, object]) -> None:
    with pytest.raises(BadMessage):
        images.colour(message)


def test_what_a_camera_says_of_itself() -> None:
    k, p = [100.0, 0, 32, 0, 100, 24, 0, 0, 1], [90.0, 0, 32, 0, 0, 90, 24, 0, 0, 0, 1, 0]
    same = {"width": 64, "height": 48, "distortion_model": "plumb_bob", "header": {"frame_id": "/optical"}}
    for info in (
        images.camera_info({**same, "K": k, "D": [0.1, 0, 0, 0, 0], "P": p}),
        images.camera_info({**same, "k": k, "d": np.array([0.1, 0, 0, 0, 0]), "p": p}),
    ):
        assert info.k[0, 0] == 100 and info.p[0, 0] == 90 and info.d[0] == 0.1 and info.frame == "optical"
    for bad in ({"k": [0.0] * 9}, {"k": k[:8]}, {"width": 0}, {"d": [0.1], "distortion_model": "equidistant"}):
        with pytest.raises(BadMessage):
            images.camera_info({**same, "k": k, "d": [], "p": p, **bad})
