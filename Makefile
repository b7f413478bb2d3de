# The ways in. `make run` and `make test` start from a fresh Debian machine; the rest is for work on the project.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup build run test test-unit build-asan test-asan build-tsan test-tsan fuzz bench bench-race bench-worst docs fmt lint clean

JOBS ?= $(shell nproc)
SOURCES = $(shell find src host tools tests bench fuzz -name '*.h' -o -name '*.cpp' 2>/dev/null)

help:  ## this list
	@sed -n -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'

setup:  ## install the Debian packages that a build and the tests need
	scripts/setup.sh test

build:  ## release build: build/bin/libcontainer.so and build/bin/ctrmeta
	@scripts/setup.sh build
	cmake --preset release -DCONTAINER_TESTS=OFF
	cmake --build build -j $(JOBS)

run:  ## build, then show live events of real containers with their metadata, explained
	@scripts/setup.sh run
	cmake --preset release -DCONTAINER_TESTS=OFF
	cmake --build build -j $(JOBS) --target container ctrmeta
	@scripts/run_demo.sh build

test:  ## build and run all tests; ends with ctest's summary
	@scripts/setup.sh test
	cmake --preset release -DCONTAINER_TESTS=ON
	cmake --build build -j $(JOBS)
	@scripts/run_tests.sh build

test-unit:  ## only the tests that need no container engine
	@CONTAINER_ENGINES= scripts/setup.sh test
	cmake --preset release -DCONTAINER_TESTS=ON
	cmake --build build -j $(JOBS)
	@scripts/run_tests.sh build -L unit

build-asan:  ## build with the address and undefined behaviour sanitizers, in build-asan-ubsan/
	@CONTAINER_ENGINES= scripts/setup.sh test
	cmake --preset asan-ubsan
	cmake --build build-asan-ubsan -j $(JOBS) --target unit_programs

# Up to GCC 13 the sanitizers' __tls_get_addr takes a thread-local block of a dlopen()ed library, when malloc put it at
# a certain offset of its page, for one with a header of glibc 2.19, and the leak check at exit then crashes on what it
# reads there. Without that interceptor nothing is guessed.
ASAN_TEST_OPTIONS = detect_stack_use_after_return=1:strict_string_checks=1:intercept_tls_get_addr=0

test-asan: build-asan  ## the unit tests with these sanitizers
	@ASAN_OPTIONS=$(ASAN_TEST_OPTIONS) UBSAN_OPTIONS=print_stacktrace=1 \
	  scripts/run_tests.sh build-asan-ubsan -L unit

# Everything that has the worker's thread in it.
TSAN_PROGRAMS = worker_test worker_parts_test worker_namespaces_test plugin_abi_test net_test test_grpc_channel \
  test_grpc_faults engines_test test_containerd_engine test_cri_engine

build-tsan:  ## build what has threads with the thread sanitizer, in build-tsan/
	@CONTAINER_ENGINES= scripts/setup.sh test
	cmake --preset tsan
	cmake --build build-tsan -j $(JOBS) --target $(TSAN_PROGRAMS)

test-tsan: build-tsan  ## the tests of that with the thread sanitizer
	@set -e; for program in $(TSAN_PROGRAMS); do build-tsan/bin/$$program --gtest_brief=1; done

fuzz:  ## run each fuzz target for SECONDS (60) with libFuzzer, ASan and UBSan
	@scripts/setup.sh fuzz
	scripts/fuzz.sh -s $(or $(SECONDS),60) -j $(JOBS)

bench:  ## time per field and per event, instructions by callgrind
	@CONTAINER_ENGINES= scripts/setup.sh test
	cmake --preset release -DCONTAINER_TESTS=ON
	cmake --build build -j $(JOBS)
	scripts/bench.sh build

bench-race:  ## what first events of starting containers know, with real engines (root); RACE='--help' for options
	@scripts/setup.sh test
	cmake --preset release -DCONTAINER_TESTS=ON
	cmake --build build -j $(JOBS) --target container start_race
	build/bin/start_race $(RACE)

bench-worst:  ## the dearest call on Falco's thread while everybody attacks
	@CONTAINER_ENGINES= scripts/setup.sh test
	cmake --preset release -DCONTAINER_TESTS=ON
	cmake --build build -j $(JOBS) --target container worst_call
	build/bin/worst_call $(CONTAINERS)

docs:  ## write docs/fields.md and docs/limits.md anew from their tables
	@CONTAINER_ENGINES= scripts/setup.sh test
	cmake --preset release -DCONTAINER_TESTS=ON
	cmake --build build -j $(JOBS) --target plugin_parts_test core_test
	UPDATE_DOCS=1 build/bin/plugin_parts_test --gtest_filter=FieldTable.DocumentationIsUpToDate
	UPDATE_DOCS=1 build/bin/core_test --gtest_filter=Limits.DocumentationIsUpToDate

fmt:  ## format the sources
	@scripts/setup.sh lint
	clang-format -i $(SOURCES)

lint:  ## clang-format, clang-tidy and shellcheck; nothing is changed
	@scripts/setup.sh lint
	scripts/lint.sh

clean:  ## remove the build directories
	rm -rf build build-dev build-asan-ubsan build-tsan build-fuzz build-fuzz-quick
