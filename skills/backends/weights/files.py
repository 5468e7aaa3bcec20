"""The files of small checkpoints: half-precision tensors, and beside them what it takes to build the model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch


def write(path: Path, state: Mapping[str, torch.Tensor], key: str, told: Any, **about: str) -> None:
    """Writes floating-point tensors in half precision, and others as they are.

    Args:
        path: of the safetensors file.
        state: name -> tensor.
        key: under which ``told`` is kept; tells one kind of model from another.
        told: JSON value, what it takes to build the model.
        about: further strings of the file's header.
    """
    from safetensors.torch import save_file

    half = {name: value.detach().half() if value.is_floating_point() else value for name, value in state.items()}
    header = {key: json.dumps(told), **about}
    save_file({name: value.contiguous() for name, value in half.items()}, path, metadata=header)
    path.chmod(0o644)


def read(path: Path, key: str, name: str) -> tuple[Any, dict[str, torch.Tensor]]:
    """What ``write`` was told under ``key``, and the tensors in single precision.

    Args:
        path: of the safetensors file.
        key: as in ``write``.
        name: of the checkpoint, as ``instruct2act train`` knows it.

    Raises:
        FileNotFoundError: the file is not there.
        ValueError: it is of another model.
    """
    from safetensors import safe_open

    if not path.is_file():
        raise FileNotFoundError(
            f"the weights {path} are not there; restore the file from the repository, train them (instruct2act train "
            f"{name}), or name others in the config"
        )
    with safe_open(path, framework="pt") as file:
        told = json.loads((file.metadata() or {}).get(key, "null"))
        if told is None:
            raise ValueError(f"{path} is no checkpoint that `instruct2act train {name}` makes")
        state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    return told, {name: value.float() if value.is_floating_point() else value for name, value in state.items()}


def fill(model: torch.nn.Module, state: Mapping[str, torch.Tensor], path: Path, name: str) -> None:
    """Gives a model its weights.

    Args:
        model: takes them.
        state: name -> tensor.
        path: of the file that they come from.
        name: of the model, as the user knows it.

    Raises:
        ValueError: they are of a model of other parts or sizes.
    """
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        told = str(error).splitlines()[1].strip()
        raise ValueError(f"{path} does not hold the weights of {name!r}: {told}") from error
