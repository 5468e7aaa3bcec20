import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import Play  # type: ignore[import-not-found]
from PIL import Image as Pillow
from tiers import others_slow

from instruct2act.events import Ended, Moving
from instruct2act.listeners.video import _BACKLOG, CODECS, Video, _Encoded


def read(path: Path) -> list[np.ndarray]:
    film = cv2.VideoCapture(str(path))
    frames = []
    while True:
        more, frame = film.read()
        if not more:
            film.release()
            return frames
        frames.append(frame[..., ::-1])


@pytest.mark.parametrize("ending", others_slow([ending for _, ending in CODECS], fast=[CODECS[0][1]]))
def test_the_film_reads_back_whole(play: Play, tmp_path: Path, ending: str) -> None:
    video = Video(tmp_path / f"video{ending}", size=(288, 216))
    for event in play.events():
        video.hear(event)
    assert [path.name for path in tmp_path.iterdir()] == [f"video{ending}"]
    frames = read(video.path)
    assert len(frames) == video.frames > play.frames
    assert {frame.shape for frame in frames} == {(304, 288, 3)}
    assert video.path.stat().st_size < 1_000_000


@pytest.mark.slow
def test_the_motion_is_in_the_film_in_order(play: Play, tmp_path: Path) -> None:
    video = Video(tmp_path / "video.webm")
    places = []
    for event in play.events():
        video.hear(event)
        if isinstance(event, Moving):
            places.append(video.frames - 1)
    frames = read(video.path)
    middles = []
    for place in places:
        red = np.argwhere((frames[place][:432].astype(int) - (200, 30, 30)).__abs__().max(axis=2) < 40)
        middles.append(red[:, 1].mean())
    expected = 576 / 160 * (4 * np.arange(play.frames) + 10)
    assert np.abs(np.array(middles) - expected).max() < 6


class Encoder:
    """Stands for OpenCV's writer: as slow as it is told to be, or broken from a frame on."""

    def __init__(self, works: int = 1000) -> None:
        self.go = threading.Event()
        self.seen: list[int] = []
        self._works = works

    def write(self, frame: np.ndarray) -> None:
        assert self.go.wait(60)
        if len(self.seen) == self._works:
            raise OSError("no space left")
        self.seen.append(int(frame[0, 0, 2]))

    def release(self) -> None:
        pass


def shade(number: int) -> np.ndarray:
    return np.full((8, 8, 3), (number, 0, 0), np.uint8)


def test_who_is_filmed_does_not_wait_for_the_encoder_and_memory_is_bounded(tmp_path: Path) -> None:
    (half := tmp_path / ".half").touch()
    slow = Encoder()
    film = _Encoded(tmp_path / "video.webm", slow, half)
    for number in range(_BACKLOG):
        film.add(shade(number))
    assert not slow.seen
    more = threading.Thread(target=lambda: [film.add(shade(_BACKLOG + extra)) for extra in range(2)])
    more.start()
    more.join(0.2)
    assert more.is_alive(), "one is in the encoder's hands, and one more than may wait"
    slow.go.set()
    more.join(60)
    assert film.close() == tmp_path / "video.webm" and not half.exists()
    assert slow.seen == list(range(_BACKLOG + 2))


def test_an_encoder_that_breaks_is_told_and_leaves_no_file(tmp_path: Path) -> None:
    (half := tmp_path / ".half").touch()
    broken = Encoder(works=3)
    broken.go.set()
    film = _Encoded(tmp_path / "video.webm", broken, half)
    for number in range(2 * _BACKLOG):  # nobody waits for what will take no more
        film.add(shade(number))
    with pytest.raises(OSError, match="no space left"):
        film.close()
    assert not list(tmp_path.iterdir()) and broken.seen == [0, 1, 2]


@pytest.mark.parametrize("stop", [1, 6, 20])
def test_a_film_that_breaks_off_is_closed_and_plays(play: Play, tmp_path: Path, stop: int) -> None:
    video = Video(tmp_path / "video.webm")
    for event in list(play.events())[:stop]:
        video.hear(event)
    assert not (tmp_path / "video.webm").exists(), "the name stands for a whole film only"
    video.close()
    video.close()
    assert [path.name for path in tmp_path.iterdir()] == ["video.webm"]
    assert len(read(video.path)) == video.frames


def test_an_episode_without_motion_still_shows_the_table(play: Play, tmp_path: Path) -> None:
    play.record = {"status": "refused", "success": None}
    video = Video(tmp_path / "video.webm")
    video.hear(play.begin())
    video.hear(play.end())
    assert len(read(video.path)) == video.frames >= 40


def test_nothing_is_left_of_an_episode_that_never_began(tmp_path: Path) -> None:
    Video(tmp_path / "video.webm").close()
    assert not list(tmp_path.iterdir())


def test_an_abandoned_film_leaves_no_file(play: Play, tmp_path: Path) -> None:
    video = Video(tmp_path / "video.webm")
    video.hear(play.begin())
    video.abandon()
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("codecs", [(), (("AV01", ".webm"),)], ids=["none", "one that is not here"])
def test_without_an_encoder_there_is_a_gif(play: Play, tmp_path: Path, codecs, capfd) -> None:
    video = Video(tmp_path / "video.webm", codecs=codecs)
    for event in play.events():
        video.hear(event)
    assert [path.name for path in tmp_path.iterdir()] == ["video.gif"] and video.path.name == "video.gif"
    with Pillow.open(video.path) as film:
        assert film.size == (288, 260)
        lasts = 0
        for index in range(film.n_frames):
            film.seek(index)
            lasts += film.info["duration"]
    assert lasts / 1000 == pytest.approx(video.frames / 20, rel=0.15)
    assert not capfd.readouterr().err


def test_odd_sizes_and_sizes_that_change_are_fitted(play: Play, tmp_path: Path) -> None:
    video = Video(tmp_path / "video.webm", size=(321, 201))
    video.hear(play.begin())
    for shape in ((77, 133), (301, 99), (200, 320)):
        video.hear(Moving("move", np.full((*shape, 3), 255, np.uint8)))
    video.hear(Ended(play.end().record, None))
    assert {frame.shape for frame in read(video.path)} == {(288, 320, 3)}
