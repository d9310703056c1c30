# Everything runs in environments that these targets make by themselves; `make` lists the targets.
#   .venv        what listens, and the extras asked for        .venv-train  training and export
#   .venv-test   everything, with the test tools               .venv-3.10 …  test-pythons
#   .venv-home-assistant-…   test-home-assistant
#   .venv-docs   the generator of the documentation's site
# An environment is ready when its stamp is written, which comes last; it is brought up to date when
# pyproject.toml or constraints.txt has changed.

PYTHON ?= python3
ARGS ?=
# of .venv: onnx, tflite, mqtt, png, web
EXTRAS ?=
# of .venv-train: dependency groups of pyproject.toml, one or several
GROUP ?= export-tflite
# of test-pythons: the oldest and the newest
PYTHONS ?= 3.10 3.13
# of test-home-assistant: versions, each with the Python that it needs
HOME_ASSISTANTS ?= 2024.3.3-3.11 2025.2.5-3.13
# of test-arm64, as qemu names them: a Pi 4 and a Pi 5
PROCESSORS ?= cortex-a72 cortex-a76
MODELS ?= cogcn cogcn-whisper
# of make model: which, and the share of the hidden units to remove
NAME ?= cogcn
PRUNE ?= 0
RUN ?= runs/$(NAME)
RECIPE_cogcn := cogcn-edge
RECIPE_cogcn-whisper := cogcn-whisper
RECIPE_cogcn-whisper-open := cogcn-whisper --set tested_only=ravdess,nemo --set open_sounds=true
# the wheel has to stay small: other formats of these come from quantize.py
FORMATS_cogcn-whisper := --formats npz
FORMATS_cogcn-whisper-open := --formats npz
CORPORA = $${EDGE_SER_CORPORA:-$$(cd ../shared/corpora 2>/dev/null && pwd)}

VENV := .venv
TRAIN_VENV := .venv-train
TEST_VENV := .venv-test
DOCS_VENV := .venv-docs
DEMO := edge_ser/demo/demo.flac
MODEL := edge_ser/models/$(NAME)
PIP := -m pip install -qq --disable-pip-version-check --no-input -c constraints.txt

.PHONY: help listen train-env test test-pythons test-arm64 test-install test-home-assistant
.PHONY: lint docs constraints model fuzz soak clean

help:
	@echo "make listen       hear the microphone, or the demo clip where there is none"
	@echo "                  ARGS=\"--json\"  EXTRAS=\"onnx tflite mqtt web\" adds what these need"
	@echo "make train-env    set up .venv-train with edge-ser-train; GROUP=export without TFLite"
	@echo "make test         run the tests; corpora from EDGE_SER_CORPORA or ../shared/corpora;"
	@echo "                  all of them (no ARGS) must run 95 % of the lines of edge_ser"
	@echo "make test-pythons the tests that need no torch, on Python 3.10 and 3.13, where there are any"
	@echo "make test-arm64   the same models on an emulated Pi 4 and Pi 5; as root"
	@echo "make test-install installer and service on Debian 12 and 13 and Ubuntu 22.04; minutes, as root"
	@echo "make test-home-assistant what is published, through Home Assistant's own code; minutes"
	@echo "make lint         ruff and mypy"
	@echo "make docs         the documentation as a site: build/docs; fails where a link leads nowhere"
	@echo "make constraints  pin again what constraints.txt pins; ARGS=\"--upgrade\" to newer versions"
	@echo "make model        train, prune, quantise and export a bundled model from the corpora;"
	@echo "                  NAME=cogcn, cogcn-whisper or cogcn-whisper-open"
	@echo "make fuzz         90,000 damaged models, files, pipes and command lines (hours)"
	@echo "make soak         hear eight hours of speech with everything going wrong (a quarter of an hour)"
	@echo "make clean        remove the environments and caches"
	@echo "PYTHON=python3.12 chooses the interpreter of a new environment (3.10 to 3.13)"

