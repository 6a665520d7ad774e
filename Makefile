# `make demo` shows the product, `make test` proves it; both set up everything they need.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help demo test machine lint quality fit curve planted bench chaos fuzz gigabyte databases picture documents screenshots kafka rules sbom lock clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

.venv/.stamp: requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

demo: .venv/.stamp ## simulate a stream, find the words planted in it
	@$(BIN)/python -m tests.demo

test: .venv/.stamp machine lint ## ruff, mypy, every test, those on a real Kafka included, shared by two processes: JOBS=0 for one
	$(BIN)/python -m pytest --numprocesses $(or $(JOBS),2)

machine: .venv/.stamp ## get what the tests need besides Python: Kafka's Java, Prometheus, Chromium, databases (as root)
	@$(BIN)/python -m tests.machine

lint: .venv/.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

quality: .venv/.stamp ## score a replay of real streams against dated truth
	$(BIN)/python -m tests.quality

fit: .venv/.stamp ## fit the word model to the judged words and write its weights
	$(BIN)/python -m tests.quality.fit --write

curve: .venv/.stamp ## draw precision against recall over the threshold (needs matplotlib)
	$(BIN)/python -m tests.quality.curve

planted: .venv/.stamp ## planted words in made-up streams: how many are found, how soon: SEEDS=100
	$(BIN)/python -m tests.quality.planted --seeds $(or $(SEEDS),100)

bench: .venv/.stamp ## speed ratios against baselines, side by side in one run
	$(BIN)/python -m tests.bench

chaos: .venv/.stamp ## storms of faults on a three-node Kafka, judged by exact counts: RUNS=60 SEED=1 KEEP=folder
	$(BIN)/python -m tests.chaos --runs $(or $(RUNS),10) --seed $(or $(SEED),1) $(if $(KEEP),--keep $(KEEP))

gigabyte: .venv/.stamp ## a gigabyte through discover: time beside the article's loops, peak memory, the worst texts too
	$(BIN)/python -m tests.bench.gigabyte texts && $(BIN)/python -m tests.bench.gigabyte pairs && $(BIN)/python -m tests.bench.gigabyte words

databases: .venv/.stamp ## a million rows of each database: constant memory, and into Kafka over kill -9
	$(BIN)/python -m tests.databases

fuzz: .venv/.stamp ## guided fuzzing of what reads foreign bytes: TARGET=batch|packed|state|record|range|http|decode|config|event SECONDS=60
	$(BIN)/pip install --quiet --disable-pip-version-check atheris
	$(BIN)/python -m tests.fuzz $(or $(TARGET),decode) --seconds $(or $(SECONDS),60)

picture: .venv/.stamp ## draw the dashboard of README from the running product (needs matplotlib)
	$(BIN)/python -m tests.picture

screenshots: .venv/.stamp machine ## the page in Chromium, wide and narrow, light and dark, to look at: into screenshots/
	$(BIN)/python -m tests.picture.page screenshots

documents: .venv/.stamp ## the examples of README and the tutorial anew, from what the commands print
	$(BIN)/python -m tests.refresh_documents

kafka: .venv/.stamp ## a one-node Apache Kafka on this machine, until Ctrl-C
	$(BIN)/python -m tests.broker

rules: .venv/.stamp ## the Prometheus rules once more, as Kubernetes wants them
	$(BIN)/python -m tests.deploy.rules

PIP_COMPILE = $(BIN)/pip-compile --quiet --strip-extras --generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-trusted-host

sbom: .venv/.stamp ## what the image is made of, as CycloneDX: sbom.json, from requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check cyclonedx-bom
	$(BIN)/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --output-reproducible --of JSON -o sbom.json

lock: ## renew both lock files from pyproject.toml; pip-compile reads no dependency groups, so one is written out for it
	$(BIN)/pip install --quiet pip-tools dependency-groups
	$(PIP_COMPILE) --extra fast --output-file requirements.lock pyproject.toml
	$(BIN)/dependency-groups dev | $(PIP_COMPILE) --all-extras --output-file requirements-dev.lock pyproject.toml -

clean: ## remove the environment and caches
	rm -rf .venv .tools .pytest_cache .mypy_cache .ruff_cache .hypothesis build *.egg-info
