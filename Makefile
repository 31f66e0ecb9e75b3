# Every target makes what it needs: a bare Python 3.11 is enough. Run `make help` for the list.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo test lint format bench docs serve clean

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
WORKERS ?= 2

help:  ## Show this list.
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 14

demo: $(READY)  ## Predict, search and report on digits201, which comes along; writes demo.html.
	@$(BIN)/archenc demo

test: $(READY)  ## Run all tests; warnings are errors. Two workers, a thread each, for two cores.
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

lint: $(READY)  ## Check style, types and the layers of the house.
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/pyright
	@$(BIN)/lint-imports --no-logo

format: $(READY)  ## Rewrite the code in the house's style.
	@$(BIN)/ruff check --fix-only
	@$(BIN)/ruff format

bench: $(READY)  ## Measure speed, as ratios within one run.
	@$(BIN)/python benchmarks/run.py $(ARGS)

docs: $(READY)  ## Build the documentation into site/.
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "site/index.html"

serve: $(READY)  ## Serve the documentation, rebuilt at every change.
	@$(BIN)/mkdocs serve

clean:  ## Remove what the targets made, the environment too.
	rm -rf $(VENV) site dist .pytest_cache .ruff_cache .import_linter_cache .hypothesis demo.html

# One environment for every target. It is made once, and again when the pins or the requirements change.
$(READY): pyproject.toml constraints.txt
	@python=$$(bash tools/find-python); \
	echo "Making $(VENV) with $$python: a few minutes the first time, nothing after that."; \
	test -x $(BIN)/python || "$$python" -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet -c constraints.txt hatchling editables
	@$(BIN)/python -m pip install --quiet -c constraints.txt --no-build-isolation -e '.[dev]'
	@touch $@
