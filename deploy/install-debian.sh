#!/bin/sh
# Installs the Debian or Ubuntu packages that Stagedoor needs, if any is missing. Needs apt-get, and root or sudo.
#   sh deploy/install-debian.sh start    what building and starting it needs
#   sh deploy/install-debian.sh test     what its tests need as well
set -eu

# postgresql: the platform's own database. curl, jq: the examples of the README. ca-certificates: calls over TLS.
# gcc, libc6-dev: the linker, and the C code in a few Rust crates.
start_packages="postgresql curl jq ca-certificates gcc libc6-dev"
# chromium, chromium-driver: the browser that plays the buyer on the payment pages.
# nodejs, npm, python3-venv: the payment provider's own clients, which try the sandbox.
test_packages="chromium chromium-driver nodejs npm python3-venv"

say() {
    printf 'install-debian: %s\n' "$*" >&2
}

is_installed() {
    # Any version's server programs will do, also those of PostgreSQL's own package archive.
    if [ "$1" = postgresql ]; then
        for initdb in /usr/lib/postgresql/*/bin/initdb; do
            [ -x "$initdb" ] && return 0
        done
        return 1
    fi
    # Where these come from elsewhere, they stay.
    case "$1" in
        nodejs) node -e 'process.exit(parseInt(process.versions.node) >= 18 ? 0 : 1)' 2>/dev/null && return 0 ;;
        npm) command -v npm >/dev/null 2>&1 && return 0 ;;
        python3-venv) python3 -c 'import ensurepip, venv' 2>/dev/null && return 0 ;;
    esac
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Debian's package makes and starts a cluster on port 5432 when it is installed; Stagedoor runs its own instead.
# A machine that has PostgreSQL's common files already keeps its ways.
prevent_default_cluster() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' postgresql-common 2>/dev/null)" = installed ] && return 0
    as_root sh -c 'mkdir -p /etc/postgresql-common/createcluster.d &&
        echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.d/stagedoor.conf'
}

case "${1-}" in
    start) packages=$start_packages ;;
    test) packages="$start_packages $test_packages" ;;
    *)
        say "say what for: sh deploy/install-debian.sh start|test"
        exit 2
        ;;
esac

missing=""
for package in $packages; do
    is_installed "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    say "this machine has no apt-get: install the equivalents of$missing by hand and run this again"
    exit 1
fi
if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null 2>&1; then
    say "neither root nor sudo: let an administrator run 'apt-get install$missing' and run this again"
    exit 1
fi

say "installing$missing (needed to build and $1 Stagedoor)"
case "$missing" in *" postgresql"*) prevent_default_cluster ;; esac
as_root apt-get update -q >&2 || say "the package lists could not be refreshed; trying with those that are here"
# shellcheck disable=SC2086 # The list is meant to be split.
if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing >&2; then
    say "apt-get could not install$missing: put right what it says above and run this again"
    exit 1
fi
