# On a fresh machine each of these does everything: `make demo`, `make test`, `make reproduce`.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PIP := $(BIN)/python -m pip --disable-pip-version-check install -qq --constraint constraints.txt
# A process of tests on every core. A file stays in one of them, or what its tests share (a study that
# ran, a page) would be made in each; the order of the files is that of tests/conftest.py.
EACH_CORE := --numprocesses auto --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help setup demo reproduce test check format browser torchvision clean

help: ## what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

setup: $(STAMP) ## install into .venv, with every extra

# torch first and by name: the constraint names one build, and nothing after it may replace it.
$(STAMP): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or say make PYTHON=/path/to/python"; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than Python 3.11: say make PYTHON=/path/to/python3.11"; exit 2; }
	@echo "Installing into $(VENV); the first time takes a few minutes."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) --upgrade pip
	@$(PIP) torch
	@$(PIP) --editable '.[all]' --group dev
	@touch $@

demo: $(STAMP) ## run the sample study offline: leaderboard and report
	$(BIN)/mllmsent run examples/quickstart.yaml

reproduce: $(STAMP) ## hold us against the paper: DATA=FOLDER of its data, SEEDS=10 new divisions
	$(BIN)/python -m benchmarks.reproduce $(if $(DATA),--data "$(DATA)") $(if $(SEEDS),--seeds $(SEEDS)) $(if $(OUT),--out "$(OUT)")

test: $(STAMP) browser ## check style, types and layers, and run every test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/pytest $(EACH_CORE)
	@$(MAKE) --no-print-directory torchvision

check: $(STAMP) ## the quick half of `make test`
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/pytest -m "not slow" $(EACH_CORE)

format: $(STAMP) ## put the code into the house style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# Phi-4 sees through torchvision only, and every other family must do without: it has a folder of its
# own, and its tests a process of their own. The version is the one that belongs to our torch.
TORCHVISION := $(VENV)/torchvision
$(TORCHVISION)/.installed: $(STAMP)
	@$(PIP) --no-deps --upgrade --target $(TORCHVISION) torchvision==0.28.0
	@touch $@

torchvision: $(TORCHVISION)/.installed ## run the tests that need torchvision
	PYTHONPATH=$(TORCHVISION) $(BIN)/pytest -m torchvision $(EACH_CORE) tests/models/local

# The report's tests look at it in a real Chromium; where none is found and we may, install one.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing Chromium for the tests of the report."; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null; \
	else \
		echo "No Chromium found: the tests that look at the report in a browser are skipped."; \
	fi

clean: ## remove what was built, but no runs
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
