# `make` alone prints the recipes.
.DEFAULT_GOAL := help
SHELL := /bin/bash

PORT ?= 8501
LAKE ?= demo-lake
NHANES ?=
ARGS ?=

BIN := .venv/bin
BENCHMARKS = $(wildcard benchmarks/[!_]*.py)

.PHONY: help demo test check bench screenshots lock clean

help: ## print this list
	@sed -nE 's/^([a-z]+):[^#]*## (.*)/\1|\2/p' Makefile \
	  | while IFS='|' read -r name text; do printf '  make %-7s %s\n' "$$name" "$$text"; done

demo: .venv/installed ## open the workbench on a demo lake [PORT=8501] [LAKE=demo-lake] [NHANES=dir]
	@$(BIN)/mhras demo --lake '$(LAKE)' --port '$(PORT)' $(if $(NHANES),--nhanes '$(NHANES)')

test: .venv/installed ## run every test, with doctests and browser tests [ARGS="-k name"]
	@tools/browser.sh >/dev/null
	$(BIN)/python -m pytest --numprocesses=auto --maxprocesses=4 --dist=worksteal $(ARGS)

check: .venv/installed ## check format, lint, types and layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: .venv-bench/installed ## run the benchmarks beside their peers, in an environment of their own
	@for file in $(BENCHMARKS); do \
	  echo "== $$file"; .venv-bench/bin/python "$$file" --peers $(ARGS) || exit; \
	done

screenshots: .venv/installed ## take the pictures of the README and the tour again [LAKE=demo-lake]
	@test -d '$(LAKE)' || $(BIN)/mhras demo --no-serve --lake '$(LAKE)'
	@$(BIN)/python tools/screenshots.py '$(LAKE)'

lock: ## pin every package again after a change to pyproject.toml [ARGS=--upgrade]
	tools/lock.sh $(ARGS)

clean: ## remove the environments, the caches and the demo lake
	rm -rf .venv .venv-bench demo-lake dist .hypothesis .mypy_cache .pytest_cache .ruff_cache \
	  .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/installed: constraints.txt pyproject.toml tools/environment.sh
	@tools/environment.sh .venv constraints.txt
	@touch $@

.venv-bench/installed: constraints-bench.txt pyproject.toml tools/environment.sh
	@tools/environment.sh .venv-bench constraints-bench.txt
	@touch $@
