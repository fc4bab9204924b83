# The daily commands. What they need from Debian's packages they install themselves and say so.
# Every recipe is one line, because each must also be readable as what to type by hand.

CARGO ?= cargo

.PHONY: start test lint bench coverage openapi clean

start:
	@sh deploy/install-debian.sh start
	@$(CARGO) build --release -p stagedoor
	@exec ./target/release/stagedoor start

test: lint
	@$(CARGO) build -p stagedoor -p stripe-sandbox
	@$(CARGO) test --workspace --no-fail-fast

lint:
	@sh deploy/install-debian.sh test
	@$(CARGO) fmt --all --check
	@$(CARGO) clippy --workspace --all-targets -- -D warnings
	@sh deploy/check-policy.sh

bench:
	@sh deploy/install-debian.sh start
	@$(CARGO) build --release -p bench
	@./target/release/bench

coverage:
	@sh deploy/coverage.sh

openapi:
	@$(CARGO) run -q -p stagedoor -- openapi > sdk-spec/openapi.json

clean:
	@$(CARGO) clean
