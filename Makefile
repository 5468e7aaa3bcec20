# Everything a new machine needs: Python 3.11 and make. `make help` lists the targets.
PYTHON ?= python3
# pip's own arguments for torch and torchvision, for instance those that select a CPU-only build; empty takes the default.
TORCH_PIP ?=
VENV := .venv
BIN := $(VENV)/bin
# The lerobot package wants an older torch and hub than this project.
LEROBOT ?= .venv-lerobot
LEROBOT_VERSION := 0.4.4
TORCH := $(shell sed -n 's/^ *"\(torch\(vision\)\{0,1\}==[0-9.]*\)".*/\1/p' pyproject.toml)
# Two workers share two cores: one thread each keeps them from fighting.
export OMP_NUM_THREADS ?= 1

.DEFAULT_GOAL := help
.PHONY: help demo test test-fast test-slow test-lerobot check docs bench clean

help:  ## this list
	@grep -hE '^[a-z-]+: .*## |^[a-z-]+:  ## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

demo: $(VENV)/core  ## install the core, carry out three instructions from pixels, show what happened
	@OMP_NUM_THREADS=2 $(BIN)/python -m instruct2act.demo --out demo

test: check test-fast test-slow  ## install `dev`, then lint, types, imports and every test

test-fast: $(VENV)/dev  ## the fast tier, four to five minutes on two cores
	$(BIN)/python -m pytest -n 2 -m "not slow"

test-slow: $(VENV)/dev  ## the longer tier; the pages in Chromium, where it is there
	$(BIN)/python -m pytest -n 2 -m slow

test-lerobot: $(VENV)/dev $(LEROBOT)/ready  ## export episodes and open them with lerobot, in an environment of its own (8 GB)
	rm -rf build/lerobot
	$(BIN)/instruct2act eval --suite six --levels L1 --episodes 2 --perception oracle --pictures none --out build/lerobot/runs
	$(BIN)/instruct2act export build/lerobot/runs --to lerobot --out build/lerobot/data
	HF_HUB_OFFLINE=1 HF_HOME=$(CURDIR)/build/lerobot/hub $(LEROBOT)/bin/python tests/exports/lerobot_opens.py build/lerobot/data

check: $(VENV)/dev  ## ruff, mypy --strict, the import contract, generated docs are current
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m instruct2act.docs --check

docs: $(VENV)/core  ## write the generated pages of docs/ anew
	$(BIN)/python -m instruct2act.docs

bench: $(VENV)/core  ## the figures that the docs quote, as ratios within one run
	$(BIN)/python -m instruct2act.bench

clean:  ## remove the environment and what the demo wrote
	rm -rf $(VENV) $(LEROBOT) demo build dist

$(VENV)/core: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "python3 needs its venv module (Debian: python3-venv)"; exit 1; }
	@$(BIN)/python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
	  { echo "Python 3.11 to 3.13 is needed; say which: make PYTHON=python3.11 $(MAKECMDGOALS)"; rm -rf $(VENV); exit 1; }
	@echo "Installing into $(VENV): a few minutes the first time"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(TORCH_PIP) $(TORCH)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@$(BIN)/python -c 'import cv2' || { echo "OpenCV needs system libraries (Debian: apt install libgl1 libglib2.0-0 libxcb1)"; exit 1; }
	@touch $@

$(VENV)/dev: $(VENV)/core
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

$(LEROBOT)/ready:
	$(PYTHON) -m venv $(LEROBOT)
	$(LEROBOT)/bin/python -m pip install --quiet --disable-pip-version-check lerobot==$(LEROBOT_VERSION)
	@touch $@
