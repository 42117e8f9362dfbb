//! Entities written by hand, with every kind of field and every kind of link.

use framework::domain::entity::{DecodeError, Entity};
use framework::domain::schema::{
    EntitySchema, EnumSchema, FieldSchema, Kind, Link, OnDelete, Options, Reference,
    RelationSchema, Roles,
};
use framework::domain::value::{Row, Value};
use uuid::Uuid;

const fn field(name: &'static str, kind: Kind) -> FieldSchema {
    FieldSchema::new(name, kind)
}

const fn nullable(name: &'static str, kind: Kind) -> FieldSchema {
    let mut field = FieldSchema::new(name, kind);
    field.nullable = true;
    field
}

const fn unique(name: &'static str, column: &'static str, kind: Kind) -> FieldSchema {
    let mut field = FieldSchema::new(name, kind);
    field.unique = true;
    field.column = column;
    field.rules.max_length = Some(64);
    field
}

const fn key(
    name: &'static str,
    target: fn() -> &'static EntitySchema,
    on_delete: OnDelete,
    null: bool,
) -> FieldSchema {
    let mut field = FieldSchema::new(name, Kind::Uuid);
    field.nullable = null;
    field.reference = Some(Reference { target, on_delete });
    field
}

const NO_ROLES: Roles = Roles {
    id: 0,
    created_at: None,
    updated_at: None,
    deleted_at: None,
    version: None,
    owner: None,
    tenant: None,
};

static STATUS: EnumSchema =
    EnumSchema { name: "Status", doc: "", variants: &[("draft", ""), ("live", ""), ("it's", "")] };

static ITEM_FIELDS: [FieldSchema; 23] = [
    field("id", Kind::Uuid),
    unique("code", "order", Kind::Text), // an SQL keyword as the column
    nullable("title", Kind::Text),
    field("flag", Kind::Bool),
    nullable("maybe", Kind::Bool),
    field("tiny", Kind::Int { bits: 8, signed: true }),
    nullable("count", Kind::Int { bits: 32, signed: true }),
    field("big", Kind::Int { bits: 64, signed: true }),
    nullable("ratio", Kind::Float { bits: 64 }),
    field("single", Kind::Float { bits: 32 }),
    field("price", Kind::Decimal { precision: 12, scale: 2 }),
    nullable("discount", Kind::Decimal { precision: 18, scale: 4 }),
    field("status", Kind::Enum(&STATUS)),
    nullable("day", Kind::Date),
    field("hour", Kind::Time),
    field("local", Kind::DateTime),
    nullable("seenAt", Kind::Instant),
    nullable("blob", Kind::Bytes),
    nullable("meta", Kind::Json),
    field("labels", Kind::List(&Kind::Text)),
    key("categoryId", category, OnDelete::SetNull, true),
    nullable("deletedAt", Kind::Instant),
    field("version", Kind::Int { bits: 64, signed: true }),
];

pub(crate) const ITEM_ID: usize = 0;
pub(crate) const ITEM_CODE: usize = 1;
pub(crate) const ITEM_TITLE: usize = 2;
pub(crate) const ITEM_COUNT: usize = 6;
pub(crate) const ITEM_BIG: usize = 7;
pub(crate) const ITEM_CATEGORY: usize = 20;
pub(crate) const ITEM_DELETED_AT: usize = 21;
pub(crate) const ITEM_VERSION: usize = 22;

static ITEM: EntitySchema = EntitySchema {
    name: "Item",
    plural: "items",
    table: "items",
    doc: "",
    fields: &ITEM_FIELDS,
    relations: &[
        RelationSchema {
            name: "category",
            doc: "",
            target: category,
            link: Link::BelongsTo { field: ITEM_CATEGORY },
            owned: false,
        },
        RelationSchema {
            name: "notes",
            doc: "",
            target: note,
            link: Link::HasMany { key: "itemId" },
            owned: false,
        },
        RelationSchema {
            name: "tags",
            doc: "",
            target: category,
            link: Link::ManyToMany { via: tagging, source: "itemId", target: "categoryId" },
            owned: false,
        },
    ],
    roles: Roles { deleted_at: Some(ITEM_DELETED_AT), version: Some(ITEM_VERSION), ..NO_ROLES },
    unique: &[],
    options: Options::DEFAULT,
};

static CATEGORY_FIELDS: [FieldSchema; 4] = [
    field("id", Kind::Uuid),
    unique("name", "name", Kind::Text),
    key("parentId", category, OnDelete::Restrict, true),
    nullable("deletedAt", Kind::Instant),
];

