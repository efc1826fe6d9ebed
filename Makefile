# The face of the build. `make help` lists the targets; the work is in scripts/ and in cargo.

# One cache for all clones: a fresh clone compiles only its own crates.
export SLIPWAY_CACHE ?= $(HOME)/.cache/slipway
export CARGO_TARGET_DIR ?= $(SLIPWAY_CACHE)/target
export PATH := $(PATH):$(HOME)/.cargo/bin:/usr/local/go/bin

# Hosts of bench-hosts.
N ?= 1000

# Only a KUBECONFIG written on make's command line names the cluster for the demo. One from the environment does
# not: nobody's cluster gets a demo by accident.
ifeq ($(origin KUBECONFIG),command line)
demo_cluster := --kubeconfig $(KUBECONFIG)
endif
unexport KUBECONFIG

# Repository of the image that a release's manifests name, such as registry.example.com/slipway.
IMAGE ?= slipway

.PHONY: help setup demo demo-rack demo-subscription test test-upgrade check lint release bench bench-hosts bench-memory
.NOTPARALLEL:

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-18s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: ## install what is missing, or say what is
	@scripts/setup build foreign

demo: ## a rack of 12 simulated hosts, installed while you watch; KUBECONFIG=FILE uses your own cluster
	@scripts/demo $(demo_cluster)

demo-rack: ## three simulated Compute Cloud@Customer racks, connected while you watch; KUBECONFIG=FILE as above
	@scripts/demo racks $(demo_cluster)

demo-subscription: ## three clusters' records at a simulated OpenShift Cluster Manager, from reservation to release; KUBECONFIG=FILE as above
	@scripts/demo subscriptions $(demo_cluster)

test: ## everything: set-up, lint, build, all tests
	@scripts/test

test-upgrade: ## an upgrade in the middle of an installation and back, with the previous commit's operator
	@scripts/test-upgrade

check: ## the quick part: lint and the tests beside the code
	@scripts/setup build
	@scripts/lint
	@cargo test --workspace --locked --lib --bins

lint: ## format, clippy, dependencies, crate directions, generated files
	@scripts/setup build
	@scripts/lint

release: ## write dist/: manifests, chart, images, bill of materials, checksums; IMAGE=REPOSITORY names the image in the manifests
	@SLIPWAY_IMAGE='$(IMAGE)' scripts/release

bench: bench-hosts bench-memory ## all benchmarks

bench-hosts: ## from kubectl apply to Available, for N hosts (N=1000)
	@scripts/bench-hosts $(N)

# Hosts of bench-memory, unless N is given on make's command line.
memory_hosts := $(if $(filter command,$(firstword $(origin N))),$(N),10000)
bench-memory: ## what N idle hosts cost the operator in memory (N=10000)
	@scripts/bench-memory $(memory_hosts)
