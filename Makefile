# The environment lives in .venv; a stamp file says for which lock it was made.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: build picture test test-slow check check-python check-sql check-unit-tests check-tests format docs test-mutations bench-accuracy bench-speed bench-soak lock clean

build: $(VENV)/.installed
	@$(BIN)/winloss run

IN_PARALLEL := --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder
SLOW := browser or spark or thorough or slow

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest $(IN_PARALLEL) -m "not ($(SLOW))"

# The kinds that take long for what they find: browsers, Spark, commands as programs, builds killed and repeated, thousands of odd files, benchmarks.
test-slow: $(VENV)/.installed-test
	$(BIN)/python -m pytest $(IN_PARALLEL) -m "$(SLOW)"

# What to run after an edit: two checks at a time, each to its end. What runs dbt on companies or takes long is left to `make test`.
check: $(VENV)/.installed-dev
	@$(MAKE) --no-print-directory --keep-going -j 2 $(SYNCED) check-tests check-unit-tests check-python check-sql

SYNCED := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)
# what dbt keeps for the checks: no build of yours is read or changed
CHECK := target/check
CHECK_DBT := WINLOSS_TARGET=duckdb WINLOSS_CRM=sample WINLOSS_EXPORTS=$(CHECK)/exports WINLOSS_PUBLISHED=$(CHECK)/published.duckdb WINLOSS_KEY=check-check-check DBT_LOG_PATH=$(CHECK)/logs
# One line where a check is green; all that it printed where it is not.
define in_silence
	@mkdir -p $(CHECK)
	@{ $(2); } >$(CHECK)/$(@F).log 2>&1 || { cat $(CHECK)/$(@F).log >&2; echo "$(1): FAILED" >&2; exit 1; }
endef
define quietly
	$(in_silence)
	@echo "$(1): passed"
endef
# Looking for objects no longer in use is a third of the work of a short run that makes millions of them.
WITHOUT_COLLECTING = $(BIN)/python -c "import gc, sys; gc.disable(); from $(1) import cli; sys.argv[0] = '$(2)'; cli()"

check-python: $(VENV)/.installed-dev
	$(call quietly,ruff and mypy,$(BIN)/ruff check --quiet . && $(BIN)/ruff format --quiet --check . && $(BIN)/mypy --no-error-summary)

check-tests: $(VENV)/.installed-dev
	$(call quietly,tests that run no dbt build,$(BIN)/python -m pytest --quiet $(IN_PARALLEL) -m "not (dbt or long or $(SLOW))")

# On empty tables. A unit test takes a fifth of a second and its table besides: after an edit those run of what changed and of what reads it,
# all where a setting or the code that models call changed, or where the last run was red: what stands in its tables is not known.
UNIT_SETTINGS := dbt_project.yml profiles.yml seeds/settings.csv $(shell find winloss -name '*.py')
UNIT_SQL := $(shell find models macros seeds -type f)
SINCE_GREEN = $(if $(wildcard $(CHECK)/green/manifest.json),$(if $(filter $(UNIT_SETTINGS),$?),,--select state:modified+ --state $(CHECK)/green))

check-unit-tests: $(CHECK)/unit-tests
	@echo "unit tests of models: passed"

$(CHECK)/unit-tests: $(UNIT_SQL) $(UNIT_SETTINGS) | $(VENV)/.installed-dev
	@mkdir -p $(CHECK)/green
	$(call in_silence,unit tests of models,WINLOSS_SETTINGS=/dev/null WINLOSS_DB=$(CHECK)/unit.duckdb DBT_TARGET_PATH=$(CHECK)/unit $(CHECK_DBT) \
		$(call WITHOUT_COLLECTING,dbt.cli.main,dbt) --quiet build --empty --exclude-resource-type test $(SINCE_GREEN) \
		|| { rm -f $(CHECK)/green/manifest.json; false; })
	@cp $(CHECK)/unit/manifest.json $(CHECK)/green/
	@touch $@