listen: $(VENV)/.ready $(EXTRAS:%=$(VENV)/.extra-%)
	@microphones=$$($(VENV)/bin/edge-ser devices --json 2>$(VENV)/devices.log) || failed=1; \
	if [ -n "$$microphones" ]; then exec $(VENV)/bin/edge-ser listen $(ARGS); fi; \
	reason="no microphone found"; \
	if [ -n "$$failed" ]; then reason=$$(tail -n 1 $(VENV)/devices.log); fi; \
	echo "$$reason; replaying the demo clip instead" >&2; \
	exec $(VENV)/bin/edge-ser listen --input $(DEMO) --realtime $(ARGS)

train-env: $(TRAIN_VENV)/.ready $(GROUP:%=$(TRAIN_VENV)/.group-%)
	@echo "ready; now: . $(TRAIN_VENV)/bin/activate" >&2

test: $(TEST_VENV)/.ready
	@$(TEST_VENV)/bin/coverage erase
	@EDGE_SER_CORPORA="$(CORPORA)" $(if $(ARGS),,COVERAGE_PROCESS_START=pyproject.toml) \
	  $(TEST_VENV)/bin/python -m pytest \
	  --numprocesses auto --dist loadfile $(ARGS)
	$(if $(ARGS),,@$(TEST_VENV)/bin/coverage combine --quiet)
	$(if $(ARGS),,@$(TEST_VENV)/bin/coverage report)

test-pythons:
	@for version in $(PYTHONS); do \
	  python=$$(tools/find-python.sh $$version) || continue; \
	  $(MAKE) --no-print-directory PYTHON="$$python" .venv-$$version/.ready && \
	  .venv-$$version/bin/python -m pytest --runtime \
	    --numprocesses auto --dist loadfile $(ARGS) || exit 1; \
	done

test-install:
	@device/try-install.sh

# not a part of `make test`: two environments of 400 MB, whose packages come from the index
test-home-assistant: $(TEST_VENV)/.ready $(HOME_ASSISTANTS:%=.venv-home-assistant-%/.ready)
	@mkdir -p build
	@$(TEST_VENV)/bin/python -m tests.home_assistant.record >build/home-assistant.jsonl
	@for version in $(HOME_ASSISTANTS); do \
	  .venv-home-assistant-$$version/bin/python tests/home_assistant/check.py \
	    <build/home-assistant.jsonl && \
	  .venv-home-assistant-$$version/bin/python tests/home_assistant/automation.py \
	    examples/home_assistant.yaml || exit 1; \
	done

test-arm64: $(TEST_VENV)/.ready
	@PYTHON="$(CURDIR)/$(TEST_VENV)/bin/python" PROCESSORS="$(PROCESSORS)" MODELS="$(MODELS)" device/arm64/run.sh

lint: $(TEST_VENV)/.ready
	@$(TEST_VENV)/bin/ruff check .
	@$(TEST_VENV)/bin/ruff format --check .
	@$(TEST_VENV)/bin/mypy

docs: $(DOCS_VENV)/.ready
	@$(DOCS_VENV)/bin/python -m tools.site $(ARGS)

constraints:
	@$(PYTHON) tools/constraints.py $(ARGS)

model: $(TEST_VENV)/.ready
	corpora="$(CORPORA)"; for protocol in loco folds; do \
	  $(TEST_VENV)/bin/python -m train fit --model cogcn --config $(RECIPE_$(NAME)) \
	    --set sounds="$$corpora/sounds" --corpus ravdess="$$corpora/ravdess" \
	    --corpus emodb="$$corpora/emodb" --corpus nemo="$$corpora/nemo" \
	    --corpus crema-d="$$corpora/crema-d" --protocol $$protocol --output $(RUN)-$$protocol \
	    || exit 1; \
	done
	$(TEST_VENV)/bin/python export/quantize.py --run $(RUN)-folds --strangers $(RUN)-loco \
	  --prune $(PRUNE) $(FORMATS_$(NAME)) --output $(MODEL)

fuzz: $(TEST_VENV)/.ready
	$(TEST_VENV)/bin/python -m benchmarks.fuzz.bundles
	$(TEST_VENV)/bin/python -m benchmarks.fuzz.inputs
	$(TEST_VENV)/bin/python -m benchmarks.fuzz.pipes

