#!/bin/sh
# Measures which lines of the rules, use cases and SQL the tests run. The tool is built once into target/tools and needs no
# component of the toolchain. What is not covered is listed with its reason in docs/coverage.md.
set -eu
cd "$(dirname "$0")/.."
sh deploy/install-debian.sh test
version=0.37.5
tool=target/tools/bin/cargo-tarpaulin
if ! "$tool" --version 2>/dev/null | grep -q " $version\$"; then
    printf 'coverage: building cargo-tarpaulin %s (once)\n' "$version" >&2
    cargo install --quiet --locked --root target/tools --target-dir target/tools/build --version "=$version" cargo-tarpaulin
    rm -rf target/tools/build
fi
exec "$tool" tarpaulin --engine llvm --skip-clean --target-dir target/coverage --timeout 600 \
    -p foundation -p tenancy -p accounting -p ticketing -p platform-api \
    --include-files 'foundation/src/*' 'tenancy/src/*' 'accounting/src/*' 'ticketing/src/*' \
    --exclude-files '*/tests.rs' '*_tests.rs' \
    --out Stdout
