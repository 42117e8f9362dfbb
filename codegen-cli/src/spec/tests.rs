//! The field language, sentence by sentence.

use super::*;

fn name() -> EntityName {
    EntityName::parse("Review", None).unwrap()
}

fn targets() -> Vec<Target> {
    let reference = Reference {
        entity: "Product".to_owned(),
        path: Some("crate::entities::product::Product".to_owned()),
        table: "products".to_owned(),
        column: "id".to_owned(),
    };
    vec![Target { reference, plural: "products".to_owned(), id_type: "Uuid".to_owned() }]
}

fn field(text: &str) -> Field {
    parse_field(text, &name(), &targets()).unwrap_or_else(|problems| panic!("{text}: {problems}"))
}

fn fixes(text: &str) -> Vec<String> {
    let problems = parse_field(text, &name(), &targets()).expect_err(text);
    problems.0.into_iter().map(|problem| problem.fix).collect()
}

#[test]
fn every_type_has_its_rust_type() {
    for (text, rust) in [
        ("string", "String"),
        ("text", "String"),
        ("email", "String"),
        ("url", "String"),
        ("bool", "bool"),
        ("i8", "i8"),
        ("u64", "u64"),
        ("int", "i64"),
        ("float", "f64"),
        ("f32", "f32"),
        ("decimal", "Decimal"),
        ("decimal(12,2)", "Decimal"),
        ("uuid", "Uuid"),
        ("date", "NaiveDate"),
        ("time", "NaiveTime"),
        ("datetime", "NaiveDateTime"),
        ("instant", "DateTime<Utc>"),
        ("timestamp", "DateTime<Utc>"),
        ("bytes", "Bytes"),
        ("json", "Json"),
        ("enum(a,b)", "X"),
        ("[string]", "Vec<String>"),
        ("[i32]", "Vec<i32>"),
    ] {
        assert_eq!(Kind::parse(text).unwrap().rust("X"), rust, "{text}");
    }
}

#[test]
fn strings_are_bounded_and_open_to_filters_unless_told_otherwise() {
    let title = field("title:string");
    assert_eq!(title.length(), Some(options::Bounds { low: Some(1), high: Some(200) }));
    assert!(title.options.filter && title.options.sort && !title.options.unique && !title.nullable);
    let body = field("body:text?");
    assert!(body.nullable && !body.options.filter && !body.options.sort);
    assert_eq!(body.length().and_then(|length| length.high), Some(10_000));
    let note = field("note:string?:hidden");
    assert!(!note.options.filter && !note.options.sort);
}

#[test]
fn references_find_their_target_and_may_be_missing() {
    let product = field("product_id:ref:Product");
    assert_eq!(product.reference.as_ref().map(|it| it.table.as_str()), Some("products"));
    assert_eq!(product.relation(), Some("product"));
    assert!(product.options.filter && !product.options.sort);
    assert!(field("product_id:ref:Product?:on_delete=set_null").nullable);
    assert!(field("parent_id:ref:Review?").reference.is_some_and(|it| it.path.is_none()));
    assert_eq!(fixes("product_id:ref:Prodct"), ["did you mean `Product`?"]);
    assert!(fixes("product_id:ref:Ghost")[0].contains("new-entity Ghost"));
    assert!(fixes("product:ref:Product")[0].contains("product_id:ref:Product"));
    assert!(fixes("product_id:ref:Product:on_delete=set_null")[0].contains("ref:Product?"));
}

#[test]
fn a_colon_inside_brackets_or_behind_a_backslash_is_part_of_the_value() {
    let code = field("code:string:pattern=^[a-z:]+$:example=a\\:b");
    assert_eq!(code.options.pattern.as_deref(), Some("^[a-z:]+$"));
    assert_eq!(code.options.example.as_deref(), Some("a:b"));
    assert_eq!(
        field("code:string:pattern=^\\+[0-9]$:example=+1").options.pattern.as_deref(),
        Some("^\\+[0-9]$")
    );
}

