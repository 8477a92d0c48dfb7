# Two commands do everything on a fresh machine: `make demo` and `make test`. Both use one release build.

# A cache outside the clone, so that a fresh clone does not compile the dependencies again.
ifndef CARGO_TARGET_DIR
ifneq ($(wildcard $(HOME)/.cache),)
export CARGO_TARGET_DIR := $(HOME)/.cache/zhihui/target
endif
endif
TARGET := $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR),target)
VENV := $(TARGET)/venv
LISTEN ?= 127.0.0.1:8080

.PHONY: demo test check lint bench tools cluster-test cluster-demo

demo: ## builds, makes sample data, runs the pipeline, serves it, prints the address and sign-ins
	cargo build --release --workspace
	$(TARGET)/release/zhihui --home ./zhihui-home demo --listen $(LISTEN)

test: tools ## installs what the tests need and runs them all
	PATH="$(abspath $(VENV))/bin:$$PATH" cargo test --release --workspace

tools: $(VENV)/.installed ## a browser for the page tests, Python packages for notebooks, schemathesis, axe-core, mail, S3 and the check of reports
	sh tests/install-browser.sh
	sh tests/install-versitygw.sh $(abspath $(VENV))/bin

REQUIREMENTS := notebooks/requirements.txt tests/schemathesis/requirements.txt tests/mail/requirements.txt \
	tests/report_check/requirements.txt tests/s3/requirements.txt
# Packages whose files are used, but not their dependencies.
ALONE := tests/axe/requirements.txt

$(VENV)/.installed: $(REQUIREMENTS) $(ALONE)
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet $(addprefix --requirement ,$(REQUIREMENTS))
	$(VENV)/bin/pip install --quiet --no-deps $(addprefix --requirement ,$(ALONE))
	touch $@

cluster-test: ## builds on a scheduler and executors on loopback, compared with builds in one process; compiles Ballista
	cargo test --release --workspace --features cluster --test cluster

cluster-demo: tools ## a night on a scheduler and two executors over a lake on S3, one of which is killed, compared with a night on one machine
	cargo build --release --workspace --features cluster
	python3 tests/cluster/demo.py $(TARGET)/release/zhihui --s3 $(abspath $(VENV))/bin/moto_server

lint: ## format and lints, warnings are errors
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- --deny warnings

bench: ## figures of speed and memory; see bench/README.md
	cargo bench --workspace
