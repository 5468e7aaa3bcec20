"""Pictures from outside: what is taken is drawn anew, and what would harm is refused in a process that can't."""

from __future__ import annotations

import io
import os
import socket
import struct
import zlib
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from instruct2act.bench.browsing import Browser, Server
from instruct2act.playground.processes import wire
from instruct2act.playground.work import decoding
from instruct2act.playground.work.decoding import Refused, drawn_anew

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def encoded(kind: str, size: tuple[int, int] = (40, 30), **options: object) -> bytes:
    pixels = np.arange(size[0] * size[1] * 3, dtype=np.uint32).reshape(size[1], size[0], 3) % 251
    content = io.BytesIO()
    Pillow.fromarray(pixels.astype(np.uint8)).save(content, kind, **options)
    return content.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


@cache
def bomb(width: int, height: int, depth: int = 1) -> bytes:
    """A PNG of few bytes and many pixels, all of them black."""
    row = b"\0" + b"\0" * ((width * depth + 7) // 8)
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def lied_about() -> bytes:
    """Says that it is small, and unpacks to a hundred megabytes."""
    head = struct.pack(">IIBBBBB", 16, 16, 8, 0, 0, 0, 0)
    data = zlib.compress(b"\0" * 100_000_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def animated() -> bytes:
    frames = [Pillow.new("RGB", (8, 8), color) for color in ("red", "blue")]
    content = io.BytesIO()
    frames[0].save(content, "WEBP", save_all=True, append_images=frames[1:])
    return content.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_pictures_are_drawn_anew(kind: str) -> None:
    png, width, height = drawn_anew(encoded(kind), 4096, 1024)
    assert (width, height) == (40, 30)
    assert Pillow.open(io.BytesIO(png)).size == (40, 30)


def test_what_is_something_else_besides_is_a_picture_alone() -> None:
    page = b"<html><script>alert(1)</script></html>"
    both = encoded("PNG") + b"PK\x03\x04" + page
    facts = Pillow.Exif()
    facts[0x010E] = page.decode()
    for content in (both, encoded("JPEG", comment=page, exif=facts)):
        png, *_ = drawn_anew(content, 4096, 1024)
        assert b"script" not in png and b"PK\x03\x04" not in png and b"Exif" not in png


def test_large_ones_are_made_small_and_transparent_ones_stay_so() -> None:
    _, width, height = drawn_anew(encoded("JPEG", (2000, 500)), 4096, 1024)
    assert (width, height) == (1024, 256)
    content = io.BytesIO()
    Pillow.new("RGBA", (10, 10), (255, 0, 0, 0)).save(content, "PNG")
    png, *_ = drawn_anew(content.getvalue(), 4096, 1024)
    assert Pillow.open(io.BytesIO(png)).mode == "RGBA"


@pytest.mark.parametrize(
    "content",
    [
        SVG,
        b"",
        b"GIF89a" + b"\0" * 100,
        encoded("GIF"),
        encoded("BMP"),
        encoded("TIFF"),
        bomb(40_000, 40_000),
        bomb(5000, 5000),
        bomb(1, 4000),
        animated(),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n",
    ],
    ids=["svg", "empty", "gif", "whole gif", "bmp", "tiff", "bomb", "large", "thin", "animated", "eps"],
)
def test_what_is_not_taken(content: bytes) -> None:
    with pytest.raises(Refused):
        drawn_anew(content, 4096, 1024)


@pytest.mark.needs("jail")
def test_the_process_that_decodes_can_do_nothing_else(tmp_path: Path) -> None:
    """Tried in a fork: after `confine` no file opens, no socket, no process, no signal."""
    file = tmp_path / "secret"
    file.write_text("secret", encoding="utf-8")
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        held: list[str] = []
        try:
            ours.close()
            decoding.confine(theirs)
            attempts = {
                "read": lambda: file.read_bytes(),
                "write": lambda: (tmp_path / "new").write_bytes(b"x"),
                "passwd": lambda: os.open("/etc/passwd", os.O_RDONLY),
                "socket": lambda: socket.socket(socket.AF_INET),
                "connect": lambda: socket.create_connection(("127.0.0.1", 9)),
                "fork": os.fork,
                "kill": lambda: os.kill(os.getppid(), 0),
                "exec": lambda: os.execv("/bin/true", ["true"]),
            }
            for name, attempt in attempts.items():
                try:
                    attempt()
                except OSError:
                    held.append(name)
            wire.send(decoding.Plain(theirs), [*held])  # type: ignore[arg-type]
        finally:
            os._exit(0)
    theirs.close()
    assert wire.receive(ours) == ["read", "write", "passwd", "socket", "connect", "fork", "kill", "exec"]
    os.waitpid(pid, 0)
    ours.close()


@pytest.mark.slow
@pytest.mark.needs("jail")
def test_uploads(server: Server, browser: Browser) -> None:
    made = browser.post("/api/pictures", encoded("WEBP", (200, 100)), content_type="image/webp")
    assert made.status == 200 and (made.json["width"], made.json["height"]) == (200, 100)
    stored = browser.get(made.json["url"])
    assert stored.body.startswith(b"\x89PNG") and stored.headers["content-type"] == "image/png"
    for content in (SVG, bomb(40_000, 40_000), bomb(4096, 4097), encoded("GIF"), b"\x89PNG\r\n\x1a\n", lied_about()):
        answer = browser.post("/api/pictures", content, content_type="image/png")
        if answer.status == 200:  # one that lies about itself may come out as the small picture that it says it is
            assert answer.json["width"] == 16
        else:
            assert answer.status == 422 and answer.json["error"] and answer.json["todo"], content[:20]
    assert browser.get("/healthz").status == 200


@pytest.mark.needs("jail")
def test_a_picture_of_ones_own_table(browser: Browser) -> None:
    picture = browser.post("/api/pictures", encoded("PNG", (256, 128)), content_type="image/png").json
    scene = browser.post("/api/scenes", {"picture": picture["picture"]}).json
    assert scene["playable"] is False and scene["front"] is None and scene["width"] == 256
    found = browser.post(f"/api/scenes/{scene['scene']}/masks", {"points": [[100, 60]]})
    assert found.status == 200 and len(found.json["masks"][0]["candidates"]) >= 1
    refused = browser.post("/api/runs", {"scene": scene["scene"], "program": "def main():\n    return {}\n"})
    assert refused.status == 422 and "scene" in refused.json["error"]


@pytest.mark.needs("jail")
def test_masks_crops_and_coco(browser: Browser) -> None:
    scene = browser.scene()
    at = f"/api/scenes/{scene['scene']}"
    assert browser.get(scene["top"]).body.startswith(b"\x89PNG")
    every = browser.post(f"{at}/masks", {"everything": True}).json["masks"]
    assert sorted(mask["label"] for mask in every) == ["blue bowl", "green star", "red heart"]
    words = browser.post(f"{at}/masks", {"words": "the red heart"}).json["masks"]
    assert words[0]["label"] == "red heart"
    x0, y0, x1, y1 = words[0]["box"]
    for ring in words[0]["outline"]:
        assert all(x0 - 0.5 <= x <= x1 + 0.5 and y0 - 0.5 <= y <= y1 + 0.5 for x, y in ring)
    crop = browser.post(f"{at}/crop", {"mask": words[0]["id"]}).json
    assert Pillow.open(io.BytesIO(browser.get(crop["url"]).body)).mode == "RGBA"
    boxed = browser.post(f"{at}/masks", {"boxes": [[x0, y0, x1, y1]]}).json["masks"]
    assert boxed[0]["area"] > 0.5 * words[0]["area"]
    told = browser.post(f"{at}/coco").json
    (note,) = told["annotations"]
    assert note["segmentation"]["size"] == [128, 256] and note["segmentation"]["counts"]
    assert note["area"] == words[0]["area"] or note["area"] == boxed[0]["area"]
    nothing = browser.post(f"{at}/masks", {"words": "zxqv"})
    assert nothing.status == 422 and nothing.json["error"]
    assert browser.post(f"{at}/masks", {"points": [[300, 10]]}).status == 422
