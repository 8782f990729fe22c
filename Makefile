# make demo   the whole loop on this machine, from an empty clone to the table
# make test   every test      make check   lint, types, architecture, quick tests
# make repro  pull what sealed stages keep, then dvc repro      make help   all targets
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := $(CURDIR)/.venv/bin
PICTURES ?= 5000
# What a stranger's bytes reach, and the core: there other examples of a property may find more.
EXPLORED := tests/core tests/imaging tests/fetching tests/store tests/adapters/archive tests/adapters/crawl tests/adapters/urls
export PATH := $(BIN):$(PATH)
export MLFLOW_DISABLE_TELEMETRY := true
export GX_ANALYTICS_ENABLED := false
# Many short commands: none is to compile all modules anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help env studio-env s3-env mlflow-env datumaro-env ray-env extras-env demo down clean-demo repro test check quick soak lock screenshots
help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

env: .venv/.ready  ## the client environment
	@scripts/git-setup "$(BIN)/silverprint"
studio-env: .venv-studio/.ready  ## Label Studio's environment

.venv/.ready: requirements/client.lock pyproject.toml
	@echo "Making the client environment in .venv (7 GB, about 4 minutes)"
	@scripts/venv "$(PYTHON)" .venv requirements/client.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv-studio/.ready: requirements/studio.lock | .venv/.ready
	@echo "Making Label Studio's environment in .venv-studio (1 GB, about 2 minutes)"
	@scripts/venv "$(PYTHON)" .venv-studio requirements/studio.lock
	@SILVERPRINT_STUDIO_ENV=.venv-studio silverprint studio prepare
	@touch $@

s3-env: .venv-s3/.ready  ## an S3 server for tests
.venv-s3/.ready: requirements/s3.lock | .venv/.ready
	@scripts/venv "$(PYTHON)" .venv-s3 requirements/s3.lock
	@touch $@

mlflow-env: .venv-mlflow/.ready  ## MLflow's server with PostgreSQL and S3, as deploy/ runs it
.venv-mlflow/.ready: requirements/mlflow.lock | .venv/.ready
	@scripts/venv "$(PYTHON)" .venv-mlflow requirements/mlflow.lock
	@touch $@

datumaro-env: .venv-datumaro/.ready  ## Datumaro, which reads two formats of a release in tests
.venv-datumaro/.ready: requirements/datumaro.lock | .venv/.ready
	@scripts/venv "$(PYTHON)" .venv-datumaro requirements/datumaro.lock
	@touch $@

ray-env: .venv/.ray  ## Ray, for executor: ray, in the client environment
.venv/.ray: requirements/ray.lock .venv/.ready
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -r requirements/ray.lock
	@touch $@

extras-env: .venv/.extras  ## optional backbones and the libraries that read a release, in the client environment, for their tests
.venv/.extras: requirements/extras.lock .venv/.ready
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -r requirements/extras.lock
	@touch $@

demo: env studio-env  ## the whole loop over three rounds, with simulated people
	@python -m silverprint.demo run --pictures $(PICTURES) \
		$(if $(STUDIO_PORT),--studio-port $(STUDIO_PORT)) $(if $(MLFLOW_PORT),--mlflow-port $(MLFLOW_PORT))

down: env  ## stop Label Studio and MLflow
	@silverprint studio down
	@silverprint track down

clean-demo: env  ## take back everything that the demo made, and nothing that a person did
	@python -m silverprint.demo clean

repro: env  ## pull what sealed stages keep, then run what is new
	@scripts/repro

check: env  ## lint, types, architecture, quick tests
	ruff check .
	ruff format --check .
	mypy
	lint-imports
	$(MAKE) quick

quick: env  ## the tests that need no server
	pytest -m "not slow and not browser and not soak" -n auto --dist loadfile

test: env studio-env s3-env mlflow-env datumaro-env ray-env extras-env check  ## every test but the soak
	pytest -m "(slow or browser) and not soak" -n 3 --dist loadgroup --no-loadscope-reorder

soak: env studio-env s3-env ray-env  ## the heavy trials
	pytest -m soak
	pytest -m "not slow and not browser and not soak" --hypothesis-profile=explore -n auto --dist loadfile $(EXPLORED)
	python -m benchmarks.mutation --mutants 80

lock:  ## resolve requirements/*.in anew
	@scripts/lock

screenshots: env  ## docs/pictures from a finished demo
	@python scripts/screenshots.py