#[test]
fn mistakes_come_with_the_fix() {
    for (text, fix) in [
        ("title", "write `title:string` or another type"),
        ("title:strng", "did you mean `string`?"),
        ("title:varchar", "did you mean `string`?"),
        ("title:string:unqiue", "did you mean `unique`?"),
        (
            "title:string(80)",
            "write `string`; bounds are options, such as `string:length=1..=80` or `string:range=0..=9`",
        ),
        ("title:string:unique:unique", "leave one out"),
        ("title:string:range=1..=5", "range is for numbers"),
        ("rating:i32:length=1..=5", "length is for text, bytes and lists"),
        ("rating:i32:default=x", "write a whole number from -2147483648 to 2147483647"),
        ("rating:i32:range=1..=5:default=9", "write a number within 1..=5"),
        ("status:enum(draft,done):default=drft", "did you mean `draft`?"),
        ("note:string:hidden", "let it be missing (`note:type?`) or give it a start (`default=…`)"),
        (
            "price:decimal(40,2)",
            "write digits in all (1 to 18) and digits after the point, such as `decimal(12,2)`",
        ),
        (
            "code:string:pattern=^a$",
            "add one that matches: `example=…`; the documents and the tests show it",
        ),
        (
            "tags:[json]",
            "a list holds strings, numbers, booleans, uuids or dates; for anything else take `json`",
        ),
        ("data:json:filter", "filter is for plain scalars"),
    ] {
        assert_eq!(fixes(text), [fix], "{text}");
    }
    for text in [
        "rating:u8:range=0..=256",
        "rating:i32:range=5..=1",
        "rating:i32:range=..",
        "rating:i32:range=1..5",
        "title:string:length=0..=0",
        "x:enum()",
        "x:enum(A)",
        "x:enum(a,a)",
        "x:bool:default=yes",
    ] {
        assert!(!fixes(text).is_empty(), "{text}");
    }
}

#[test]
fn what_the_derive_would_refuse_is_refused() {
    for (text, fix) in [
        ("code:string:pattern=\\d+:example=1", "write `[0-9]`"),
        ("code:string:pattern=^.+$:example=a", "write a class such as `[^\\n]` or `[ -~]`"),
        ("code:string:pattern=^*:example=a", "leave it out"),
    ] {
        assert_eq!(fixes(text), [fix], "{text}");
    }
}

#[test]
fn defaults_and_examples_are_values_of_their_field() {
    for (text, fix) in [
        ("code:string:pattern=^[0-9]+$:example=x", "write one that matches ^[0-9]+$"),
        ("code:string:pattern=^[0-9]+$:default=x:example=1", "write one that matches ^[0-9]+$"),
        ("code:string:length=2..=3:example=x", "its length is outside the bounds"),
        ("mail:email:example=nobody", "write one that has the format email"),
        ("home:url:example=/here", "write one that has the format uri"),
        ("rating:i32:range=1..=5:example=9", "write a number within 1..=5"),
    ] {
        assert_eq!(fixes(text), [fix], "{text}");
    }
}

#[test]
fn options_that_the_derive_refuses_together_are_refused() {
    for (text, fix) in [
        ("pin:string?:writeonly:filter", "leave out either `writeonly` or the other options"),
        ("pin:string?:writeonly:sort", "leave out either `writeonly` or the other options"),
        ("pin:string?:writeonly:search", "leave out either `writeonly` or the other options"),
        ("pin:string?:hidden:search", "leave out either `hidden` or the other options"),
        ("pin:string?:hidden:example=x", "leave out `example`"),
        ("code:string:unique:index", "leave out `index`"),
        ("product_id:ref:Product:index", "leave out `index`"),
    ] {
        assert_eq!(fixes(text), [fix], "{text}");
    }
    assert!(field("pin:string?:hidden:pattern=^[0-9]+$").options.pattern.is_some());
}

#[test]
fn a_cache_lives_for_seconds_that_can_be_counted() {
    for (ttl, is_one) in [("49710d", true), ("99999d", false), ("0s", false), ("5", false)] {
        assert_eq!(is_duration(ttl), is_one, "{ttl}");
    }
}

#[test]
fn lists_say_nothing_about_their_items() {
    for (text, part) in [
        ("mails:[email]", "write `[string]`"),
        ("links:[url]", "write `[string]`"),
        ("prices:[decimal(12,2)]", "write `[decimal]`"),
        ("tags:[string]:example=a", "leave it out"),
        ("tags:[string]:default=a", "in the entity's file"),
        ("born:date:example=soon", "write a day, such as `2026-01-31`"),
        ("price:decimal(5,2):example=1.234", "2 of them after the point"),
    ] {
        let fixes = fixes(text);
        assert!(matches!(fixes.as_slice(), [fix] if fix.contains(part)), "{text}: {fixes:?}");
    }
    assert!(matches!(field("prices:[decimal]").kind, Kind::List(_)));
}

