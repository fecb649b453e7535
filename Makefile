# make train   set up and train the reference CNN on MNIST
# make tune    set up and search for a better recipe of it, two trials at a time
# make serve   set up and serve the page to draw on, at http://127.0.0.1:8000
# make test    set up and run lint, types, import contracts and tests
# make bench-quick   measure on this machine, in five minutes (make bench: in hours)
# Needs Python 3.11 or newer with pip. Another one than python3: make train PYTHON=python3.12

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Debian's Python has no ensurepip without another package, so the pip outside installs into .venv.
INSTALL := $(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check

.PHONY: train tune serve test lint format bench bench-quick clean

train: $(VENV)/.installed-train
	$(BIN)/inkdigits train

tune: $(VENV)/.installed-tune
	$(BIN)/inkdigits tune --jobs 2

serve: $(VENV)/.installed-serve
	$(BIN)/inkdigits serve

test: lint
	$(BIN)/pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.installed-dev
	$(BIN)/python benchmarks/run.py

bench-quick: $(VENV)/.installed-dev
	$(BIN)/python benchmarks/run.py --quick

clean:
	rm -rf $(VENV)

$(BIN)/python:
	$(PYTHON) -m venv --without-pip $(VENV)

$(VENV)/.installed-train: $(BIN)/python pyproject.toml
	$(INSTALL) --editable ".[train]"
	touch $@

$(VENV)/.installed-tune: $(BIN)/python pyproject.toml
	$(INSTALL) --editable ".[tune]"
	touch $@

$(VENV)/.installed-serve: $(BIN)/python pyproject.toml
	$(INSTALL) --editable ".[serve,heic,pdf]"
	touch $@

$(VENV)/.installed-dev: $(BIN)/python pyproject.toml
	$(INSTALL) --editable ".[dev]"
	touch $@
