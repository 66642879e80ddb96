# The two commands of the README: `make run` and `make test`. Everything else is a part of them.
SHELL  := /bin/bash
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
CCORE  := $(BIN)/ccore
PYTEST := $(BIN)/pytest
STAGE  := $(BIN)/python -m tests.stage
MINUTES ?= 3
# Compiled code is kept, also where the environment says otherwise: each of hundreds of processes would compile it anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run demo test check-code style code alone few quick calls browser console openapi pictures bench chaos figures extras schema constraints clean packages help

help:           ## this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 16

run: install console ## the whole thing on embedded defaults, with a self-test call; Ctrl-C stops it
	@$(CCORE) run --demo

demo: install   ## the same, then stop; fails unless every line of the self-test holds
	@$(CCORE) demo

test: install style ## everything CI runs
	$(MAKE) --no-print-directory -j 2 few code
	$(MAKE) --no-print-directory quick calls alone browser

check-code: style code

style: install
	$(BIN)/ruff check
	$(BIN)/ruff format --check

code: install console
	nice -n 19 $(BIN)/mypy
	nice -n 19 $(BIN)/lint-imports
	@BIN=$(abspath $(BIN)) nice -n 19 ccore/web/console/make.sh check

alone: install
	$(STAGE) --durations 10 -m alone tests/acceptance

few: install # waits as much as it works: `code` stands beside it, and lets it go first
	$(STAGE) -n 3 --dist loadfile --durations 10 -m few tests/chaos tests/acceptance

calls: install # by themselves: whoever holds up what they hear fails them
	$(STAGE) -n 5 --dist loadfile --durations 20 -m "not alone and not few" tests/acceptance

quick: install console ## the tests without a telephone
	$(STAGE) -n 3 --dist loadfile --durations 10 tests/architecture tests/unit tests/wire tests/integration

browser: install console
	$(STAGE) -n 2 --dist loadfile --durations 20 tests/browser

console: install ## build the web console, if anything of it has changed
	@BIN=$(abspath $(BIN)) ccore/web/console/make.sh build

openapi: install ## write the API's document anew, of which the console's types are made
	@$(BIN)/python -m tests.openapi

pictures: install console ## have the browser's tests take a picture of each page; README.md's are put where it finds them
	CCORE_PICTURES=1 $(PYTEST) -n 2 --dist loadfile tests/browser
	for picture in tests/browser/pictures/*.png; do cp "var/pictures/$${picture##*/}" "$$picture"; done

bench: install  ## speed, side by side with its baselines
	$(BIN)/python -m tests.bench

chaos: install  ## break one part after another under calls: make chaos MINUTES=30 SEED=7 ARGS="--rate 40"
	$(BIN)/python -m tests.chaos --seconds $$(( $(MINUTES) * 60 )) $(if $(SEED),--seed $(SEED)) $(ARGS)

figures: install console ## the promised figures at full scale: long, and loud about what it saw
	CCORE_FULL=1 $(PYTEST) -m figures -rP --timeout 3600 tests/acceptance tests/chaos tests/browser

extras: install ## install the optional extras (hundreds of MB) and test what needs them: Whisper listens
	$(BIN)/uv pip install --quiet --python $(BIN)/python -e '.[asr]'
	$(PYTEST) tests/extras

schema: install ## write sql/schema.sql anew from the migrations
	$(BIN)/python -m ccore.db.migrate --dump

constraints:    ## choose the versions of all dependencies anew
	$(BIN)/uv pip compile -q --universal --no-emit-index-url --no-annotate --no-header \
	    --extra embedded --extra smpp --group dev --group console --python-version 3.11 pyproject.toml -o .ci/constraints.txt

clean:          ## stop what `make run` left running, and remove all it made here
	@if [ -x $(CCORE) ]; then $(CCORE) stop; fi
	rm -rf $(VENV) ccore/web/console/dist ccore/web/console/node_modules var dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

install: packages $(VENV)/.installed

packages:
	@PYTHON=$(PYTHON) asterisk-docker/packages.sh

$(VENV)/.installed: pyproject.toml .ci/constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "ccore needs Python 3.11 or newer as $(PYTHON); name one: make PYTHON=/usr/bin/python3.12 run"; exit 1; }
	@echo "python: installing ccore and what it needs into $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --constraint .ci/constraints.txt -e '.[embedded]' --group dev
	@touch $@
