# make run   sets everything up and shows feedstream at work (needs Python 3.11+, make, git)
# make test  sets everything up and runs the tests

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help run test faults conformance check bench format sample lock clean setup setup-dev setup-bench

help: ## what there is to make
	@sed -n 's/^\([a-z-]*\):.*## /  make \1|/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-16s %s\n", $$1, $$2}'

setup:
	@sh scripts/setup.sh $(VENV) requirements.txt

setup-bench:
	@sh scripts/setup.sh $(VENV) requirements-bench.txt

setup-dev:
	@sh scripts/setup.sh $(VENV) requirements-dev.txt

run: setup ## the demo: a running story, a partner's wire, live feeds (Ctrl-C ends it)
	@exec $(BIN)/feedstream demo

test: setup-dev ## all tests (ARGS=… goes to pytest)
	@$(BIN)/python -m pytest -n 2 $(ARGS)

check: setup-dev ## lint, format, strict types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: setup-dev ## mend what can be mended by machine
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

faults: setup-dev ## kill -9, full disks and other faults, for real: minutes (ARGS=… goes to pytest)
	@$(BIN)/python -m pytest -n 2 tests/faults $(ARGS)

conformance: setup-dev ## the W3C's validator over the feeds of 500 random histories: minutes (SEED=… repeats)
	@test -d "$(FEEDSTREAM_FEEDVALIDATOR)/src/feedvalidator" || { echo "Name a folder with a clone of github.com/w3c/feedvalidator: FEEDSTREAM_FEEDVALIDATOR=… make conformance"; exit 2; }
	@FEEDSTREAM_CONFORMANCE_HISTORIES=500 FEEDSTREAM_CONFORMANCE_SEED=$(SEED) $(BIN)/python -m pytest -n 2 -rP tests/conformance tests/clients $(ARGS)

bench: setup-bench ## speed beside peers, as ratios in one run: a table, and bench/RESULTS.md
	@$(BIN)/python bench/table.py --out bench/RESULTS.md

sample: setup-dev ## write events/sample.jsonl and feeds/ anew from scripts/make_sample.py
	$(BIN)/python scripts/make_sample.py
	$(BIN)/feedstream replay events/sample.jsonl --out feeds/

lock: setup-dev ## write the hashed requirements anew from pyproject.toml
	sh scripts/lock.sh $(BIN)

clean: ## remove what make made; a newsroom's folder is never touched
	rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis src/*.egg-info
	find src tests bench scripts -name __pycache__ -type d -prune -exec rm -rf {} +