soak: $(TEST_VENV)/.ready
	@EDGE_SER_CORPORA="$(CORPORA)" $(TEST_VENV)/bin/python -m benchmarks.soak

clean:
	rm -rf $(VENV) $(TRAIN_VENV) $(TEST_VENV) $(DOCS_VENV) .venv-3.* .venv-home-assistant-* build dist .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/.ready: pyproject.toml constraints.txt
	$(call new-environment,$(VENV),a minute)
	$(call install-runtime,$(VENV))
	@touch $@

$(VENV)/.extra-%: $(VENV)/.ready
	@echo "adding $* to $(VENV) …" >&2
	$(call install-runtime,$(VENV),$*)
	@touch $@

$(TRAIN_VENV)/.ready: pyproject.toml constraints.txt
	$(call new-environment,$(TRAIN_VENV),some minutes)
	$(call install-runtime,$(TRAIN_VENV))
	$(call new-pip,$(TRAIN_VENV))
	$(call train-command,$(TRAIN_VENV))
	@touch $@

$(TRAIN_VENV)/.group-%: $(TRAIN_VENV)/.ready
	@$(TRAIN_VENV)/bin/python $(PIP) --group $*
	@touch $@

$(TEST_VENV)/.ready: pyproject.toml constraints.txt
	$(call new-environment,$(TEST_VENV),some minutes)
	$(call new-pip,$(TEST_VENV))
	@$(TEST_VENV)/bin/python $(PIP) --no-compile -e ".[mqtt,onnx,png,tflite,web]" --group dev
	$(call compile,$(TEST_VENV))
	$(call train-command,$(TEST_VENV))
	@touch $@

$(DOCS_VENV)/.ready: pyproject.toml constraints.txt
	$(call new-environment,$(DOCS_VENV),a minute)
	$(call install-runtime,$(DOCS_VENV))
	$(call new-pip,$(DOCS_VENV))
	@$(DOCS_VENV)/bin/python $(PIP) --group docs
	@touch $@

.venv-3.%/.ready: pyproject.toml constraints.txt
	$(call new-environment,.venv-3.$*,a minute)
	$(call new-pip,.venv-3.$*)
	@.venv-3.$*/bin/python $(PIP) -e ".[mqtt,onnx,png,tflite,web]" --group test
	@touch $@

# Home Assistant's MQTT integration asks for its client only when it runs
.venv-home-assistant-%/.ready:
	@echo "setting up $(@D), a minute the first time …" >&2
	@python=$$(tools/find-python.sh $(lastword $(subst -, ,$*))) && "$$python" -m venv --clear $(@D)
	@$(@D)/bin/python $(filter-out -c constraints.txt,$(PIP)) \
	  homeassistant==$(firstword $(subst -, ,$*)) "paho-mqtt<2"
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

# $(call install-runtime,FOLDER[,EXTRA]): what `edge-ser listen` needs; openSMILE without pandas.
define install-runtime
	@$(1)/bin/python $(PIP) --no-deps opensmile -e .
	@$(1)/bin/python device/requirements.py $(2) >$(1)/requirements.txt
	@$(1)/bin/python $(PIP) -r $(1)/requirements.txt
endef

# $(call new-pip,FOLDER): one that reads dependency groups; Python's and Debian 12's are too old.
define new-pip
	@$(1)/bin/python $(PIP) "pip>=25.1"
endef

# $(call compile,FOLDER): on all cores, while pip uses one; some packages hold files of Python 2.
define compile
	@$(1)/bin/python -m compileall -q -j 0 $(1)/lib >/dev/null || true
endef

# $(call train-command,FOLDER): edge-ser-train, whose code is in the checkout and not in the wheel.
define train-command
	@printf '#!%s/bin/python\nimport sys\nfrom edge_ser_train import main\nsys.exit(main())\n' \
	  "$(abspath $(1))" >$(1)/bin/edge-ser-train
	@chmod +x $(1)/bin/edge-ser-train
endef
