# The environment lives in .venv; a stamp file says for which lock it was made.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: build test docs test-mutations bench-accuracy bench-speed lock clean

build: $(VENV)/.installed
	$(BIN)/dbt build --exclude-resource-type unit_test
	$(BIN)/python -m icp.summary
	@$(BIN)/python -m icp report --quiet

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest --numprocesses logical --maxprocesses 4 --dist loadfile

docs: $(VENV)/.installed
	$(BIN)/dbt docs generate --static
	@echo "Open target/static_index.html in a browser."

test-mutations: $(VENV)/.installed-test
	$(BIN)/python -m python_tests.mutations.run

bench-accuracy: $(VENV)/.installed-test
	$(BIN)/python -m benchmarks.accuracy --profile full

bench-speed: $(VENV)/.installed-test
	$(BIN)/python -m benchmarks.speed

# Only whoever changes the dependencies needs this; it asks the package index.
lock: $(VENV)/.installed
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile requirements.in --python-version 3.11 --universal --generate-hashes --no-strip-extras --no-emit-index-url --no-emit-find-links --no-header --quiet -o requirements.txt
	$(BIN)/uv pip compile requirements-test.in -c requirements.txt --python-version 3.11 --universal --generate-hashes --no-strip-extras --no-emit-index-url --no-emit-find-links --no-header --quiet -o requirements-test.txt
	$(BIN)/uv pip compile requirements-spark.in -c requirements.txt -c requirements-test.txt --python-version 3.11 --universal --generate-hashes --no-strip-extras --no-emit-index-url --no-emit-find-links --no-header --quiet -o requirements-spark.txt

clean:
	rm -rf target logs

$(VENV)/.installed: requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed requirements-test.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.txt
	@touch $@

# Spark is an extra: about 500 MB, and it needs Java 17 or newer besides.
$(VENV)/.installed-spark: $(VENV)/.installed requirements-spark.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-spark.txt
	@touch $@
