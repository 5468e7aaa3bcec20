"""Modules found by the name that a config gives."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from instruct2act import registry
from skills.errors import UnknownName


def test_a_backend_is_what_can_be_built_and_its_helpers_are_not() -> None:
    assert registry.names("skills.backends") == ("openclip", "oracle", "sam")
    with pytest.raises(UnknownName, match="there are: openclip, oracle, sam"):
        registry.find("skills.backends", "weights")


def test_a_new_module_is_found_by_its_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "somewhere"
    package.mkdir()
    (package / "__init__.py").write_text('ENTRY = "build"\n')
    (package / "mine.py").write_text("import no_such_module\n\ndef build():\n    return 7\n")
    (package / "helper.py").write_text("from os.path import join as build\n")
    (package / "_private.py").write_text("def build():\n    return 8\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert registry.names("somewhere") == ("mine",)


def test_without_an_entry_every_public_module_counts() -> None:
    assert {"geometry", "motion"} <= set(registry.names("skills"))


def test_asking_for_names_imports_no_backend() -> None:
    ask = "import sys; from instruct2act import registry; registry.names('skills.backends'); print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True).stdout.split()
    assert not {"skills.backends.sam", "skills.backends.openclip", "torch"} & set(told)
