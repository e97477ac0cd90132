# Two verbs for everyone: `make lab` and `make test`. The others are for those who change something.
# Windows, or no make: README.md has the same verbs without it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

# Some machines forbid Python to keep what it compiled; empty counts as unset. The tests start hundreds of processes, and
# each would compile all our modules again, which is a third of a lab server's start.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: lab test check lessons bench clean

## lab: install what it needs, then the lab server and JupyterLab on lesson 00; Ctrl-C ends both
lab: $(VENV)/.lab
	@$(BIN)/wirelab up

## test: install what it needs, find a browser, run everything, try every answer, execute every notebook
test: $(VENV)/.dev
	$(BIN)/python tests/browser/find.py --install
	$(BIN)/python tests/guesthouse.py --install
	$(BIN)/wirelab dev check
	$(BIN)/python -m pytest -n 4 --dist loadfile
	$(BIN)/python -m pytest -n 3 --dist loadfile --nbval --nbval-sanitize-with tests/course/sanitize.cfg --nbval-cell-timeout 120 notebooks solutions

## check: style, types, import contracts, and the gates of the course; no answer is tried
check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/wirelab dev check --fast

## lessons: execute notebooks and solutions in place, then generate the exercises
lessons: $(VENV)/.dev
	$(BIN)/wirelab dev run
	$(BIN)/wirelab dev build

## bench: the lab server beside a bare ASGI app and a bare FastAPI app, in one run; some minutes, on a quiet machine
bench: $(VENV)/.dev
	$(BIN)/python -m bench

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(VENV)/.lab: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Wirelab needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make lab PYTHON=python3.12")'
	@echo "Installing Wirelab into $(VENV). This takes a minute or two, once."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --progress-bar on -c requirements.lock -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.lab
	@echo "Installing what the tests need into $(VENV)."
	$(PIP) install --progress-bar on -c requirements.lock -e ".[dev]"
	@touch $@