static CATEGORY: EntitySchema = EntitySchema {
    name: "Category",
    plural: "categories",
    table: "categories",
    doc: "",
    fields: &CATEGORY_FIELDS,
    relations: &[
        RelationSchema {
            name: "items",
            doc: "",
            target: item,
            link: Link::HasMany { key: "categoryId" },
            owned: false,
        },
        RelationSchema {
            name: "parent",
            doc: "",
            target: category,
            link: Link::BelongsTo { field: 2 },
            owned: false,
        },
    ],
    roles: Roles { deleted_at: Some(3), ..NO_ROLES },
    unique: &[],
    options: Options::DEFAULT,
};

static NOTE_FIELDS: [FieldSchema; 3] = [
    field("id", Kind::Uuid),
    key("itemId", item, OnDelete::Cascade, false),
    field("text", Kind::Text),
];

static NOTE: EntitySchema = EntitySchema {
    name: "Note",
    plural: "notes",
    table: "notes",
    doc: "",
    fields: &NOTE_FIELDS,
    relations: &[RelationSchema {
        name: "item",
        doc: "",
        target: item,
        link: Link::BelongsTo { field: 1 },
        owned: false,
    }],
    roles: NO_ROLES,
    unique: &[&[1, 2]],
    options: Options::DEFAULT,
};

static TAGGING_FIELDS: [FieldSchema; 3] = [
    field("id", Kind::Uuid),
    key("itemId", item, OnDelete::Cascade, false),
    key("categoryId", category, OnDelete::Restrict, false),
];

static TAGGING: EntitySchema = EntitySchema {
    name: "Tagging",
    plural: "taggings",
    table: "taggings",
    doc: "",
    fields: &TAGGING_FIELDS,
    relations: &[],
    roles: NO_ROLES,
    unique: &[],
    options: Options::DEFAULT,
};

pub(crate) fn item() -> &'static EntitySchema {
    &ITEM
}

pub(crate) fn category() -> &'static EntitySchema {
    &CATEGORY
}

pub(crate) fn note() -> &'static EntitySchema {
    &NOTE
}

pub(crate) fn tagging() -> &'static EntitySchema {
    &TAGGING
}

/// Every entity, in an order that the stores must not rely on.
pub(crate) fn all() -> [&'static EntitySchema; 4] {
    [tagging(), note(), item(), category()]
}

/// An id that is the same in every run and sorts by its number.
pub(crate) fn id(number: u64) -> Value {
    Value::Uuid(Uuid::from_u128(u128::from(number) << 32 | 7))
}

pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

pub(crate) fn category_row(number: u64, name: &str, parent: Value) -> Row {
    vec![id(number), text(name), parent, Value::Null]
}

/// An item with plain values; tests change what they are about.
pub(crate) fn item_row(number: u64, code: &str) -> Row {
    let day = chrono::NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
    let local = day.and_hms_micro_opt(12, 30, 0, 123_456).unwrap();
    vec![
        id(number),
        text(code),
        Value::Null,
        Value::Bool(true),
        Value::Null,
        Value::Int(-128),
        Value::Null,
        Value::Int(9_007_199_254_740_991),
        Value::Float(0.1),
        Value::Float(f64::from(1.1_f32)),
        Value::Decimal("1234567890.12".parse().unwrap()),
        Value::Null,
        text("it's"),
        Value::Date(day),
        Value::Time(local.time()),
        Value::DateTime(local),
        Value::Instant(local.and_utc()),
        Value::Bytes(vec![0, 255, 7]),
        Value::Json(Box::new(serde_json::json!({"b": [1, null], "a": "é"}))),
        Value::Json(Box::new(serde_json::json!(["x", "y'"]))),
        Value::Null,
        Value::Null,
        Value::Int(1),
    ]
}

/// The typed form of a category, for what needs an entity.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Category {
    pub(crate) id: Uuid,
    pub(crate) row: Row,
}

impl Entity for Category {
    type Id = Uuid;

    fn schema() -> &'static EntitySchema {
        category()
    }

    fn id(&self) -> &Uuid {
        &self.id
    }

    fn value(&self, position: usize) -> Value {
        self.row.get(position).cloned().unwrap_or(Value::Null)
    }

    fn into_row(self) -> Row {
        self.row
    }

    fn from_row(row: Row) -> Result<Self, DecodeError> {
        let id = match row.first() {
            Some(Value::Uuid(id)) => *id,
            _ => Uuid::nil(),
        };
        Ok(Self { id, row })
    }
}