# sqlfluff takes half a second a model: it reads those that changed since they were last found good, or all where a macro or a
# setting changed. What repeats for every dimension is as right for two: four times the text would take four times as long.
IGNORED_SQL := $(shell grep '[.]sql$$' .sqlfluffignore)
SQL := $(filter-out $(IGNORED_SQL),$(shell find models tests analyses -name '*.sql'))
SQL_SETTINGS := .sqlfluff .sqlfluffignore dbt_project.yml seeds/settings.csv $(wildcard macros/*.sql)
SQLFLUFF := WINLOSS_SETTINGS=$(CHECK)/lint.yml WINLOSS_DB=$(CHECK)/lint.duckdb DBT_TARGET_PATH=$(CHECK)/lint $(CHECK_DBT) \
	$(call WITHOUT_COLLECTING,sqlfluff.cli.commands,sqlfluff)
LINT_SETTINGS := echo 'dimensions: [{name: industry, recommendable: true}, {name: owner, recommendable: false}]' >$(CHECK)/lint.yml

check-sql: $(CHECK)/sql
	@echo "sqlfluff: passed"

$(CHECK)/sql: $(SQL) $(SQL_SETTINGS) | $(VENV)/.installed-dev
	@mkdir -p $(CHECK)
	@$(LINT_SETTINGS)
	$(call in_silence,sqlfluff,$(SQLFLUFF) lint --disable-progress-bar --processes 2 $(if $(filter $(SQL_SETTINGS),$?),$(SQL),$?))
	@touch $@

# What needs no thought: line breaks, order of imports, layout of SQL. The rest is named by `make check`.
format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format --quiet .
	@mkdir -p $(CHECK)
	@$(LINT_SETTINGS)
	-$(SQLFLUFF) fix --disable-progress-bar --quiet $(SQL)

# The picture of the README, from the report on the sample company, which `make build` publishes. Needs Chromium and its driver.
picture: $(VENV)/.installed-test
	$(BIN)/python -m python_tests.picture

docs: $(VENV)/.installed
	$(BIN)/dbt docs generate --static
	@echo "Open target/static_index.html in a browser."

test-mutations: $(VENV)/.installed-test
	$(BIN)/python -m python_tests.mutations.run

bench-accuracy: $(VENV)/.installed-test
	$(BIN)/python -m benchmarks.accuracy --profile full

bench-speed: $(VENV)/.installed-test
	$(BIN)/python -m benchmarks.speed

bench-soak: $(VENV)/.installed-test
	$(BIN)/python -m benchmarks.soak

# Only whoever changes the dependencies needs this; it asks the package index.
lock: $(VENV)/.installed
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile requirements.in --python-version 3.11 --universal --generate-hashes --no-strip-extras --no-emit-index-url --no-emit-find-links --no-header --quiet -o requirements.txt
	$(BIN)/uv pip compile requirements-test.in -c requirements.txt --python-version 3.11 --universal --generate-hashes --no-strip-extras --no-emit-index-url --no-emit-find-links --no-header --quiet -o requirements-test.txt
	$(BIN)/uv pip compile requirements-spark.in -c requirements.txt -c requirements-test.txt --python-version 3.11 --universal --generate-hashes --no-strip-extras --no-emit-index-url --no-emit-find-links --no-header --quiet -o requirements-spark.txt
	$(BIN)/uv pip compile requirements-dev.in -c requirements.txt -c requirements-test.txt --python-version 3.11 --universal --generate-hashes --no-strip-extras --no-emit-index-url --no-emit-find-links --no-header --quiet -o requirements-dev.txt

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

$(VENV)/.installed-dev: $(VENV)/.installed-test requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

# Spark is an extra: about 500 MB, and it needs Java 17 or newer besides.
$(VENV)/.installed-spark: $(VENV)/.installed requirements-spark.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-spark.txt
	@touch $@
