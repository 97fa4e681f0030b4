# make env    .venv with everything in it        make run    a demo at http://127.0.0.1:8000
# make test   style, types, layers, tests        make lock   renew requirements*.txt
# make tools  Chromium and LibreOffice for the tests of pages and papers, where missing and apt may install them
PYTHON ?= python3
PORT   ?= 8000
DATA   ?= data
BIN    := .venv/bin
STAMP  := .venv/.installed

.DEFAULT_GOAL := env
.PHONY: env run test tools bench lock format clean

env: $(STAMP)

$(STAMP): requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed: make env PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "$(PYTHON) cannot make virtual environments; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@test -x $(BIN)/python || { rm -rf .venv; $(PYTHON) -m venv .venv; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

run: env
	@$(BIN)/huiying demo --data-dir $(DATA) --port $(PORT) || \
	  { echo "another port: make run PORT=8001; another folder: make run DATA=demo" >&2; exit 1; }

test: env tools
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n auto --dist loadscope

# Without it those tests are skipped and say so.
tools:
	@ops/tools.sh

# `make bench` takes some minutes; `make bench BENCH="--petitions 1000000 --small 10000 --rounds 7 --seconds 20"` is the whole;
# with `--keep FOLDER` the two offices are made once.
bench: env
	@command -v wrk >/dev/null || { echo "wrk sends the load; on Debian: apt-get install wrk" >&2; exit 1; }
	$(BIN)/python -m ops.bench $(BENCH)

format: env
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# `make lock UPGRADE=--upgrade` takes the newest versions; without it pins stay where they still fit.
COMPILE = CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options $(UPGRADE)

lock: env
	$(COMPILE) --output-file requirements.txt pyproject.toml
	$(COMPILE) --extra dev --constraint requirements.txt --output-file requirements-dev.txt pyproject.toml

clean:
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
