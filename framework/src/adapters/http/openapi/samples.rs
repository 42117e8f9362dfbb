//! Sample entities for the tests of this folder: every kind, every role, relations, an owned child.

use crate::domain::schema::*;
use crate::domain::value::Value;

macro_rules! field {
    ($name:literal, $kind:expr $(, $member:ident : $value:expr)* $(,)?) => {
        {
            let mut field = FieldSchema::new($name, $kind);
            field.doc = concat!("The ", $name, ".");
            $(field.$member = $value;)*
            field
        }
    };
}

const READ: Access = Access::READ_ONLY;
const INT: Kind = Kind::Int { bits: 32, signed: true };
const LONG: Kind = Kind::Int { bits: 64, signed: true };
const MONEY: Kind = Kind::Decimal { precision: 12, scale: 2 };
const ALL: Operators = Operators(u32::MAX);

static STATUS: EnumSchema = EnumSchema {
    name: "Status",
    doc: "Whether it can be bought.",
    variants: &[("draft", "Not shown yet."), ("on_sale", "")],
};

static CATEGORY_FIELDS: [FieldSchema; 2] = [
    field!("id", Kind::Uuid, access: READ, filter: Operators::EQUALITY),
    field!("name", Kind::Text, filter: Kind::Text.operators(false), sort: true,
        rules: Rules { min_length: Some(1), max_length: Some(100), ..Rules::NONE }),
];

pub(super) static CATEGORY: EntitySchema = EntitySchema {
    name: "Category",
    plural: "categories",
    table: "categories",
    doc: "A shelf of the shop.",
    fields: &CATEGORY_FIELDS,
    relations: &[RelationSchema {
        name: "products",
        doc: "What stands on it.",
        target: || &PRODUCT,
        link: Link::HasMany { key: "category_id" },
        owned: false,
    }],
    roles: Roles::identity(0),
    unique: &[],
    options: Options::DEFAULT,
};

static PRODUCT_FIELDS: [FieldSchema; 24] = [
    field!("id", Kind::Uuid, access: READ, filter: Operators::EQUALITY),
    field!("sku", Kind::Text, filter: ALL_TEXT, sort: true, search: true, unique: true, example: Some("\"SKU-1\""),
        rules: Rules { min_length: Some(1), max_length: Some(64), pattern: Some("^[A-Z0-9-]+$"), ..Rules::NONE }),
    field!("code", Kind::Text, access: Access::IMMUTABLE,
        rules: Rules { min_length: Some(6), max_length: Some(6), pattern: Some("^(?:AB|CD)-[0-9]{3}$"), ..Rules::NONE }),
    field!("description", Kind::Text, nullable: true, filter: Operators::NULL,
        rules: Rules { max_length: Some(2000), ..Rules::NONE }),
    field!("rating", INT, filter: INT.operators(false), sort: true, default: Some(|| Value::Int(3)),
        rules: Rules { minimum: Some(Bound::Int(0)), maximum: Some(Bound::Int(100)), ..Rules::NONE }),
    field!("views", LONG, nullable: true, filter: LONG.operators(true)),
    field!("weight", Kind::Float { bits: 64 }, filter: Operators::ORDER),
    field!("score", Kind::Float { bits: 32 }, nullable: true),
    field!("price", MONEY, filter: MONEY.operators(false), sort: true,
        rules: Rules { minimum: Some(Bound::Int(0)), ..Rules::NONE }),
    field!("status", Kind::Enum(&STATUS), filter: Operators::EQUALITY, default: Some(|| Value::Text("draft".to_owned()))),
    field!("previous_status", Kind::Enum(&STATUS), nullable: true),
    field!("active", Kind::Bool, filter: Operators::EQUALITY),
    field!("sold_on", Kind::Date, nullable: true, filter: Kind::Date.operators(true)),
    field!("opens_at", Kind::Time, nullable: true, filter: Operators::ORDER),
    field!("local_time", Kind::DateTime, nullable: true, filter: Operators::ORDER),
    field!("contact", Kind::Text, rules: Rules { max_length: Some(200), format: Some("email"), ..Rules::NONE }),
    field!("thumbnail", Kind::Bytes, nullable: true, rules: Rules { max_length: Some(1000), ..Rules::NONE }),
    field!("attributes", Kind::Json, nullable: true),
    field!("tags", Kind::List(&Kind::Text), rules: Rules { max_length: Some(10), ..Rules::NONE }),
    field!("category_id", Kind::Uuid, filter: Operators::EQUALITY,
        reference: Some(Reference { target: || &CATEGORY, on_delete: OnDelete::Restrict })),
    field!("note", Kind::Text, nullable: true, access: Access::HIDDEN, filter: ALL),
    field!("created_at", Kind::Instant, access: READ, filter: Operators::ORDER, sort: true),
    field!("deleted_at", Kind::Instant, access: READ, nullable: true),
    field!("version", LONG, access: READ, rules: Rules { minimum: Some(Bound::Int(1)), ..Rules::NONE }),
];

const ALL_TEXT: Operators = Kind::Text.operators(false);

pub(super) static PRODUCT: EntitySchema = EntitySchema {
    name: "Product",
    plural: "products",
    table: "products",
    doc: "A product offered in the shop.",
    fields: &PRODUCT_FIELDS,
    relations: &[RelationSchema {
        name: "category",
        doc: "Where it stands.",
        target: || &CATEGORY,
        link: Link::BelongsTo { field: 19 },
        owned: false,
    }],
    roles: Roles {
        id: 0,
        created_at: Some(21),
        updated_at: None,
        deleted_at: Some(22),
        version: Some(23),
        owner: None,
        tenant: None,
    },
    unique: &[],
    options: Options::DEFAULT,
};

static ORDER_FIELDS: [FieldSchema; 3] = [
    field!("id", Kind::Uuid, access: READ),
    field!("reference", Kind::Text, rules: Rules { max_length: Some(40), ..Rules::NONE }),
    field!("version", LONG, access: READ),
];

pub(super) static ORDER: EntitySchema = EntitySchema {
    name: "Order",
    plural: "orders",
    table: "orders",
    doc: "What a customer wants.",
    fields: &ORDER_FIELDS,
    relations: &[RelationSchema {
        name: "lines",
        doc: "What is ordered.",
        target: || &LINE,
        link: Link::HasMany { key: "order_id" },
        owned: true,
    }],
    roles: Roles {
        id: 0,
        created_at: None,
        updated_at: None,
        deleted_at: None,
        version: Some(2),
        owner: None,
        tenant: None,
    },
    unique: &[],
    options: Options { require_if_match: true, ..Options::DEFAULT },
};

static LINE_FIELDS: [FieldSchema; 4] = [
    field!("id", Kind::Uuid, access: READ),
    field!("order_id", Kind::Uuid, access: READ,
        reference: Some(Reference { target: || &ORDER, on_delete: OnDelete::Cascade })),
    field!("product_id", Kind::Uuid, reference: Some(Reference { target: || &PRODUCT, on_delete: OnDelete::Restrict })),
    field!("quantity", INT, filter: Operators::ORDER,
        rules: Rules { minimum: Some(Bound::Int(1)), maximum: Some(Bound::Int(1000)), ..Rules::NONE }),
];

static LINE: EntitySchema = EntitySchema {
    name: "OrderLine",
    plural: "order-lines",
    table: "order_lines",
    doc: "One product of an order.",
    fields: &LINE_FIELDS,
    relations: &[],
    roles: Roles::identity(0),
    unique: &[],
    options: Options::DEFAULT,
};
