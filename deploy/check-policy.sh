#!/bin/sh
# Holds the dependencies against deny.toml: licences, sources, bans. The tool is built once into target/tools.
set -eu
cd "$(dirname "$0")/.."
version=0.20.2
tool=target/tools/bin/cargo-deny
if ! "$tool" --version 2>/dev/null | grep -q " $version\$"; then
    printf 'check-policy: building cargo-deny %s (once)\n' "$version" >&2
    cargo install --quiet --locked --root target/tools --target-dir target/tools/build --version "=$version" cargo-deny
    rm -rf target/tools/build
fi
# What other systems than this one would build is looked at too, and on a new machine was never fetched.
cargo fetch --quiet --locked
exec "$tool" --offline --log-level error check bans licenses sources
