# make run | dev | test | faults | check | coverage | audit | bench | trainer | backup | restore FILE=…
# PORT, DATA_DIR and SITE_URL may be set: make run PORT=9000

PORT ?= 8000
DATA_DIR ?= data
SITE_URL ?= http://127.0.0.1:$(PORT)
export PORT DATA_DIR SITE_URL
# One memory arena for all threads. glibc would keep one per thread, and the memory an upload took.
export MALLOC_ARENA_MAX ?= 1

PYTHON ?= python3
PY := .venv/bin/python
MANAGE := $(PY) manage.py
WORKERS ?= 2
# Installs a Debian package, as root.
INSTALL := apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	apt-get install -y -qq --no-install-recommends

.PHONY: run dev test faults check coverage audit bench trainer site backup restore doctor lock

run: site
	@echo "Serving $(SITE_URL) — stop with Ctrl+C"
	@$(MANAGE) clock & clock=$$!; trap 'kill $$clock' EXIT; \
	.venv/bin/gunicorn config.wsgi --bind 127.0.0.1:$(PORT) --workers $(WORKERS) \
		--worker-class gthread --threads 8 --log-level warning

dev: site .venv/dev
	DEBUG=1 $(MANAGE) runserver 127.0.0.1:$(PORT)

trainer: site
	@$(MANAGE) trainer

# Everything a served site needs. Each step does nothing when it is up to date.
site: .venv/site $(DATA_DIR)/secret-key
	@umask 077 && $(MANAGE) backup --before-upgrade && $(MANAGE) migrate --verbosity 0
	@$(MANAGE) roles
	@$(MANAGE) load_starter
	@$(MANAGE) complete_pictures
	@$(MANAGE) rebuild_search --if-needed
	@$(MANAGE) collectstatic --noinput --verbosity 0
	@$(MANAGE) trainer --first-run

backup: .venv/site
	@$(MANAGE) backup

# The backup contains the secret key; until it is restored any value will do.
restore: .venv/site
	@test -n "$(FILE)" || { echo "Say which: make restore FILE=…"; exit 2; }
	@SECRET_KEY=$${SECRET_KEY:-restoring} $(MANAGE) restore "$(FILE)" $(if $(OVERWRITE),--overwrite)
	@$(MAKE) --no-print-directory site

doctor: .venv/site
	@$(MANAGE) doctor

test: .venv/dev browser check
	$(PY) -m pytest -n 2 --dist worksteal

# Slow tests: kills, full disks, real web servers, what goes wrong on real machines. Then every test
# that uses the database, on PostgreSQL.
faults: .venv/dev browser servers
	$(PY) -m pytest -m faults -n 2
	$(PY) -m tests.postgresql -m "not browser" -n 2 --dist worksteal

check: .venv/dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/djade --check --target-version 5.2 $$(git ls-files 'templates/*.html')
	.venv/bin/mypy .
	SECRET_KEY=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(50))') \
		DATA_DIR=$$(mktemp -d) SITE_URL=https://example.com \
		sh -c '$(MANAGE) makemigrations --check --dry-run && $(MANAGE) check --deploy --fail-level WARNING'

# Branch coverage of the application's code by make test and by what depends on the database, on
# PostgreSQL. The picture worker counts as not covered: coverage cannot enter its empty environment.
coverage: .venv/dev browser
	.venv/bin/coverage erase
	.venv/bin/coverage run -m pytest -n 2 --dist worksteal
	.venv/bin/coverage run -m tests.postgresql -m "database and not browser" -n 2
	.venv/bin/coverage combine -q
	.venv/bin/coverage report

# Lists known vulnerabilities in the site's packages.
audit: .venv/dev
	@$(PY) requirements/audit.py

# wrk generates the load on this machine.
bench: .venv/dev
	@command -v wrk >/dev/null || { $(INSTALL) wrk; }
	$(PY) bench/all.py

.venv/site: requirements/site.txt
	@test -x $(PY) || $(PYTHON) -m venv .venv
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

.venv/dev: requirements/dev.txt .venv/site
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(DATA_DIR)/secret-key:
	@mkdir -p $(DATA_DIR) && umask 077 && \
		$(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(50))' > $@

# The browser of the tests. Set CHROMIUM to use another one.
CHROMIUM ?= /usr/bin/chromium
export CHROMIUM
.PHONY: browser
browser:
	@test -x $(CHROMIUM) || { $(INSTALL) chromium; }

# The web servers and systemd tools of the fault tests.
.PHONY: servers
servers:
	@test -x /usr/sbin/nginx || { $(INSTALL) nginx-light; }
	@command -v caddy >/dev/null || { $(INSTALL) caddy; }
	@command -v systemd-analyze >/dev/null || { $(INSTALL) systemd; }

# Rewrites the lock files after a change to pyproject.toml. Needs uv.
LOCK := uv pip compile --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
	--no-annotate --universal --python-version 3.11
lock:
	$(LOCK) pyproject.toml -o requirements/site.txt
	$(LOCK) pyproject.toml --group dev -o requirements/dev.txt
	$(LOCK) pyproject.toml --extra postgresql -o requirements/postgresql.txt
	$(LOCK) pyproject.toml --extra s3 -o requirements/s3.txt
