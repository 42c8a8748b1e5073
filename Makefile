# Each target is one call of wsgi.py, which works without make too: python wsgi.py run
PYTHON ?= python3

run:  ## Serve Stipple on http://localhost:8000 (HOST=0.0.0.0: on the network, over TLS)
	@$(PYTHON) wsgi.py run

demo:  ## The same with a sample clinic; who may sign in stands in instance/demo.json
	@$(PYTHON) wsgi.py demo

test:  ## Format, lint, types, imports, catalogue and every test not marked long
	@$(PYTHON) wsgi.py test

long:  ## The long tests, with a printed seed (ROUNDS=full for the full counts)
	@$(PYTHON) wsgi.py long

check:  ## The static part of `make test` alone
	@$(PYTHON) wsgi.py check

bench:  ## Time the main path; prints a table and writes instance/bench.json
	@$(PYTHON) wsgi.py bench

help:  ## This list
	@$(PYTHON) wsgi.py help

.PHONY: run demo test long check bench help
.DEFAULT_GOAL := help
