# On a fresh machine with Python 3.11 and make: `make audit` and `make test` do everything, the virtual environment included.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SERVICE ?= permit_receipt
OUT ?= out/$(SERVICE)
unexport PYTHONDONTWRITEBYTECODE  # without kept bytecode each worker compiles all tests again

.PHONY: help install spark audit test check studies fuzz detection coverage notebooks editions docs samples pictures lock clean

help:            ## this list
	@grep -E '^[a-z]+: *.*##' $(MAKEFILE_LIST) | sed 's/:[^#]*##/  /' | expand -t 14

$(VENV)/installed: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13) and "Python 3.11, 3.12 or 3.13 is needed; this is " + sys.version)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	touch $@

install: $(VENV)/installed  ## make the virtual environment

spark: install   ## add Spark to the virtual environment (Java 17 must be there), so that its tests run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-spark.lock

audit: install   ## the whole job on a sample service (SERVICE=bank_loan for another)
	$(BIN)/mining audit sample_logs/$(SERVICE)/log.csv --blueprint sample_logs/$(SERVICE)/blueprint.yaml --engagement sample_logs/$(SERVICE)/engagement.yaml --out $(OUT)

test: install    ## all tests
	$(BIN)/python -m pytest -n 2

check: install   ## lint, types and the quick tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	EXAMPLES_SHARE=0.05 $(BIN)/python -m pytest -n 2 -m "not slow" tests

studies: install ## the tests that try a few of many samples, with all of them
	STUDIES=1 $(BIN)/python -m pytest -n 2 -m study tests

fuzz: install    ## the property tests with examples of chance, three times as many
	HYPOTHESIS_PROFILE=fuzz EXAMPLES_SHARE=3 $(BIN)/python -m pytest -n 2

detection: install  ## write the page on how many simulated faults are found again
	$(BIN)/python -m benchmarks.detection

coverage: install   ## write the page on how honest the effects of deviations are (about ten minutes)
	$(BIN)/python -m benchmarks.coverage

notebooks: install  ## open JupyterLab
	$(BIN)/jupyter lab notebooks

editions: install ## write the notebooks of both languages from their sources
	$(BIN)/python -m mining.notebooks notebooks

docs: install    ## build the documentation site in out/site
	$(BIN)/python -m docs.site out/site

samples: install ## make the sample logs again, byte for byte
	$(BIN)/python -m mining.simulation.samples sample_logs

pictures: install ## draw the pictures of the README again, and write the pages on the format and on definitions
	$(BIN)/python -m docs.pictures
	$(BIN)/python -m docs.format
	$(BIN)/python -m docs.definitions

lock:            ## pin every package with its hashes (needs uv)
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -o requirements.lock
	uv pip compile pyproject.toml --extra spark --constraint requirements.lock --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --output-file requirements-spark.lock

clean:           ## remove what make and Python made
	rm -rf $(VENV) out build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
