//! What a declaration says in its schema.

use framework::Entity;
use framework::Persistent;
use framework::domain::schema::{Access, Bound, Kind, Link, OnDelete, Operator};
use framework::sea_orm::{EntityName, Iden, IdenStatic, Iterable};

use super::shop::*;

#[test]
fn options_of_the_entity_are_kept() {
    let schema = Product::schema();
    assert_eq!((schema.name, schema.table, schema.plural), ("Product", "products", "products"));
    assert_eq!(schema.doc, "A product offered in the shop.");
    assert!(schema.options.events && schema.options.require_if_match);
    assert_eq!(schema.options.cache_seconds, Some(300));
    assert_eq!((schema.options.default_limit, schema.options.max_limit), (10, 50));
    assert_eq!(schema.unique, [[1, 2]]);
}

#[test]
fn names_follow_from_the_struct() {
    assert_eq!(Category::schema().table, "categories");
    assert_eq!(
        (OrderLine::schema().table, OrderLine::schema().plural),
        ("order_lines", "order-lines")
    );
}

#[test]
fn options_of_a_field_are_kept() {
    let sku = Product::schema().field("sku").unwrap();
    assert!(sku.unique && sku.sort && sku.search && !sku.index);
    assert_eq!((sku.rules.min_length, sku.rules.max_length), (Some(1), Some(64)));
    assert_eq!(sku.rules.pattern, Some("^[A-Z0-9-]+$"));
    assert_eq!((sku.doc, sku.example), ("Stock keeping unit.", Some("\"SKU-1\"")));
    assert!(sku.filter.contains(Operator::IContains));
    let status = Product::schema().field("status").unwrap();
    assert_eq!(status.filter.iter().collect::<Vec<_>>(), [Operator::Eq, Operator::In]);
    let name = Product::schema().field("displayName").unwrap();
    assert_eq!(name.column, "title");
    let price = Product::schema().field("price").unwrap();
    assert_eq!(price.kind, Kind::Decimal { precision: 12, scale: 2 });
    assert_eq!(price.example, Some("\"9.5\""));
}

#[test]
fn a_field_keeps_the_bounds_of_its_type_where_it_says_nothing() {
    let field = Everything::schema().field("byte").unwrap();
    assert_eq!(
        (field.rules.minimum, field.rules.maximum),
        (Some(Bound::Int(0)), Some(Bound::Int(255)))
    );
    let rating = Product::schema().field("rating").unwrap();
    assert_eq!(rating.rules.maximum, Some(Bound::Int(100)));
    assert_eq!(Product::schema().field("contact").unwrap().rules.max_length, Some(254));
}

#[test]
fn access_follows_from_roles_and_options() {
    let access = |name: &str| Product::schema().field(name).unwrap().access;
    for name in ["id", "created_at", "updated_at", "deleted_at", "version", "tenant"] {
        assert_eq!(access(name), Access::READ_ONLY, "{name}");
    }
    assert_eq!(access("note"), Access::HIDDEN);
    assert_eq!(access("contact"), Access::IMMUTABLE);
    assert!(Category::schema().id().access.create);
    assert_eq!(OrderLine::schema().field("order_id").unwrap().access, Access::READ_ONLY);
}

#[test]
fn relations_name_both_ends() {
    let schema = Product::schema();
    let category = schema.relation("category").unwrap();
    assert!(matches!(category.link, Link::BelongsTo { field: 7 }));
    assert_eq!((category.target)().name, "Category");
    assert!(matches!(
        schema.relation("reviews").unwrap().link,
        Link::HasMany { key: "product_id" }
    ));
    let Link::ManyToMany { via, source, target } = schema.relation("tags").unwrap().link else {
        panic!("tags are joined by a third entity")
    };
    assert_eq!((via().name, source, target), ("ProductTag", "product_id", "tag_id"));
    let reference = schema.field("category_id").unwrap().reference.unwrap();
    assert_eq!(reference.on_delete, OnDelete::SetNull);
    assert!(Order::schema().relation("lines").unwrap().owned);
    assert_eq!(Category::PARENT.name(), "parent");
    assert_eq!(Product::CATEGORY.name(), "category");
}

#[test]
fn the_table_has_the_columns_of_the_declaration() {
    type Table = <Product as Persistent>::Table;
    assert_eq!(Table::default().table_name(), "products");
    let columns: Vec<_> = <Table as framework::sea_orm::EntityTrait>::Column::iter()
        .map(|column| column.as_str().to_owned())
        .collect();
    let declared: Vec<_> = Product::schema().fields.iter().map(|field| field.column).collect();
    assert_eq!(columns, declared);
    let raw = <<Category as Persistent>::Table as framework::sea_orm::EntityTrait>::Column::iter()
        .next_back()
        .map(|column| column.unquoted().to_owned());
    assert_eq!(raw.as_deref(), Some("type"));
}

#[test]
fn a_default_is_a_value_of_the_field() {
    let default = |name: &str| Product::schema().field(name).unwrap().default.unwrap()();
    assert_eq!(default("rating"), framework::domain::value::Value::Int(3));
    assert_eq!(default("status"), framework::domain::value::Value::Text("open".to_owned()));
}

#[test]
fn a_kind_knows_its_enum() {
    let Kind::Enum(schema) = Product::schema().field("status").unwrap().kind else {
        panic!("a status is an enum")
    };
    assert_eq!(schema.name, "Status");
    assert_eq!(schema.variants, [("open", "To be bought."), ("in_stock", ""), ("gone", "")]);
}
