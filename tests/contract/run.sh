#!/usr/bin/env bash
# Runs the outside judges over an OpenAPI document and prints one table.
#
#   tests/contract/run.sh openapi.json                      lints a document
#   tests/contract/run.sh http://127.0.0.1:3000 [examples]  lints what a server sends, then tries the server itself
set -uo pipefail
cd "$(dirname "$0")" || exit 2

source=$(case "${1:?a document or an address}" in http*|/*) echo "$1";; *) echo "$OLDPWD/$1";; esac)
examples=${2:-200}
out=.tools/out
mkdir -p "$out"

if [ ! -x .tools/node_modules/.bin/redocly ]; then
    npm install --prefix .tools --no-audit --no-fund --silent \
        @stoplight/spectral-cli@6.16.3 @stoplight/spectral-owasp-ruleset@2.0.1 \
        @baloise/spectral-rules@1.5.0 @redocly/cli@2.77.0 || exit 2
fi
if [ ! -x .tools/venv/bin/schemathesis ]; then
    python3 -m venv .tools/venv &&
        .tools/venv/bin/pip install --quiet openapi-spec-validator==0.9.0 schemathesis==4.32.5 jsonschema || exit 2
fi

document=$out/openapi.json
case "$source" in
    http*) curl --fail --silent --show-error "${source%/}/openapi.json" -o "$document" || exit 2 ;;
    *) cp "$source" "$document" || exit 2 ;;
esac

failed=0
table=()
judge() {
    local name=$1 log=$out/$2.log started=$SECONDS verdict=pass
    shift 2
    "$@" >"$log" 2>&1 || { verdict=FAIL; failed=1; }
    table+=("$(printf '%-28s %-5s %4ss  %s' "$name" "$verdict" $((SECONDS - started)) "$log")")
}

export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true NODE_PATH=$PWD/.tools/node_modules
bin=.tools/node_modules/.bin
judge "Spectral OAS + OWASP" owasp $bin/spectral lint --fail-severity warn -r spectral-oas-owasp.yml "$document"
judge "Spectral Zalando" zalando $bin/spectral lint --fail-severity warn -r spectral-zalando.yml "$document"
judge "Redocly recommended-strict" redocly $bin/redocly lint --config redocly.yaml "$document"
judge "openapi-spec-validator" validator .tools/venv/bin/openapi-spec-validator "$document"
judge "examples" examples .tools/venv/bin/python examples.py "$document"
case "$source" in
    http*)
        # The base address of the routes is what the document says, at the server that sent it.
        path=$(.tools/venv/bin/python -c 'import json,sys; print(json.load(open(sys.argv[1]))["servers"][0]["url"])' "$document")
        case "$path" in http*) base=$path ;; *) base=${source%/}$path ;; esac
        judge "schemathesis ($examples)" schemathesis .tools/venv/bin/schemathesis --config-file schemathesis.toml \
            run "$document" --url "$base" --checks all --phases examples,coverage,fuzzing,stateful \
            --max-examples "$examples" --workers 2
        ;;
esac

printf '%-28s %-5s %5s  %s\n' Judge Says Time Log
printf '%s\n' "${table[@]}"
exit $failed
