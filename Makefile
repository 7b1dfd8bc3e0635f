SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test lint audit generate web bench bench-scale prove prove-walls soak attack faults build clean

help: ## Prints this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' Makefile | while IFS=$$'\t' read -r name text; do printf '  make %-12s %s\n' "$$name" "$$text"; done

run: ## Serves on 127.0.0.1:8080 with a private PostgreSQL in .data and a demo
	@if [[ -n "$${DATABASE_URL:-}$${TENANTRY_OWNER_DATABASE_URL:-}" ]]; then scripts/need node; else scripts/need postgresql node; fi
	@$(MAKE) --no-print-directory build
	@exec bin/tenantry serve

build: web ## Builds bin/tenantry with the web page in it
	@echo Building bin/tenantry
	@mkdir -p bin
	@go build -trimpath -o bin/tenantry .

web: ## Builds the web page if its sources changed
	@scripts/need node
	@cd web; mkdir -p dist; touch dist/.gitkeep; \
	sum=$$(find . \( -path ./node_modules -o -path ./dist -o -path ./e2e -o -name '*.go' \) -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 cat | cksum); \
	if [[ ! -f dist/index.html || "$$(cat node_modules/.built 2>/dev/null || true)" != "$$sum" ]]; then \
	  echo 'Building the web page'; \
	  ../scripts/with-node npm ci --no-audit --no-fund --loglevel=error; \
	  ../scripts/with-node npm run build --silent -- --logLevel warn; \
	  touch dist/.gitkeep; \
	  printf '%s\n' "$$sum" >node_modules/.built; \
	fi

generate: ## Makes the generated code anew
	@go run ./internal/generate

lint: ## Checks formatting, finds suspicious and insecure code
	@bad=$$(find . \( -name node_modules -o -name .data -o -name .git \) -prune -o -name '*.go' -print0 | xargs -0 gofmt -l); \
	if [[ -n "$$bad" ]]; then printf 'Not formatted (gofmt -w):\n%s\n' "$$bad"; exit 1; fi
	@scripts/check-migrations
	@go vet ./...
	@go tool staticcheck ./...
	@go run $(GOSEC) -quiet -exclude-generated -exclude-dir bench -exclude-dir prove -exclude-dir attack -exclude-dir faults -exclude-dir internal/process -exclude-dir internal/testdb -exclude-dir internal/testissuer -exclude-dir internal/golden -exclude-dir internal/generate ./...

# Not among go.mod's tools: these two would bring a hundred modules that nothing else needs.
GOSEC := github.com/securego/gosec/v2/cmd/gosec@v2.30.0
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0

audit: ## Looks for known holes in what the project uses, where the database of holes can be reached
	@go run $(GOVULNCHECK) ./...

test: ## Runs everything that a change must pass
	@scripts/need postgresql pgbouncer node chromium
	@$(MAKE) --no-print-directory web $(CLIENTS)
	@sum() { cat graph/generated/*.go graph/*.resolvers.go models/graphql_gen.go | cksum; }; \
	before=$$(sum); \
	$(MAKE) --no-print-directory generate; \
	[[ "$$before" == "$$(sum)" ]] || { echo 'The generated code was not current. It is now: look at it with git diff, and commit it.'; exit 1; }
	@$(MAKE) --no-print-directory lint
	@scripts/with-node go test -timeout 9m ./...

CLIENTS := clients/node_modules/.package-lock.json
$(CLIENTS): clients/package-lock.json
	@echo 'Installing the clients that are tried'
	@cd clients && ../scripts/with-node npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

bench: ## Measures the product beside hand-written handlers and PostGraphile; ARGS='-work W1' one work
	@scripts/need postgresql node
	@$(MAKE) --no-print-directory -s $(POSTGRAPHILE)
	@go run ./bench $(ARGS)

POSTGRAPHILE := bench/postgraphile/node_modules/.package-lock.json
$(POSTGRAPHILE): bench/postgraphile/package-lock.json
	@echo Installing PostGraphile
	@cd bench/postgraphile && ../../scripts/with-node --22 npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

bench-scale: ## Measures the product on two million tickets, kept in .scale for the next time (7 GB)
	@scripts/need postgresql
	@go run ./bench -scale .scale

prove: ## Compares what everybody sees, along every path of the schema, with an oracle
	@scripts/need postgresql
	@go run ./prove $(ARGS)

prove-walls: ## Takes each brick out of the walls and wants a test to fail (hours); ARGS='-sample 20' takes some
	@scripts/need postgresql
	@go run ./prove/walls $(ARGS)

soak: ## Asks random documents of a server for half an hour, and looks whether it grows
	@scripts/need postgresql
	@go run ./prove -soak 30m $(ARGS)

attack: ## Does to a server what somebody would who means it harm, and prints what came of it
	@scripts/need postgresql
	@go run ./attack $(ARGS)

faults: ## Breaks what a server needs, under load, and prints what became of those who asked
	@scripts/need postgresql
	@go run ./faults $(ARGS)

clean: ## Removes what was built, but no data
	@rm -rf bin web/node_modules clients/node_modules bench/postgraphile/node_modules
	@find web/dist -mindepth 1 ! -name .gitkeep -delete 2>/dev/null || true
