# The project's commands. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

BUILD := .build
RELEASE := $(BUILD)/release/des
# The standard library goes into the binary: `des` starts in half the time and runs without a Swift installation.
# So does the one function of libcrypto it needs, where the distribution has the archive.
STATIC := $(BUILD)/static
RELEASE_FLAGS := -c release --static-swift-stdlib -Xswiftc -use-ld=lld -Xswiftc -L$(STATIC) \
    -Xlinker --no-export-dynamic -Xlinker --strip-all

# What is wrong with the sharing of memory shows only when the compiler optimises.
OPTIMISED := swift test --package-path CoreTests --scratch-path CoreTests/.build/optimised -c release \
    -Xswiftc -enable-testing

# These load the machine so much that others would not end in time beside them.
DATABASE_TESTS := DES(Catalog|Doctor|Marker|Packer|Admin)Tests

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

.PHONY: tools
tools: ## Install what building and testing need (Debian, Ubuntu)
	@scripts/install-tools --tests

.PHONY: build-tools
build-tools: ## Install only what building needs
	@scripts/install-tools

.PHONY: static
static: build-tools
	@mkdir -p $(STATIC)
	@archive=$$( (clang -print-file-name=libcrypto.a || cc -print-file-name=libcrypto.a) 2>/dev/null | head -1); [ ! -f "$$archive" ] || ln -sf "$$archive" $(STATIC)/

.PHONY: build
build: static ## Build the release binary, .build/release/des
	swift build $(RELEASE_FLAGS) --product des

.PHONY: services
services: static ## Build the services and des-admin, .build/release/des-assign and so on
	@# One product a call: all products would be those of the tests, too.
	set -e; for product in des-assign des-marker des-packer des-admin; do swift build $(RELEASE_FLAGS) --product $$product; done

.PHONY: demo
demo: build ## Pack a real tree of this machine, read it back, compare every byte
	@scripts/demo $(RELEASE)

.PHONY: test
test: tools ## Run every test, and those of DESCore once more as the release is built
	$(OPTIMISED)
	swift build --build-tests
	swift test --skip-build --filter '$(DATABASE_TESTS)'
	swift test --skip-build --skip '$(DATABASE_TESTS)'

.PHONY: torture
torture: tools ## Kill, stop, cut and delay packers, markers and servers for eight minutes (DES_TORTURE_SEED=… repeats one)
	swift build --build-tests
	DES_TORTURE_SECONDS=480 swift test --skip-build --filter TortureTests

.PHONY: test-core
test-core: ## Run DESCore's tests alone: the quick loop
	swift test --package-path CoreTests

.PHONY: sanitize
# Without the leak check: XCTest itself leaves a few hundred bytes behind.
sanitize: build-tools ## Run DESCore's tests under AddressSanitizer and ThreadSanitizer
	ASAN_OPTIONS=detect_leaks=0 swift test --package-path CoreTests --scratch-path CoreTests/.build/address --sanitize=address
	TSAN_OPTIONS=suppressions=$(abspath CoreTests/thread.suppressions) \
	    swift test --package-path CoreTests --scratch-path CoreTests/.build/thread --sanitize=thread

.PHONY: fuzz
fuzz: build-tools ## Fuzz the reader and the writer, one minute each (SECONDS_EACH=600 for longer)
	@scripts/fuzz $(or $(SECONDS_EACH),60)

.PHONY: bench
bench: build services ## Measure against tar, zip, rclone, boto3, wrk and bare loops; writes docs/benchmarks*.md
	@scripts/install-tools --tests zip unzip tar wrk
	swift build --package-path Benchmarks -c release
	swift run --package-path Benchmarks -c release des-bench $(abspath $(RELEASE)) local docs/benchmarks.md
	swift run --package-path Benchmarks -c release des-bench $(abspath $(RELEASE)) s3 docs/benchmarks-s3.md
	swift run --package-path Benchmarks -c release des-bench $(abspath $(RELEASE)) services docs/benchmarks-services.md
	swift run --package-path Benchmarks -c release des-bench $(abspath $(RELEASE)) catalog docs/benchmarks-catalog.md
	swift run --package-path Benchmarks -c release des-bench $(abspath $(RELEASE)) packer docs/benchmarks-packer.md

.PHONY: lint
lint: ## Check the format of the Swift code
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks/Package.swift \
	    Benchmarks/Sources Fuzz/Package.swift Fuzz/Sources CoreTests/Package.swift

.PHONY: format
format: ## Format the Swift code
	swift format --in-place --recursive --parallel Package.swift Sources Tests Benchmarks/Package.swift \
	    Benchmarks/Sources Fuzz/Package.swift Fuzz/Sources CoreTests/Package.swift

.PHONY: vectors
vectors: ## Make the test vectors again, from the specification's own writer
	python3 docs/vectors/make.py

.PHONY: docs
docs: build-tools ## Write docs/configuration.md again, from the settings as they are declared
	UPDATE_DOCS=1 swift test --filter ConfigurationDocumentTests

.PHONY: install
install: build ## Install des, its completions and what `make services` has built, under PREFIX (default /usr/local)
	@scripts/install $(RELEASE) $(or $(PREFIX),/usr/local)

.PHONY: clean
clean: ## Remove what was built
	rm -rf .build CoreTests/.build Benchmarks/.build Fuzz/.build
