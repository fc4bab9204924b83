# Runs one throw-away cluster for as long as standard input stays open, then stops it and removes it. The test
# process holds the other end, which the kernel closes however that process ends.
# Arguments: the directory to make, PostgreSQL's programs, the text of postgresql.conf, the arguments of initdb.
# Says "ready" on standard output, or why not, and ends.
directory=$1 programs=$2 conf=$3
shift 3

remove() {
    trap '' HUP INT TERM
    "$programs/pg_ctl" stop -D "$directory/data" -m immediate -s -w >/dev/null 2>&1 </dev/null
    rm -rf "$directory"
}

start() {
    "$programs/initdb" "$@" -D "$directory/data" &&
        printf '%s' "$conf" >"$directory/data/postgresql.conf" &&
        "$programs/pg_ctl" start -D "$directory/data" -l "$directory/log" -s -w -t 60
}

trap '' PIPE
mkdir -m 700 "$directory" 2>&1 || exit 1
trap remove EXIT
trap 'exit 1' HUP INT TERM

if start "$@" >"$directory/said" 2>&1 </dev/null; then
    echo ready
    exec >/dev/null
    read -r _
else
    cat "$directory/said" "$directory/log" 2>/dev/null
    exit 1
fi
