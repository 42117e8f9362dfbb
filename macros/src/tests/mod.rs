//! What the derive says to mistakes, and how much code it writes.

mod snapshots;

use proc_macro2::TokenStream;

use crate::expand::derive;

const ID: &str = "#[entity(id)] pub id: Uuid,";

/// The messages for a declaration.
fn messages(source: &str) -> Vec<String> {
    let tokens: TokenStream = source.parse().expect("tokens");
    let file: syn::File = syn::parse2(derive(tokens)).expect("an expansion is Rust");
    file.items
        .into_iter()
        .filter_map(|item| match item {
            syn::Item::Macro(found) if found.mac.path.segments.last()?.ident == "compile_error" => {
                Some(syn::parse2::<syn::LitStr>(found.mac.tokens).ok()?.value())
            }
            _ => None,
        })
        .collect()
}

#[test]
fn a_mistake_in_a_field_gives_one_message_with_the_fix() {
    for (field, expected) in [
        ("#[entity(uniqe)] a: String", "did you mean `unique`?"),
        ("#[entity(unique, unique)] a: String", "given twice"),
        ("#[entity(unique = true)] a: String", "write just `unique`"),
        ("#[entity(range(0..=1))] a: String", "write `length(…)`"),
        ("#[entity(length(0..=1))] a: i32", "write `range(…)`"),
        ("#[entity(length(-1..))] a: String", "between 0 and"),
        ("#[entity(length(5..=1))] a: String", "no value fits"),
        ("#[entity(range(0.5..=1.5))] a: i32", "write whole numbers"),
        ("#[entity(range(0..=300))] a: u8", "it holds 0 to 255"),
        ("#[entity(range(0.0..1.0))] a: f64", "write `..=`"),
        ("#[entity(range = 5)] a: i32", "write `range(0..=100)`"),
        ("#[entity(range(low..=5))] a: i32", "number literals"),
        ("#[entity(pattern = \"\\\\d\")] a: String", "write `[0-9]`"),
        ("#[entity(pattern = \"a\")] a: i32", "`pattern` is for text"),
        ("#[entity(format = \"email\")] a: bool", "`format` is for text"),
        ("#[entity(filter(contain))] a: String", "did you mean `contains`?"),
        ("#[entity(filter(contains))] a: i32", "`contains` does not fit"),
        ("#[entity(filter(isnull))] a: i32", "never null"),
        ("#[entity(filter)] a: Bytes", "remove `filter`"),
        ("#[entity(sort)] a: Json", "have no order"),
        ("#[entity(search)] a: i32", "looks into text"),
        ("#[entity(hidden)] a: String", "write `Option<String>`"),
        ("#[entity(read_only)] a: String", "write `Option<String>` or add `default = …`"),
        ("#[entity(unique, index)] a: String", "indexed already"),
        ("#[entity(hidden, example = 1)] a: Option<i32>", "remove `example`"),
        ("#[entity(version, immutable)] a: i64", "remove `immutable`"),
        ("#[entity(version, write_only)] a: i64", "remove `write_only`"),
        ("#[entity(tenant, write_only)] a: String", "remove `write_only`"),
        ("#[entity(owner, immutable)] a: Uuid", "remove `immutable`"),
        ("#[entity(owned_by = Other, immutable)] a_id: Uuid", "the aggregate sets this field"),
        ("#[entity(owner)] a: i64", "callers are named by `String` or `Uuid`"),
        ("#[entity(tenant)] a: Option<bool>", "callers are named by `String` or `Uuid`"),
        ("#[entity(format = \"emial\")] a: String", "did you mean `email`?"),
        ("#[entity(format = \"url\")] a: String", "did you mean `uri`?"),
        ("#[entity(default = 11, range(..=10))] a: i32", "refuse this default"),
        ("#[entity(range(0..=10), default = -1.5)] a: f64", "refuse this default"),
        ("#[entity(length(..=3), default = \"lamp\")] a: String", "refuse this default"),
        (
            "#[entity(example = \"one\")] a: i32",
            "clients do not write a value of this field like this",
        ),
        ("#[entity(example = 1.5)] a: i32", "clients do not write a value of this field like this"),
        (
            "#[entity(example = 1)] a: String",
            "clients do not write a value of this field like this",
        ),
        (
            "#[entity(example = \"a\")] a: Vec<String>",
            "clients do not write a value of this field like this",
        ),
        (
            "#[entity(owned, rename = \"line-items\")] a: Vec<Child>",
            "must start with an ASCII letter",
        ),
        ("#[entity(owned, rename = \"sort\")] a: Vec<Child>", "means something else"),
        ("#[entity(version, default = 1)] a: i64", "the framework sets this field"),
        ("#[entity(belongs_to = Other, index)] a_id: Uuid", "indexed already"),
        ("#[entity(hidden, filter)] a: Option<String>", "would reveal"),
        ("#[entity(hidden, read_only)] a: Option<String>", "contradicts"),
        ("#[entity(default = 3)] a: String", "this literal is no `String`"),
        ("#[entity(example = [1])] a: i32", "an example is a literal"),
        ("#[entity(decimal(precision = 30))] a: Decimal", "1 to 18 digits"),
        ("#[entity(decimal(precision = 3))] a: i32", "`decimal` is for"),
        ("#[entity(version)] a: i32", "is `i64`"),
        ("#[entity(created_at)] a: String", "is `DateTime<Utc>`"),
        ("#[entity(deleted_at)] a: DateTime<Utc>", "Option<DateTime<Utc>>"),
        ("#[entity(version, owner)] a: i64", "a field has one role"),
        ("#[entity(id)] a: Uuid", "already the role of `id`"),
        ("#[entity(belongs_to = Other)] other: Uuid", "call the field `other_id`"),
        ("#[entity(on_delete = \"cascade\")] a: Uuid", "goes with `belongs_to"),
        (
            "#[entity(belongs_to = Other, on_delete = \"cascad\")] a_id: Uuid",
            "did you mean `cascade`",
        ),
        (
            "#[entity(belongs_to = Other, on_delete = \"set_null\")] a_id: Uuid",
            "write `Option<Uuid>`",
        ),
        ("#[entity(owned)] a: Child", "write `Vec<Child>`"),
        ("limit: i32", "means something else"),
        ("a__b: i32", "write one underscore"),
        ("#[entity(rename = \"id\")] a: i32", "already the wire name"),
        ("#[entity(column = \"id\")] a: i32", "already the column"),
        ("#[entity(column = \"ID\")] a: i32", "already the column"),
        ("a: usize", "write `u32` or `u64`"),
        ("a: Vec<u8>", "raw bytes are `Bytes`"),
        ("a: &'static str", "write `String`"),
        ("a: DateTime<Local>", "write `DateTime<Utc>`"),
        ("a: Option<Option<i32>>", "remove the inner one"),
        ("a: (i32, i32)", "one field per part"),
    ] {
        let found = messages(&format!("pub struct Thing {{ {ID} {field} }}"));
        assert!(found.len() == 1 && found[0].contains(expected), "{field}: {found:?}");
    }
}

