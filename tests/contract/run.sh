#!/usr/bin/env bash
# Asks the outside judges about the API and prints one table.
#
#   tests/contract/run.sh                                   the example app, on SQLite and on PostgreSQL
#   tests/contract/run.sh openapi.json                      lints a document
#   tests/contract/run.sh http://127.0.0.1:3000 [examples]  lints what a server sends, then tries the server itself
#
# EXAMPLES (200) and PHASES (all) say how long schemathesis tries. It draws new requests at every run, but for those of
# the phases examples and coverage; SEED=1 makes it draw the same ones, as far as the server's own values allow.
#
# Needs Python 3.11 with venv, curl, and for PostgreSQL its binaries. Everything else comes pinned from PyPI and npm
# into .tools, which git ignores; Node.js, too, because Debian's is older than the judges.
set -uo pipefail
cd "$(dirname "$0")" || exit 2
here=$PWD tools=$PWD/.tools out=$PWD/.tools/out
mkdir -p "$out"
export PATH=$tools/venv/bin:$PATH REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true
export NODE_PATH=$tools/node_modules npm_config_update_notifier=false

# --- tools -----------------------------------------------------------------------------------------------------------

# install MARK FILE COMMAND…: runs the command unless it has run for this very file
install() {
    local mark=$tools/$1 file=$2
    shift 2
    cmp -s "$file" "$mark" && return
    "$@" >"$out/install.log" 2>&1 || { tail -20 "$out/install.log" >&2; exit 2; }
    cp "$file" "$mark"
}
python_tools() {
    python3 -m venv --clear "$tools/venv" && "$tools/venv/bin/pip" install --quiet --requirement requirements.txt
}
node_tools() {
    cp package.json package-lock.json "$tools/" && npm ci --prefix "$tools" --no-audit --no-fund --ignore-scripts
}
install requirements.done requirements.txt python_tools
install package-lock.done package-lock.json node_tools

# --- the table -------------------------------------------------------------------------------------------------------

