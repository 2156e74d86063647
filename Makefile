# Two commands for a newcomer: `make demo` and `make test`. Everything lands in .venv; nothing else is touched.
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
# Each process brings its own embedded server. On a server that is shared, the transactions of one process would hold
# back the readers of the log in another.
PARALLEL := $(if $(DATABASE_URL),,-n auto --maxprocesses 4 --dist loadfile)

.DEFAULT_GOAL := help
.PHONY: help setup demo up test test-cluster check bench lock

help: ## Show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: .venv/dev.stamp ## Make .venv with everything for development

demo: .venv/demo.stamp ## A real retailer's year of orders through the built-in journeys, then the back office (ARGS="--no-serve --json")
	@$(BIN)/vuelve demo $(ARGS)

up: .venv/demo.stamp ## Run Vuelve for a shop of your own (first: .venv/bin/vuelve init)
	@$(BIN)/vuelve up $(ARGS)

test: .venv/dev.stamp ## The whole test suite (ARGS="-k name")
	$(BIN)/pytest -q $(PARALLEL) $(ARGS)

test-cluster: .venv/spark.stamp ## A segment is refreshed on a real Spark cluster of three processes (needs Java 17)
	$(BIN)/python tools/with_spark.py -- $(BIN)/pytest -q -m cluster $(ARGS)

check: .venv/dev.stamp ## Style, types, package order, migrations, translations, dependencies
	$(BIN)/ruff check vuelve
	$(BIN)/ruff format --check vuelve
	$(BIN)/mypy vuelve
	$(BIN)/lint-imports
	$(BIN)/python -m vuelve.config.checks migrations
	$(BIN)/python -m vuelve.config.i18n check
	$(BIN)/python -m vuelve.config.checks docs
	$(BIN)/python -m vuelve.config.checks lock
	$(BIN)/deptry vuelve

bench: .venv/demo.stamp ## The benchmarks, against PostgreSQL's own limit in the same run
	@$(BIN)/vuelve bench ingest --json
	@$(BIN)/vuelve bench journeys --json
	@$(BIN)/vuelve bench lake --json
	@$(BIN)/vuelve bench ledger --json
	@$(BIN)/vuelve bench pages --json
	@$(BIN)/vuelve bench segments --json

lock: ## Pin the dependencies anew (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra build -c requirements/limits.in pyproject.toml -o requirements/runtime.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra build --extra demo -c requirements/runtime.txt pyproject.toml -o requirements/demo.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra build --extra demo --extra dev -c requirements/demo.txt pyproject.toml -o requirements/dev.txt

# The stamp of a smaller set is made by the larger one too, so that `make test` then `make demo` installs once.
.venv/demo.stamp: requirements/demo.txt pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/demo.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev.stamp: requirements/dev.txt pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ .venv/demo.stamp

.venv/spark.stamp: requirements/spark.txt .venv/dev.stamp
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/spark.txt
	@touch $@

.venv/bin/python:
	$(PYTHON) -m venv .venv
