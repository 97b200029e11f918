# DrivenData Platform: the one interface, for people and for CI. `make` or `make help` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# Containers often set it; then each process compiles all that it imports, at every start.
unexport PYTHONDONTWRITEBYTECODE

STACK ?= driven-data
PYTHON ?= python3
VENVS := glue airflow sandbox dev policies ops scan contract
# What a run of the sandbox needs.
RUN_VENVS := $(filter-out scan contract,$(VENVS))
export STACK PYTHON

# Options that the sandbox takes from the command line: make sandbox DATE=2024-09-15 RAW_FILE=batch.csv
export DATE RAW_FILE ROWS SEED SQL FROM TO PORT UI_PORT
# As it was typed: make would take the $$ of "$$path", or of a pattern's end, for a variable of its own.
override SQL := $(value SQL)
# Options of the Terraform targets.
export KEY CONFIRM ALLOW_REPLACE LOCK_TIMEOUT TF_PLUGIN_MIRROR STACKS_DIR SECOND_JDK

OPS := .venv/ops/bin/python -m ops
SANDBOX := .venv/sandbox/bin/python -m sandbox
JARS := build/spark-jars/.stamp build/trino/.stamp
# GitHub's evaluator of workflow expressions, for the tests of the workflows.
EXPRESSIONS := build/expressions/.stamp
ON ?= aws
WAIT ?= 120
ifeq ($(ON),aws)
DAY_TWO := $(OPS)
DAY_TWO_NEEDS := synth .venv/ops/.stamp
FORGET := $(OPS)
else ifeq ($(ON),sandbox)
DAY_TWO := $(SANDBOX) with $(OPS) --poll 2
DAY_TWO_NEEDS = preflight setup
FORGET := $(SANDBOX) lead $(OPS) --poll 0.5
else
$(error ON=$(ON) is no place: aws (the default) or sandbox)
endif

##@ Start here

.PHONY: help
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  %-22s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\nVariables: STACK=<deployment> (default driven-data; all, for plan and drift). A file config/<name>.yaml is a deployment.\n'

.PHONY: sandbox
sandbox: preflight $(RUN_VENVS:%=.venv/%/.stamp) $(JARS) ## Run the whole pipeline on this machine (DATE= RAW_FILE= ROWS= SEED= STACK=)
	@$(SANDBOX) run

.PHONY: test
test: preflight setup ## Run every test: Java, policies, Glue jobs, DAG, sandbox, days in it, Terraform life cycle (SUITE=)
	@$(PYTHON) bin/run-tests $(SUITE)

.PHONY: setup
setup: preflight $(VENVS:%=.venv/%/.stamp) $(JARS) $(EXPRESSIONS) ## Install what the project needs, inside the project's folder

.PHONY: preflight
preflight:
	@bin/preflight

.venv/%/.stamp: requirements/%.txt requirements/uv.txt bin/make-venv
	@bin/make-venv $*

build/spark-jars/.stamp: sandbox/spark/pom.xml
	@echo "setup: fetching Spark's S3 client"
	@mvn -B -f sandbox/spark/pom.xml dependency:copy -DoutputDirectory=$(CURDIR)/build/spark-jars
	@touch $@

build/trino/.stamp: sandbox/trino/pom.xml sandbox/trino/src/Launcher.java bin/fetch-trino
	@bin/fetch-trino
	@touch $@

$(EXPRESSIONS): $(addprefix ops/tests/workflows/evaluator/,package.json package-lock.json .npmrc)
	@echo "setup: fetching GitHub's expression package"
	@mkdir -p $(@D)
	@cp $^ $(@D)
	@cd $(@D) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

##@ Infrastructure

.PHONY: synth
synth: ## Synthesise the Terraform stacks of all deployments into cdktf.out
	@bin/synth

.PHONY: snapshot
snapshot: synth ## Renew main.tf.json.snapshot from the synthesised driven-data stack
	@cp cdktf.out/stacks/driven-data/cdk.tf.json main.tf.json.snapshot
	@git --no-pager diff --stat -- main.tf.json.snapshot

.PHONY: reference
reference: ## Renew the JSON Schemas of the deployment files and the pipeline table, and the tables in docs
	@mvn -B test -Dtest='*ReferenceTest' -Dreference.write=true
	@git --no-pager diff --stat -- config/deployment.schema.json pipeline/pipeline.schema.json docs

.PHONY: contract
contract: synth .venv/ops/.stamp ## Renew docs/contract.odcs.yaml, the tables as an Open Data Contract
	@$(OPS) contract --stack $(STACK)

