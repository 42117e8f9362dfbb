#!/bin/sh
# What an entity costs a developer: milliseconds of incremental `cargo check` and lines of expansion, per ten-field
# entity, in crates of 1, 10 and 50 entities. The budget is 150 ms and 300 lines. Run it on a quiet machine.
set -eu

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

# Milliseconds to check the crate of $1 entities again after every entity changed: the median of three.
measure() {
    cd "$work/$1"
    cargo check --quiet
    for run in 1 2 3; do
        for file in src/*.rs; do
            sed -i "s/field_9.*:/field_9_$run:/" "$file"
            echo "// Edit $run." >> "$file"
        done
        start=$(date +%s%N)
        cargo check --quiet
        echo $((($(date +%s%N) - start) / 1000000))
    done | sort -n | sed -n 2p
}

lines=$(cd "$root" && cargo test --quiet -p macros a_ten_field_entity -- --nocapture | sed -n 's/^expansion: \([0-9]*\) lines$/\1/p')
generate 0
empty=$(measure 0)
printf '%8s %10s %14s %16s\n' entities 'check, ms' 'ms per entity' 'lines per entity'
printf '%8s %10s %14s %16s\n' 0 "$empty" - -
for count in 1 10 50; do
    generate "$count"
    total=$(measure "$count")
    printf '%8s %10s %14s %16s\n' "$count" "$total" "$(((total - empty) / count))" "$lines"
done
