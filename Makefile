# The whole set-up is `make setup`; every other target runs it first if it must.
# The Python is the first of these that is 3.12 or newer; or say make PYTHON=/path/to/python3.12
PYTHONS := python3.13 python3.12 python3 python \
	$(wildcard $(or $(PYENV_ROOT),$(HOME)/.pyenv)/versions/3.1[2-9]*/bin/python)
PYTHON := $(shell for p in $(PYTHONS); do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && { echo "$$p"; break; }; done)
BIN := .venv/bin
# Offices whose network is inspected have their certificates in the system's store.
export UV_SYSTEM_CERTS := 1

.PHONY: setup demo england test test-all lint constraints
setup: .venv/ready

demo: setup
	$(BIN)/effectiveness run configs/demo.toml

# make england DATA=../shared/data
england: setup
	$(BIN)/effectiveness run configs/england.toml --data-root $(or $(DATA),$(EFFECTIVENESS_DATA))

# A file's tests stay in one process, so that a fit is made once.
PARALLEL := --numprocesses auto --maxprocesses 4 --dist loadfile

test: setup
	$(BIN)/pytest $(PARALLEL) -m "not slow"

test-all: setup
	$(BIN)/pytest $(PARALLEL)

lint: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/deptry .

# Versions only: no hashes, no addresses.
constraints: setup
	$(BIN)/uv pip compile --quiet --universal --upgrade --no-header --no-annotate --group dev --group benchmarks \
		pyproject.toml --output-file constraints.txt

# uv comes into the environment itself and touches nothing outside it.
.venv/ready: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "No Python 3.12 or newer found. Say make PYTHON=/path/to/python3.12"; exit 1; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.8"
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --constraint constraints.txt --editable . --group dev
	@echo "Compiling the models once (one to two minutes)"
	$(BIN)/python -m models.warm
	@touch $@