.PHONY: cost
cost: synth .venv/ops/.stamp ## Estimate what a deployment costs in a month, and with other settings
	@$(OPS) cost --stack $(STACK)

.PHONY: bootstrap
bootstrap: synth .venv/ops/.stamp ## Create or adopt the state bucket of a deployment
	@$(OPS) bootstrap --stack $(STACK)

.PHONY: plan
plan: synth .venv/ops/.stamp ## Save a plan and its summary under build/plans/<stack>
	@$(OPS) plan --stack $(STACK)

.PHONY: apply
apply: synth .venv/ops/.stamp ## Apply exactly the saved plan
	@$(OPS) apply --stack $(STACK)

.PHONY: drift
drift: ## Compare the account with the state: exit 0 none, 2 drift (listed), 1 could not tell
	@exit $(DRIFT_EXIT)

# make ends with 2 on any failure, and drift has to tell "drift" (2) from "could not tell" (1). So the check runs while
# make builds this included file, and where its code is 1, make is put into question mode (-q), which ends with 1.
ifneq ($(filter drift,$(MAKECMDGOALS)),)
ifeq ($(MAKE_RESTARTS),)
# A former run's result must not answer for this one.
$(shell rm -f build/drift.mk)
endif
include build/drift.mk
ifeq ($(MAKE_RESTARTS),)
build/drift.mk:
	@mkdir -p build
	@code=1; if $(MAKE) -s synth .venv/ops/.stamp; then code=0; $(OPS) drift --stack $(STACK) || code=$$?; fi; \
	  case $$code in 0|2) ;; *) code=1 ;; esac; echo "DRIFT_EXIT := $$code" > $@
else ifeq ($(DRIFT_EXIT),1)
MAKEFLAGS += -q
endif
endif

.PHONY: destroy
destroy: synth .venv/ops/.stamp ## Destroy a deployment that is marked destroyable (CONFIRM=<stack>)
	@$(OPS) destroy --stack $(STACK)

.PHONY: import
import: synth .venv/ops/.stamp ## Adopt resources that were made by hand in the console
	@$(OPS) import --stack $(STACK)

.PHONY: unlock
unlock: .venv/ops/.stamp ## Free a deployment's state from the lock of a run that died (LOCK_ID=)
	@$(OPS) unlock --stack $(STACK) --lock-id "$(LOCK_ID)"

.PHONY: check-cicd
check-cicd: synth ## Check GitHub's side of the workflows: sign-in, environments, variables, rules (needs gh)
	@$(PYTHON) -m ops $@ --stack $(STACK)

.PHONY: provider-lock
provider-lock: synth .venv/ops/.stamp ## Renew the provider lock file of a deployment
	@$(OPS) lock --stack $(STACK)

##@ Day two

# On AWS with your credentials; ON=sandbox: the sandbox's Airflow, started when it isn't running.
.PHONY: airflow-status airflow-trigger airflow-logs verify forget
airflow-status: $(DAY_TWO_NEEDS) ## Show the Airflow environment, the newest runs and their tasks (ON=sandbox)
	@$(DAY_TWO) $@ --stack $(STACK)

airflow-trigger: $(DAY_TWO_NEEDS) ## Run a day: DATE=2024-09-15 (ON=sandbox)
	@$(DAY_TWO) $@ --stack $(STACK) --date "$(DATE)"

airflow-logs: $(DAY_TWO_NEEDS) ## Show a task's log: TASK= (DATE= ON=sandbox)
	@$(DAY_TWO) $@ --stack $(STACK) --task "$(TASK)" --date "$(DATE)"

forget: $(DAY_TWO_NEEDS) ## Remove a person from the lake, with a certificate: KEY=<unique_id or personal number> (ON=sandbox)
	@$(FORGET) $@ --stack $(STACK)

verify: $(DAY_TWO_NEEDS) ## Run a day, or take DATE's run, and compare its counts with Athena's (DATE= WAIT= ON=sandbox)
	@$(DAY_TWO) $@ --stack $(STACK) --date "$(DATE)" --wait $(WAIT)

##@ Sandbox

.PHONY: sandbox-ui
sandbox-ui: preflight $(RUN_VENVS:%=.venv/%/.stamp) $(JARS) ## Open Airflow's web UI on the sandbox
	@$(SANDBOX) ui

.PHONY: sandbox-query
sandbox-query: .venv/sandbox/.stamp ## Ask the sandbox's Athena: SQL='SELECT ...'
	@$(SANDBOX) query