failed=0
table=()
# judge NAME LOG FIGURES COMMAND…: FIGURES is a regular expression for the line of the log to show
judge() {
    local name=$1 log=$out/$2.log figures=$3 started=$SECONDS verdict=pass found
    shift 3
    "$@" >"$log" 2>&1 || { verdict=FAIL failed=1; }
    found=$(grep -Eo "$figures" "$log" | tail -1 | sed 's/^ *//')
    table+=("$(printf '%-38s %-5s %4ss  %s' "$name" "$verdict" $((SECONDS - started)) "${found:-see ${log#"$here"/}}")")
    echo "${table[-1]}" >&2
}
show_table() {
    printf '\n%-38s %-5s %5s  %s\n' Judge Says Time Figures
    printf '%s\n' "${table[@]}"
    exit $failed
}

# --- judges of a document --------------------------------------------------------------------------------------------

spectral() { "$tools/node_modules/.bin/spectral" lint --fail-severity warn -r "$1" "$2"; }
redocly() { "$tools/node_modules/.bin/redocly" "$@"; }
# The score that the document has; below it something got worse. docs/decisions/ADR-010 shows why none can be 95.
score() {
    redocly score "$1" --format json >"$out/score.json" 2>/dev/null
    python examples.py --score "$out/score.json" 90
}
judge_document() { # DOCUMENT VERSION
    local document=$1 version=$2
    judge "Spectral OAS + OWASP, $version" "owasp-$version" '.*(problems|No results).*' spectral spectral-oas-owasp.yml "$document"
    judge "Spectral Zalando, $version" "zalando-$version" '.*(problems|No results).*' spectral spectral-zalando.yml "$document"
    judge "Redocly recommended-strict, $version" "redocly-$version" 'Your API description is valid.*|failed with.*' redocly lint --config redocly.yaml "$document"
    judge "openapi-spec-validator, $version" "validator-$version" '(OK|.*[Ee]rror.*)$' openapi-spec-validator "$document"
    judge "examples fit their schemas, $version" "examples-$version" '[0-9]+ examples, .*' python examples.py "$document"
}

# --- judges of a server ----------------------------------------------------------------------------------------------

base_of() { # ADDRESS: where the document says that the routes are
    local path
    path=$(python -c 'import json,sys; print(json.load(open(sys.argv[1]))["servers"][0]["url"])' "$out/openapi.json")
    case "$path" in http*) echo "$path" ;; *) echo "${1%/}$path" ;; esac
}
typescript_client() { # BASE
    local work=$out/typescript
    rm -rf "$work" && mkdir -p "$work" && cp clients/typescript/* "$work/" &&
        "$tools/node_modules/.bin/openapi-typescript" "$out/openapi.json" -o "$work/schema.ts" --default-non-nullable=false &&
        "$tools/node_modules/.bin/tsc" -p "$work" && node "$work/round_trip.ts" "$1"
}
python_client() { # BASE
    local work=$out/python
    rm -rf "$work" && mkdir -p "$work" && cp clients/python/*.py "$work/" &&
        openapi-python-client generate --path "$out/openapi.json" --output-path "$work/shop_client" --meta none &&
        python -m compileall -q "$work" && python "$work/round_trip.py" "$1"
}
try_server() { # ADDRESS NAME EXAMPLES
    schemathesis --config-file schemathesis.toml run "$out/openapi-3.2.json" --url "$(base_of "$1")" \
        --checks all --phases "${PHASES:-examples,coverage,fuzzing,stateful}" --max-examples "$3" --workers 1 --continue-on-failure \
        ${SEED:+--seed "$SEED"} --no-color
}
fetch() { # ADDRESS
    for name in openapi openapi-3.2; do
        curl --fail --silent --show-error "${1%/}/$name.json" -o "$out/$name.json" || exit 2
    done
}
# --- the example app -------------------------------------------------------------------------------------------------

started=()
stop_all() {
    for pid in "${started[@]}"; do kill "$pid" 2>/dev/null; done
    wait 2>/dev/null
    [ -n "${postgres_stop:-}" ] && eval "$postgres_stop"
    rm -rf "${place:-}"
}
free_port() { python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])'; }
start_app() { # NAME URL: prints nothing, sets address
    local port
    port=$(free_port)
    address=http://127.0.0.1:$port
    mkdir -p "$place/$1"
    (cd "$place/$1" && PORT=$port DATABASE_URL=$2 RUST_LOG=warn exec "$app") >"$out/app-$1.log" 2>&1 &
    started+=($!)
    for _ in $(seq 100); do
        curl --fail --silent "$address/readyz" >/dev/null && return
        sleep 0.2
    done
    cat "$out/app-$1.log" >&2
    exit 2
}
start_postgres() { # sets postgres_url
    local bin port as=()
    bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -1)
    [ -n "$bin" ] || { echo "PostgreSQL's binaries are missing" >&2; exit 2; }
    port=$(free_port)
    # PostgreSQL refuses to run as root.
    [ "$(id -u)" = 0 ] && as=(su postgres -s /bin/bash -c) || as=(bash -c)
    data=$("${as[@]}" "mktemp -d /tmp/contract-postgres.XXXXXX")
    "${as[@]}" "cd /tmp && $bin/initdb -D $data/data -U postgres -A trust -E UTF8 --locale=C.UTF-8 >$data/log 2>&1 &&
        $bin/pg_ctl -D $data/data -w -l $data/log -o '-p $port -h 127.0.0.1 -k $data -c fsync=off' start >/dev/null" || exit 2
    postgres_stop="${as[*]@Q} \"$bin/pg_ctl -D $data/data -m immediate stop >/dev/null; rm -rf $data\""
    postgres_url=postgres://postgres@127.0.0.1:$port/postgres
}
judge_example_app() {
    local examples=${EXAMPLES:-200}
    (cd ../.. && cargo build --quiet --locked -p example-app) || exit 2
    app=${CARGO_TARGET_DIR:-$(cd ../.. && pwd)/target}/debug/example-app
    place=$(mktemp -d)
    trap stop_all EXIT
    trap 'exit 130' INT TERM
    start_app sqlite "sqlite://$place/sqlite/shop.db?mode=rwc"
    local sqlite=$address
    start_postgres
    start_app postgres "$postgres_url"
    fetch "$sqlite"
    judge_document "$out/openapi.json" 3.1
    judge_document "$out/openapi-3.2.json" 3.2
    judge "Redocly score" score 'score .*' score "$out/openapi.json"
    for name in typescript python; do
        judge "Client in $name, SQLite" "$name-sqlite" '[0-9]+ answers.*' "${name}_client" "$(base_of "$sqlite")"
        judge "Client in $name, PostgreSQL" "$name-postgres" '[0-9]+ answers.*' "${name}_client" "$(base_of "$address")"
    done
    # One core each: a judge runs on one.
    local verdicts=$place/verdicts
    mkdir -p "$verdicts"
    for pair in "SQLite $sqlite" "PostgreSQL $address"; do
        # shellcheck disable=SC2086
        set -- $pair
        (
            trap - EXIT
            table=()
            judge "schemathesis${PHASES:+ $PHASES} ($examples), $1" "schemathesis-$1" '[0-9]+ generated.*' try_server "$2" "$1" "$examples"
            echo "$failed ${table[0]}" >"$verdicts/$1"
        ) &
        waits+=($!)
    done
    wait "${waits[@]}"
    for name in SQLite PostgreSQL; do
        read -r verdict line <"$verdicts/$name"
        [ "$verdict" = 0 ] || failed=1
        table+=("$line")
    done
}

case "${1:-}" in
    '') judge_example_app ;;
    http*)
        fetch "$1"
        judge_document "$out/openapi.json" 3.1
        judge_document "$out/openapi-3.2.json" 3.2
        judge "Redocly score" score 'score .*' score "$out/openapi.json"
        judge "schemathesis${PHASES:+ $PHASES} (${2:-200})" schemathesis '[0-9]+ generated.*' try_server "$1" server "${2:-200}"
        ;;
    *)
        cp "$OLDPWD/$1" "$out/openapi.json" 2>/dev/null || cp "$1" "$out/openapi.json" || exit 2
        judge_document "$out/openapi.json" "$(basename "$1")"
        ;;
esac
show_table