#[test]
fn texts_say_the_bounds_and_the_word_to_write() {
    assert_eq!(
        fixes("count:int:default=9007199254740992"),
        ["write a whole number from -9007199254740991 to 9007199254740991"]
    );
    assert_eq!(fixes("x:enum(v_2)"), ["a digit cannot follow `_`: write `v2`"]);
    assert_eq!(fixes("ratio:f32:default=1e300"), ["write a number within `f32`"]);
}

#[test]
fn all_mistakes_of_an_entity_are_reported_at_once() {
    let fields =
        ["title:strng", "id:uuid", "a__b:bool", "rating:i32", "rating:i64"].map(ToOwned::to_owned);
    let switches = Switches { cache: Some("soon".to_owned()), ..Switches::default() };
    let problems = parse(name(), &fields, switches, &[]).unwrap_err();
    let all = problems.to_string();
    for part in ["`strng`", "`id` is a role", "`a__b`", "`rating` is declared twice", "`soon`"] {
        assert!(all.contains(part), "{part} in {all}");
    }
}

#[test]
fn a_reference_and_a_field_cannot_share_a_name_on_the_wire() {
    let fields = ["product:string", "product_id:ref:Product"].map(ToOwned::to_owned);
    let problems = parse(name(), &fields, Switches::default(), &targets()).unwrap_err();
    assert!(problems.to_string().contains("`product` and `product_id`"));
}

#[test]
fn fields_and_relations_leave_the_parameters_of_lists_alone() {
    let refused = |text: &str, soft_delete: bool| {
        let switches = Switches { soft_delete, ..Switches::default() };
        parse(name(), &[text.to_owned()], switches, &targets()).is_err()
    };
    for parameter in
        ["limit", "cursor", "sort", "fields", "include", "q", "count", "offset", "filter", "not"]
    {
        assert!(refused(&format!("{parameter}:string"), false), "{parameter}");
        assert!(refused(&format!("{parameter}_id:ref:Product"), false), "{parameter}_id");
    }
    for role in ["id", "version", "created_at"] {
        assert!(refused(&format!("{role}_id:ref:Product"), false), "{role}_id");
    }
    for text in ["deleted:bool", "deleted_id:ref:Product"] {
        assert!(refused(text, true), "{text}");
        assert!(!refused(text, false), "{text} of an entity whose rows go away");
    }
}

#[test]
fn a_first_row_needs_no_other_row_of_its_entity() {
    assert_eq!(fixes("parent_id:ref:Review"), ["write `parent_id:ref:Review?`"]);
    assert!(field("parent_id:ref:Review?").nullable);
}

#[test]
fn an_enum_cannot_take_a_name_that_the_entity_needs() {
    let problems =
        parse(name(), &["view:enum(a,b)".to_owned()], Switches::default(), &[]).unwrap_err();
    assert!(problems.to_string().contains("ReviewView"));
}

#[test]
fn an_enum_cannot_take_a_name_that_its_file_imports() {
    let refused = |entity: &str, fields: &[&str], target: &str| {
        let name = EntityName::parse(entity, None).unwrap();
        let mut targets = targets();
        targets[0].reference.entity = target.to_owned();
        let fields: Vec<String> = fields.iter().map(ToString::to_string).collect();
        parse(name, &fields, Switches::default(), &targets).is_err()
    };
    assert!(refused("Review", &["kind:enum(a,b)", "of_id:ref:ReviewKind"], "ReviewKind"));
    assert!(!refused("Review", &["kind:enum(a,b)", "of_id:ref:Product"], "Product"));
    assert!(refused("Naive", &["date:enum(a,b)"], "Product"));
}

#[test]
fn a_format_whose_sample_is_too_long_wants_an_example() {
    assert!(fixes("mail:email:length=..=8")[0].contains("example="));
    assert!(fixes("home:url?:length=..=10")[0].contains("example="));
    assert!(field("mail:email:length=..=8:example=a@b.cd").options.example.is_some());
    assert!(field("mail:email:length=..=40").options.example.is_none());
}

#[test]
fn a_default_that_is_no_literal_is_written_in_the_file() {
    for text in ["price:decimal:default=1.50", "born:date:default=2026-01-31"] {
        let problems = parse_field(text, &name(), &targets()).expect_err(text);
        assert!(problems.0[0].what.contains("cannot be written here"), "{problems}");
    }
}