#[test]
fn a_mistake_in_an_entity_gives_one_message_with_the_fix() {
    for (source, expected) in [
        ("struct Thing { a: i32 }".to_owned(), "add `#[entity(id)] id: Uuid`"),
        ("struct Thing { #[entity(id)] id: i64 }".to_owned(), "`id(client)`"),
        ("struct Thing { #[entity(id)] id: Option<Uuid> }".to_owned(), "remove the `Option`"),
        ("struct Thing(i32);".to_owned(), "names its fields"),
        ("struct Thing<T> { a: T }".to_owned(), "cannot be generic"),
        ("enum Thing { A }".to_owned(), "EntityEnum"),
        (format!("#[entity(tabel = \"x\")] struct Thing {{ {ID} }}"), "did you mean `table`?"),
        (
            format!("#[entity(require_idempotency_kye)] struct Thing {{ {ID} }}"),
            "did you mean `require_idempotency_key`?",
        ),
        (format!("#[entity(cache(ttl = \"5\"))] struct Thing {{ {ID} }}"), "such as `30s`"),
        (
            format!("#[entity(limit(default = 9, max = 5))] struct Thing {{ {ID} }}"),
            "above the largest",
        ),
        (
            format!("#[entity(unique(id, nme))] struct Thing {{ {ID} name: String }}"),
            "did you mean `name`?",
        ),
        (
            format!("#[entity(unique(id, name, id))] struct Thing {{ {ID} name: String }}"),
            "name it once",
        ),
        (
            format!(
                "#[entity(unique(id, name), unique(name, id))] struct Thing {{ {ID} name: String }}"
            ),
            "given already",
        ),
        (format!("#[entity(table = \"my things\")] struct Thing {{ {ID} }}"), "ASCII letters"),
        (format!("#[entity(table = \"SQLite_things\")] struct Thing {{ {ID} }}"), "SQLite keeps"),
        (format!("#[entity(plural = \"my:things\")] struct Thing {{ {ID} }}"), "a name in paths"),
        (format!("struct Größe {{ {ID} }}"), "write `table = \"…\"`"),
        (
            format!(
                "#[entity(many_to_many(friends: Thing, via = Friendship))] struct Thing {{ {ID} }}"
            ),
            "name its two keys",
        ),
        (
            format!(
                "#[entity(has_many(a: Other))] struct Thing {{ {ID} #[entity(rename = \"amount\")] a: i32 }}"
            ),
            "the relation `a` and the field `a` would both be `Thing::A`",
        ),
        (format!("#[entity(require_if_match)] struct Thing {{ {ID} }}"), "needs a version"),
        (format!("#[entity(many_to_many(tags: Tag))] struct Thing {{ {ID} }}"), "via = ProductTag"),
        (
            format!("#[entity(has_one(a: Other))] struct Thing {{ {ID} a: i32 }}"),
            "already the name",
        ),
    ] {
        let found = messages(&source);
        assert!(found.len() == 1 && found[0].contains(expected), "{source}: {found:?}");
    }
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let found = messages("struct Thing { #[entity(uniqe)] a: usize, #[entity(serch)] b: String }");
    assert_eq!(found.len(), 4, "{found:?}");
}

