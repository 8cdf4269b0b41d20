# The packages that a build needs on Debian, and those that its tests need beside them.
PACKAGES = libncurses-dev libsqlite3-dev libopenblas-dev zlib1g-dev libzstd-dev libbrotli-dev pkg-config
TEST_PACKAGES = tmux ncurses-term python3-numpy
EXEMPLAR = .build/release/exemplar
SUDO = $(if $(filter 0,$(shell id -u)),,sudo)

# Installs those of some packages that are missing.
define install
@dpkg-query -W -f '$${db:Status-Abbrev}\n' $(1) 2>/dev/null | grep -c '^ii' | grep -qx $(words $(1)) \
  || { $(SUDO) apt-get update && $(SUDO) apt-get install -y --no-install-recommends $(1); }
endef

.PHONY: run build test unit-tests models test-models dependencies test-dependencies samples screenshots demo results format format-check bench torture threads fuzz

## Installs what is missing, builds, and opens the explorer on the samples; without a terminal it says how to.
run: build
	@if [ -t 0 ] && [ -t 1 ]; then exec $(EXEMPLAR) sample-dicts; \
	else echo "built; in a terminal, this opens the explorer on the samples: $(EXEMPLAR) sample-dicts"; fi

build: dependencies
	swift build -c release --product exemplar

## Installs what is missing, builds, and passes every test. Those of the real binary run by themselves: they start terminals
## and wait for children, which other tests' children would disturb; they run the optimised program, which is the one that
## people have, and which is built while the other tests run: it keeps little more than one core busy.
test: dependencies test-dependencies
	swift build --build-tests
	$(MAKE) --jobs=2 --output-sync=target unit-tests build
	EXEMPLAR_PROGRAM="$(abspath $(EXEMPLAR))" swift test --skip-build --filter EndToEndTests

# Run without SwiftPM, which would wait for the build that goes on beside it. Twenty seconds go into the corpora of `make fuzz`.
unit-tests:
	EXEMPLAR_FUZZ_SECONDS=20 .build/debug/exemplarPackageTests.xctest --testing-library swift-testing --skip EndToEndTests

MODELS ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/exemplar/models

## Fetches two small models, 600 MB, once, into the cache folder: the lab finds them there. WITH names others to fetch beside them:
## gemma-3-270m (253 MB, Gemma terms of use) and qwen2.5-coder-1.5b-instruct (1.1 GB, Apache-2.0).
models:
	Tests/fetch-models "$(MODELS)" $(WITH)

## The tests again, with real models: fetches 600 MB once and keeps it in the cache folder; WITH as for models.
test-models: dependencies test-dependencies
	Tests/fetch-models "$(MODELS)" $(WITH)
	swift build --build-tests
	EXEMPLAR_MODELS="$(MODELS)" swift test --skip-build --filter "LanguageModelTests|RealCaptureTests|RealAblationTests|TransformersImportTests"
	@if "$${EXEMPLAR_PYTHON:-python3}" -c "import torch, transformers, safetensors" 2>/dev/null; then \
	  "$${EXEMPLAR_PYTHON:-python3}" Tests/engine/test_engine.py; \
	else echo "Tests/engine: left out, EXEMPLAR_PYTHON has no torch, transformers and safetensors" >&2; fi

dependencies:
	@command -v swift >/dev/null || { echo "Swift 6.2 or later is needed: see swift.org/install/linux" >&2; exit 1; }
	$(call install,$(PACKAGES))

test-dependencies:
	$(call install,$(TEST_PACKAGES))

## Makes the samples again: captures both checkpoints with the model that test-models fetches, and builds their dictionaries.
samples: build
	Tests/fetch-models "$(MODELS)"
	sample-dicts/make "$(EXEMPLAR)" "$(MODELS)/SmolLM2-135M-Instruct.Q4_1.gguf"

## Writes docs/results.md again from the samples and both models: half an hour.
results: build models
	$(call install,python3-numpy)
	python3 docs/results/make.py "$(EXEMPLAR)" "$(MODELS)/SmolLM2-135M-Instruct.Q4_1.gguf" \
	  "$(MODELS)/Qwen2.5-Coder-0.5B-Instruct.Q4_K_M.gguf"

## Draws the pictures of docs/screenshots anew, from the samples.
screenshots: build
	$(call install,python3-pil fonts-dejavu-core)
	docs/screenshots/make "$(EXEMPLAR)"

## Makes the moving picture of the four uses, docs/demo.cast and docs/demo.gif, from the samples.
demo: build
	$(call install,python3-pil fonts-dejavu-core)
	docs/screenshots/demo "$(EXEMPLAR)"

format:
	swift format -i -r --configuration .swift-format Package.swift Sources Tests Themes Benchmarks

format-check:
	swift format lint --strict -r --configuration .swift-format Package.swift Sources Tests Themes Benchmarks

## Speed, as ratios to peers measured in the same run; see Benchmarks/README.md.
bench: dependencies
	$(call install,python3-numpy)
	swift build -c release --product Benchmarks
	.build/release/Benchmarks

SECONDS_EACH ?= 60
STRIDE ?= 64

## Kills, full disks, files taken away, clocks that jump, flipped bits: what of it loses or changes anything, see
## docs/reliability.md. SECONDS_EACH is how long each part goes on, STRIDE how many bytes have one bit flipped.
torture: build
	Tests/torture --program "$(EXEMPLAR)" --seconds "$(SECONDS_EACH)" --stride "$(STRIDE)"

## The thread sanitizer over commands of several threads and a session in a terminal: a first build takes some minutes.
threads: dependencies
	swift build --sanitize=thread --scratch-path .build-tsan --product exemplar
	Tests/threads .build-tsan/debug/exemplar

FUZZ_SECONDS ?= 60

## Bytes that nobody would write, given to every reader under libFuzzer and the address sanitizer: see docs/reliability.md.
## FUZZ_SECONDS is how long each goes on, TARGETS names some of them. A first build takes some minutes.
fuzz: dependencies
	swift build --package-path Tests/Fuzz --scratch-path .build/fuzz -c release --sanitize=fuzzer --sanitize=address --product fuzz
	Tests/fuzz --seconds "$(FUZZ_SECONDS)" $(TARGETS)
