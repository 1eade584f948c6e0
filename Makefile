# Everything runs from a virtual environment in .venv, made from the hashed lock file.
#   make watch                run the bundled scenario: events, tracks, a map and a score in out/
#   make watch DATA=FILE      run real files (several, or folders: DATA="a.csv b.zip")
#   make test                 the fast tests       make test ARGS="-k gap"   some of them
#   make bench                measure beside other tools    make bench ONLY=meetings ROWS=1e7 REPEATS=3
#   make test-all             the slow ones too    make check                lint, types, layers
#   make score                recall and precision over all packs, and docs/score.md from it
#   make cluster              also what --engine spark and sail need (docs/cluster.md)

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
ARGS ?=
OUT ?= out

.PHONY: watch score test test-all check bench cluster lock setup clean

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Shiomi needs Python 3.11 or newer; set PYTHON=/path/to/it") if sys.version_info < (3, 11) else None'
	@echo "Setting up .venv (once; a minute or so)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m uv --version >/dev/null 2>&1 || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/python -m uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/python -m uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@# Where Python may write no bytecode of its own, every start would compile all of it anew.
	@$(BIN)/python -m compileall -q -q -j 0 .venv/lib src || true
	@touch $@

watch: $(READY)
ifdef DATA
	@$(BIN)/shiomi watch $(DATA) --store $(OUT) $(ARGS)
else
	@$(BIN)/shiomi simulate east-china-sea --out $(OUT)/scenario
	@$(BIN)/shiomi watch $(OUT)/scenario/ais --store $(OUT) $(ARGS)
	@$(BIN)/shiomi score $(OUT)/scenario/truth.csv --store $(OUT)
endif

score: $(READY)
	@$(BIN)/shiomi score --packs $(OUT)/packs --page docs/score.md $(ARGS)

test: $(READY)
	@$(BIN)/python -m pytest -m "not slow" -n auto $(ARGS)

test-all: $(READY)
	@$(BIN)/python -m pytest -n auto $(ARGS)

check: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

PEERS := benchmarks/.venv
ROWS ?= 1e7
REPEATS ?= 3
ONLY ?=

bench: $(PEERS)/.ready
	@$(BIN)/python -m benchmarks.run --rows $(ROWS) --repeats $(REPEATS) --only "$(ONLY)" $(ARGS)
	@$(BIN)/python -m benchmarks.report

$(PEERS)/.ready: benchmarks/requirements.lock $(READY)
	@echo "Setting up $(PEERS) with the tools to measure beside (once)"
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	@$(BIN)/python -m uv pip install --quiet --python $(PEERS)/bin/python --require-hashes -r benchmarks/requirements.lock
	@touch $@

cluster: .venv/.ready-cluster
	@command -v java >/dev/null || echo "Spark needs Java 17 as well (Debian: apt-get install openjdk-17-jre-headless)"

.venv/.ready-cluster: requirements-cluster.lock $(READY)
	@$(BIN)/python -m uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-cluster.lock
	@touch $@

lock: $(READY)
	@$(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --extra dev pyproject.toml -o requirements.lock
	@$(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