#[test]
fn a_ten_field_entity_stays_within_its_budget() {
    let fields: String =
        (0..9).map(|at| format!("#[entity(filter, sort)] field_{at}: String,")).collect();
    let code = snapshots::pretty(derive, &format!("pub struct Thing {{ {ID} {fields} }}"));
    let count = code.lines().count();
    // Read by tests/bench/compile_time.sh.
    println!("expansion: {count} lines");
    assert!(count <= 300, "{count} lines:\n{code}");
}

#[test]
fn a_renamed_framework_is_named_nowhere_else() {
    let entity = format!(
        "#[entity(crate = \"shelf\")] pub struct Thing {{ {ID} #[entity(owned)] parts: Vec<Part>, a: Option<String> }}"
    );
    let mistake = entity.replace("owned", "owner = 1");
    let value = "#[value_object(crate = \"shelf\")] pub struct Name(String);";
    let set = "#[entity_enum(crate = \"shelf\")] pub enum State { On }";
    for code in [
        snapshots::pretty(derive, &entity),
        snapshots::pretty(derive, &mistake),
        snapshots::pretty(crate::value_object::derive, value),
        snapshots::pretty(crate::entity_enum::derive, set),
    ] {
        assert!(code.contains("shelf::__private") && !code.contains("framework"), "{code}");
    }
}
