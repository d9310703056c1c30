# Everything runs in environments that these targets make by themselves; `make` lists the targets.
#   .venv       what listens, and nothing more        .venv-test  with training, export, test tools
# An environment is ready when its stamp is written, which comes last; it is brought up to date when
# pyproject.toml or constraints.txt has changed.

PYTHON ?= python3
ARGS ?=
RUN ?= runs/cogcn
# chosen on validation speakers: benchmarks/results/pruning.md
PRUNE ?= 0.3
CORPORA = $${EDGE_SER_CORPORA:-$$(cd ../shared/corpora 2>/dev/null && pwd)}

VENV := .venv
TEST_VENV := .venv-test
DEMO := edge_ser/demo/demo.flac
MODEL := edge_ser/models/cogcn
PIP := -m pip install -qq --disable-pip-version-check --no-input -c constraints.txt

.PHONY: help listen test test-arm64 test-install lint model fuzz soak clean

help:
	@echo "make listen   hear the microphone, or the demo clip where there is none; ARGS=\"--json\" …"
	@echo "make test     run the tests; corpora from EDGE_SER_CORPORA or ../shared/corpora; all of them"
	@echo "              (no ARGS) must run 95 % of the lines of edge_ser"
	@echo "make test-arm64   the same model on an emulated Pi 4 and Pi 5; as root"
	@echo "make test-install installer and service on Debian 12 and 13 and Ubuntu 22.04; minutes, as root"
	@echo "make lint     ruff and mypy"
	@echo "make model    train, prune, quantise and export the bundled model from the corpora"
	@echo "make fuzz     70,000 damaged models, files and command lines (hours)"
	@echo "make soak     hear eight hours of speech with everything going wrong (a quarter of an hour)"
	@echo "make clean    remove the environments and caches"
	@echo "PYTHON=python3.12 chooses the interpreter of a new environment (3.10 to 3.13)"

listen: $(VENV)/.ready
	@microphones=$$($(VENV)/bin/edge-ser devices --json 2>$(VENV)/devices.log) || failed=1; \
	if [ -n "$$microphones" ]; then exec $(VENV)/bin/edge-ser listen $(ARGS); fi; \
	reason="no microphone found"; \
	if [ -n "$$failed" ]; then reason=$$(tail -n 1 $(VENV)/devices.log); fi; \
	echo "$$reason; replaying the demo clip instead" >&2; \
	exec $(VENV)/bin/edge-ser listen --input $(DEMO) --realtime $(ARGS)

test: $(TEST_VENV)/.ready
	@$(TEST_VENV)/bin/coverage erase
	@EDGE_SER_CORPORA="$(CORPORA)" $(if $(ARGS),,COVERAGE_PROCESS_START=pyproject.toml) \
	  $(TEST_VENV)/bin/python -m pytest \
	  --numprocesses logical --maxprocesses 4 --dist loadfile $(ARGS)
	$(if $(ARGS),,@$(TEST_VENV)/bin/coverage combine --quiet)
	$(if $(ARGS),,@$(TEST_VENV)/bin/coverage report)

test-install:
	@device/try-install.sh

test-arm64: $(TEST_VENV)/.ready
	@PYTHON="$(CURDIR)/$(TEST_VENV)/bin/python" device/arm64/run.sh

lint: $(TEST_VENV)/.ready
	@$(TEST_VENV)/bin/ruff check .
	@$(TEST_VENV)/bin/ruff format --check .
	@$(TEST_VENV)/bin/mypy

model: $(TEST_VENV)/.ready
	corpora="$(CORPORA)"; $(TEST_VENV)/bin/python -m train fit --model cogcn --config cogcn-edge \
	  --corpus ravdess="$$corpora/ravdess" --corpus emodb="$$corpora/emodb" \
	  --corpus nemo="$$corpora/nemo" --output $(RUN)
	$(TEST_VENV)/bin/python export/quantize.py --run $(RUN) --prune $(PRUNE) --output $(MODEL)

fuzz: $(TEST_VENV)/.ready
	$(TEST_VENV)/bin/python -m benchmarks.fuzz.bundles
	$(TEST_VENV)/bin/python -m benchmarks.fuzz.inputs

soak: $(TEST_VENV)/.ready
	@EDGE_SER_CORPORA="$(CORPORA)" $(TEST_VENV)/bin/python -m benchmarks.soak

clean:
	rm -rf $(VENV) $(TEST_VENV) build dist .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/.ready: pyproject.toml constraints.txt
	$(call new-environment,$(VENV),a minute)
	@$(VENV)/bin/python $(PIP) --no-deps opensmile -e .
	@$(VENV)/bin/python device/requirements.py >$(VENV)/requirements.txt
	@$(VENV)/bin/python $(PIP) -r $(VENV)/requirements.txt
	@touch $@

$(TEST_VENV)/.ready: pyproject.toml constraints.txt
	$(call new-environment,$(TEST_VENV),some minutes)
	@$(TEST_VENV)/bin/python $(PIP) -e ".[dev]"
	@touch $@

# $(call new-environment,FOLDER,HOW LONG): without a stamp it starts from nothing.
define new-environment
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' || { \
	  echo "edge-ser needs Python 3.10 to 3.13, and $(PYTHON) is not: make PYTHON=python3.12 …" >&2; \
	  exit 1; }
	@echo "setting up $(1), $(2) the first time …" >&2
	@clear=--clear; if [ -f $@ ]; then clear=; fi; rm -f $@; \
	$(PYTHON) -m venv $$clear $(1) || { \
	  echo "cannot make $(1); on Debian and Ubuntu: sudo apt install python3-venv" >&2; exit 1; }
endef