.PHONY: sandbox-backfill
sandbox-backfill: preflight $(RUN_VENVS:%=.venv/%/.stamp) $(JARS) ## Run many days: FROM=2024-09-01 TO=2024-09-30
	@$(SANDBOX) backfill

.PHONY: sandbox-status
sandbox-status: .venv/sandbox/.stamp ## Show what of the sandbox is running
	@$(SANDBOX) status

.PHONY: permissions
permissions: .venv/sandbox/.stamp ## Show what the last run used of each role's permissions, and why the rest is granted
	@$(SANDBOX) permissions

.PHONY: access
access: .venv/sandbox/.stamp ## Let each group try what it may read in the running sandbox, and renew docs/access.md
	@$(SANDBOX) access

.PHONY: recording
recording: .venv/sandbox/.stamp ## Renew the calls that the tests of the permissions replay, from the last run
	@$(SANDBOX) keep-calls

.PHONY: sandbox-down
sandbox-down: .venv/sandbox/.stamp ## Stop the sandbox and drop its data
	@$(SANDBOX) down

##@ Quality

.PHONY: test-java test-policies test-glue test-airflow test-sandbox test-days test-ops test-terraform
test-java test-policies test-glue test-airflow test-sandbox test-days test-ops test-terraform: preflight setup ## Run one of the suites
	@$(PYTHON) bin/run-tests $(@:test-%=%)

# One JVM has all the runs, and keeps the plans of killed ones. Another one's bytes would differ, and bytes are compared:
# Parquet lists a column's encodings in an order of the JVM's own.
.PHONY: drill
drill: preflight setup ## Let the S3 and Glue calls of a day meet every kind of fault, with a table
	@DRILL=all SPARK_MEMORY=6g .venv/sandbox/bin/python -m pytest -q -s -p no:cacheprovider sandbox/tests/days/test_drill.py

.PHONY: lint
lint: preflight synth .venv/dev/.stamp .venv/scan/.stamp ## Check format and style of Java, Python, YAML and workflows, and scan stacks and files
	@bin/lint

.PHONY: scan
scan: synth .venv/scan/.stamp ## Scan the stacks with checkov and the files for secrets, and show what is suppressed
	@.venv/scan/bin/python bin/scan

.PHONY: fmt
fmt: preflight .venv/dev/.stamp ## Format Java and Python
	@mvn -B spotless:apply
	@.venv/dev/bin/ruff check --fix --quiet .
	@.venv/dev/bin/ruff format --quiet .

.PHONY: lock
lock: .venv/dev/.stamp ## Renew the hashed requirements of the Python environments
	@for env in uv $(VENVS); do \
	  echo "requirements/$$env.txt"; \
	  build/uv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate \
	    --upgrade -o requirements/$$env.txt requirements/$$env.in; \
	done

.PHONY: iban-registry
iban-registry: .venv/glue/.stamp ## Renew the Glue jobs' list of IBANs by country from the pinned python-stdnum
	@.venv/glue/bin/python bin/make-iban-registry

# Steps of .github/workflows. They need only Python and gh, so they don't wait for preflight.
CI := ci-deployments ci-protected ci-target ci-allow ci-review ci-comment ci-reviewed ci-compare ci-apply-result ci-drift-issue
.PHONY: $(CI)
$(CI):
	@$(PYTHON) -m ops $@ --stack $(STACK)

.PHONY: check-second-jdk
check-second-jdk: preflight ## Build, test and synthesise on a JDK of another version too, if the machine has one (SECOND_JDK=)
	@bin/second-jdk

##@ Benchmarks

.PHONY: bench-synth
bench-synth: ## Synth: cold, warm and unchanged, beside plain java
	@$(PYTHON) bench/synth.py

.PHONY: bench-extraction
bench-extraction: .venv/airflow/.stamp ## Raw file generator, beside the walkthrough's row function
	@.venv/airflow/bin/python bench/extraction.py

.PHONY: bench-pipeline
bench-pipeline: preflight setup ## A day's cost against history, beside the walkthrough's way
	@.venv/glue/bin/python bench/pipeline
	@.venv/sandbox/bin/python bench/pipeline/scans.py

.PHONY: bench-profile
bench-profile: preflight setup ## Where a day's processor time goes, by sampling (ROWS=1000000)
	@.venv/glue/bin/python bench/pipeline/sampled.py --rows $(or $(ROWS),1000000)

##@ Cleaning

.PHONY: clean
clean: ## Remove everything that was built (the sandbox is stopped first)
	@if [ -x .venv/sandbox/bin/python ]; then $(SANDBOX) down; fi
	@rm -rf build target cdktf.out .venv
