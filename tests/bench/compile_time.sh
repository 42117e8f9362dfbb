#!/usr/bin/env bash
# What an entity costs a developer: milliseconds of incremental `cargo check` and lines of expansion, per ten-field
# entity, in crates of 1, 10 and 50 entities. The budget is 150 ms and 300 lines. Wall clock needs a quiet machine; the
# CPU time of the same run (user and system, of cargo and rustc) says what a busy one would have taken.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$root/target}" CARGO_INCREMENTAL=1

# A crate of $1 entities.
generate() {
    mkdir -p "$work/$1/src"
    cp "$root/Cargo.lock" "$work/$1/Cargo.lock"
    cat > "$work/$1/Cargo.toml" <<END
[package]
name = "entities-$1"
version = "0.1.0"
edition = "2024"

[dependencies]
framework = { path = "$root/framework" }

[profile.dev]
debug = "line-tables-only"

[workspace]
END
    : > "$work/$1/src/lib.rs"
    entity=0
    while [ "$entity" -lt "$1" ]; do
        entity=$((entity + 1))
        echo "pub mod entity_$entity;" >> "$work/$1/src/lib.rs"
        {
            echo 'use framework::{Entity, Uuid};'
            echo '#[derive(Debug, Clone, PartialEq, Entity)]'
            echo "pub struct Thing$entity {"
            echo '    #[entity(id)]'
            echo '    pub id: Uuid,'
            for field in 1 2 3 4 5 6 7 8 9; do
                echo '    #[entity(filter, sort)]'
                echo "    pub field_$field: String,"
            done
            echo '}'
        } > "$work/$1/src/entity_$entity.rs"
    done
}

# Milliseconds of wall clock and of CPU to check the crate of $1 entities again after every entity changed: the median
# of five by wall clock.
measure() {
    cd "$work/$1"
    cargo check --quiet
    for run in 1 2 3 4 5; do
        for file in src/*.rs; do
            sed -i "s/field_9.*:/field_9_$run:/" "$file"
            echo "// Edit $run." >> "$file"
        done
        TIMEFORMAT='%3R %3U %3S'
        { time cargo check --quiet; } 2>&1 | tail -1 |
            awk '{ printf "%d %d\n", $1 * 1000, ($2 + $3) * 1000 }'
    done | sort -n | sed -n 3p
}

lines=$(cd "$root" && cargo test --quiet -p macros a_ten_field_entity -- --nocapture | sed -n 's/^expansion: \([0-9]*\) lines$/\1/p')
generate 0
read -r empty empty_cpu <<< "$(measure 0)"
row='%8s %10s %10s %14s %14s %16s\n'
# shellcheck disable=SC2059 # the format is above
{
    printf "$row" entities 'check, ms' 'CPU, ms' 'ms per entity' 'CPU per entity' 'lines per entity'
    printf "$row" 0 "$empty" "$empty_cpu" - - -
    for count in 1 10 50; do
        generate "$count"
        read -r total cpu <<< "$(measure "$count")"
        printf "$row" "$count" "$total" "$cpu" "$(((total - empty) / count))" "$(((cpu - empty_cpu) / count))" "$lines"
    done
}
