# Two commands matter: `make demo` serves the demo company, `make test` runs every test.
# Both set up what they need in .venv, say what they do, and cost nothing the second time.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCKS := requirements.lock requirements-dev.lock

.PHONY: demo serve test lint types contract check lock wheel widget clean

demo: $(VENV)/.runs  ## serve the demo company on http://127.0.0.1:8000
	@$(BIN)/zhiyin demo

test: $(VENV)/.tests services  ## run the whole test suite
	@echo "==> running the tests"
	@$(BIN)/python -m pytest $(TESTS)

lint: $(VENV)/.tests
	@echo "==> lint" && $(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(VENV)/.tests
	@echo "==> types" && $(BIN)/mypy

contract: $(VENV)/.tests
	@echo "==> import contract" && $(BIN)/lint-imports

check: lint types contract test  ## all that CI runs

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Zhiyin needs Python 3.11 or newer; set PYTHON=python3.x"; exit 1; }
	@echo "==> making a virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runs: $(VENV)/bin/python requirements.lock pyproject.toml
	@echo "==> installing what Zhiyin runs on (about a minute the first time)"
	@$(BIN)/pip install --disable-pip-version-check --require-hashes --only-binary :all: -q --progress-bar on -r requirements.lock
	@echo "==> installing Zhiyin itself"
	@$(BIN)/pip install --disable-pip-version-check --no-deps --no-build-isolation -q -e .
	@touch $@

$(VENV)/.tests: $(VENV)/.runs requirements-dev.lock
	@echo "==> installing what the tests need"
	@$(BIN)/pip install --disable-pip-version-check --require-hashes --only-binary :all: -q --progress-bar on -r requirements-dev.lock
	@touch $@

.PHONY: services
services:
	@sh tests/kit/services.sh

lock: ## resolve the newest allowed versions into the lock files
	@$(BIN)/pip install -q uv
	@$(BIN)/uv pip compile -q --universal --generate-hashes --no-header --no-annotate --no-emit-index-url --upgrade \
		pyproject.toml --group build -o requirements.lock
	@$(BIN)/uv pip compile -q --universal --generate-hashes --no-header --no-annotate --no-emit-index-url --upgrade \
		pyproject.toml --group build --group dev -c requirements.lock -o requirements-dev.lock

wheel: $(VENV)/.tests  ## build the wheel into dist/
	@$(BIN)/python -m build --no-isolation --wheel -q . && ls -l dist

widget: ## build the widget (needs Node); the built file is kept in the repository
	@cd web/widget && npm ci --no-audit --no-fund && npm run build

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .import_linter_cache .hypothesis
