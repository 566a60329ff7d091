# make run and make test set up everything they need, once, and say what they do. `make help` lists the targets.
.DEFAULT_GOAL := help
.PHONY: help setup build page run test test-rust test-browser lint fmt bench bench-signalling bench-sfu bench-relay fuzz image image-size test-one-file test-reproducible inventory screenshots clean
SHELL := bash

TARGET := $(or $(CARGO_TARGET_DIR),target)
WITH := scripts/with-tools
SAY := @printf '\033[1m==>\033[0m %s\n'

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: ## find or install everything: compiler, cargo-leptos, Node packages, browsers, PostgreSQL, Redis, coturn, pebble, PulseAudio, nginx, HAProxy, Prometheus, ffmpeg
	@scripts/setup.sh leptos browser postgres redis coturn pebble sound proxies prometheus python ffmpeg

# What is left once a step is done, for those who wait for the first one.
PAGE := the page (first time about 4 min)
build run: AFTER_SETUP := , the rest of the server
# By another name: what names make itself is run by `make -n`, too.
SUBMAKE := $(MAKE)

# The server needs nothing of what the page is built with, and is built meanwhile.
build: ## build the server and the page, quickly and unoptimised
	@LEFT="cargo-leptos, wasm-bindgen, $(PAGE)$(AFTER_SETUP)" scripts/setup.sh rust
	@scripts/beside "Building the server (first time about 10 min on two cores)" $(WITH) cargo build --package server --bin veranda -- \
		$(SUBMAKE) --no-print-directory page AFTER_SETUP="$(AFTER_SETUP)"

page:
	@LEFT="$(PAGE)$(AFTER_SETUP)" scripts/setup.sh leptos
	@scripts/timed "Building the page (first time about 4 min on two cores)" \
		bash -ec 'scripts/bundle-css; scripts/build-worker; $(WITH) cargo leptos build --split --frontend-only'

run: build ## start Veranda; the last line is the address to open
	@$(TARGET)/debug/veranda

test: test-rust test-one-file test-browser ## every test: Rust, the one file, then real browsers

test-rust:
	@scripts/setup.sh rust postgres redis coturn pebble prometheus ffmpeg
	$(SAY) "Testing the Rust side, with a private PostgreSQL and a private Redis (first time about 5 min on two cores)"
# Most tests of the server wait for something.
	@export RUST_TEST_THREADS=$$((2 * $$(nproc))); $(WITH) scripts/with-redis scripts/with-postgres cargo test --quiet --features protocol/schema

# The server is the one that the Rust tests have built: with other features, much of it would have to be built again.
test-browser: page
	@scripts/setup.sh browser postgres coturn sound proxies prometheus python ffmpeg
	$(SAY) "Building the server, if the Rust tests have not"
	@$(WITH) cargo test --quiet --no-run --features protocol/schema
	$(SAY) "Building the page's own tests"
	@scripts/test-page --build
	$(SAY) "Testing in real browsers (about 15 min on two cores, two journeys at a time)"
	@cd end2end && ../$(WITH) npm run --silent generate && ../$(WITH) npx tsc --noEmit && ../$(WITH) npx playwright test

lint: ## fmt, clippy for both sides, rustdoc, dependencies and their licences, deploy/; warnings are errors
	@scripts/setup.sh rust node deny deploy prometheus
	$(SAY) "Checking what the program is made of, and the files of deploy/"
	@$(WITH) cargo deny --log-level error check bans licenses sources
	@$(WITH) node scripts/check-npm.mjs
	@$(WITH) scripts/check-deploy
	$(SAY) "Checking form, lints and documentation (first time about 5 min on two cores)"
	@$(WITH) cargo fmt --all --check
	@$(WITH) cargo clippy --quiet --all-targets --workspace --exclude frontend --features protocol/schema -- -D warnings
	@$(WITH) cargo clippy --quiet -p frontend --all-targets --target wasm32-unknown-unknown -- -D warnings
	@RUSTDOCFLAGS="-D warnings" $(WITH) cargo doc --quiet --no-deps --document-private-items --workspace --exclude frontend
	@$(WITH) bash -c 'RUSTDOCFLAGS="-D warnings $$CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS" \
		cargo doc --quiet --no-deps --document-private-items -p frontend --target wasm32-unknown-unknown'

fmt: ## format everything
	@$(WITH) cargo fmt --all

image: ## build the optimised page, and the server with it inside: one file, target/release/veranda; its hashes are in target/hashes.txt
	@scripts/setup.sh leptos optimise
	$(SAY) "Building the optimised page (first time about 5 min on two cores)"
	@PATH="$$PWD/end2end/node_modules/.bin:$$PATH" scripts/build-page --release
	$(SAY) "Building the server around it (first time about 5 min on two cores)"
	@VERANDA_SITE="$$PWD/target/image" scripts/build-one-file --release
	@$(TARGET)/release/veranda hashes >target/hashes.txt

test-one-file: page ## the program with the page inside, linked statically and built quickly: alone in an empty folder, and two people talk by way of it
	@scripts/setup.sh browser
	$(SAY) "Building the server with the page inside, and testing it (about 2 min on two cores)"
	@$(WITH) cargo test --quiet -p server --features protocol/schema,embedded --test one_file
	@scripts/test-one-file

test-reproducible: ## build the page twice, in two folders, and compare (about 5 min; scripts/test-reproducible --release: 15)
	@scripts/setup.sh leptos node
	@scripts/test-reproducible

image-size: image ## the optimised page's sizes, compressed
	@scripts/image-size

inventory: ## what the program is made of: target/inventory has a bill of materials (CycloneDX) and the texts of all licences
	@scripts/setup.sh rust node
	@$(WITH) node scripts/inventory.mjs

bench: image ## benchmarks; prints figures, asserts nothing
	@scripts/setup.sh browser
	@$(WITH) cargo build --quiet --release -p bench
	@scripts/bench

bench-signalling: ## the signalling benchmarks alone, beside Socket.IO; needs no browser
	@scripts/setup.sh rust node
	$(SAY) "Building the optimised server and the load generator (first time about 6 min on two cores)"
	@$(WITH) cargo build --quiet --release -p server -p bench
	@scripts/bench signalling

bench-sfu: ## what forwarding media costs, beside Janus where it is installed; needs no browser
	@scripts/setup.sh rust
	$(SAY) "Building the optimised server and the load generator (first time about 6 min on two cores)"
	@$(WITH) cargo build --quiet --release -p server -p bench
	@scripts/bench sfu

bench-relay: ## what relaying costs, beside coturn; needs no browser
	@scripts/setup.sh rust coturn
	$(SAY) "Building the optimised server and the load generator (first time about 6 min on two cores)"
	@$(WITH) cargo build --quiet --release -p server -p bench
	@scripts/bench relay

fuzz: ## every fuzz target for five minutes (FUZZ_SECONDS=300); the first build takes 6 min on two cores
	@scripts/setup.sh rust postgres redis
	@scripts/fuzz $${FUZZ_SECONDS:-300}

screenshots: build ## the pictures in docs/images, made from the running program
	@scripts/setup.sh browser
	@cd end2end && ../$(WITH) npx playwright test --config screenshots.config.ts

clean: ## remove what was built here; tools stay in ~/.cache/veranda
	rm -rf target end2end/node_modules end2end/.cache
