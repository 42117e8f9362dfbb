//! The entities that the suite looks at.

use framework::{
    Bytes, DateTime, Decimal, Entity, EntityEnum, Json, NaiveDate, NaiveDateTime, NaiveTime, Utc,
    Uuid, ValueObject,
};

/// A product offered in the shop.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(
    table = "products",
    events,
    cache(ttl = "5m"),
    require_if_match,
    limit(default = 10, max = 50),
    unique(sku, name),
    has_many(reviews: Review, key = "product_id"),
    many_to_many(tags: Tag, via = ProductTag)
)]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    /// Stock keeping unit.
    #[entity(unique, filter, sort, search, length(1..=64), pattern = "^[A-Z0-9-]+$", example = "SKU-1")]
    pub sku: String,
    #[entity(rename = "displayName", column = "title", length(..=200))]
    pub name: String,
    pub description: Option<String>,
    #[entity(range(0..=100), default = 3)]
    pub rating: i32,
    #[entity(filter(eq, in), default = Status::Open)]
    pub status: Status,
    #[entity(decimal(precision = 12, scale = 2), range(0..), example = 9.5)]
    pub price: Decimal,
    #[entity(belongs_to = Category, filter, on_delete = "set_null")]
    pub category_id: Option<Uuid>,
    #[entity(hidden)]
    pub note: Option<String>,
    #[entity(immutable)]
    pub contact: Option<Email>,
    #[entity(created_at)]
    pub created_at: DateTime<Utc>,
    #[entity(updated_at)]
    pub updated_at: DateTime<Utc>,
    #[entity(deleted_at)]
    pub deleted_at: Option<DateTime<Utc>>,
    #[entity(version)]
    pub version: i64,
    #[entity(tenant)]
    pub tenant: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Entity)]
pub struct Category {
    #[entity(id(client))]
    pub id: Uuid,
    #[entity(belongs_to(Category, as = parent))]
    pub parent_id: Option<Uuid>,
    pub r#type: String,
}

#[derive(Debug, Clone, PartialEq, Entity)]
pub struct Review {
    #[entity(id)]
    pub id: Uuid,
    #[entity(belongs_to = Product, on_delete = "cascade")]
    pub product_id: Uuid,
}

#[derive(Debug, Clone, PartialEq, Entity)]
pub struct Tag {
    #[entity(id(client))]
    pub id: String,
}

#[derive(Debug, Clone, PartialEq, Entity)]
pub struct ProductTag {
    #[entity(id)]
    pub id: Uuid,
    #[entity(belongs_to = Product)]
    pub product_id: Uuid,
    #[entity(belongs_to = Tag)]
    pub tag_id: String,
}

#[derive(Debug, Clone, PartialEq, Entity)]
pub struct Order {
    #[entity(id)]
    pub id: Uuid,
    pub remark: Option<String>,
    #[entity(owned, key = "order_id")]
    pub lines: Vec<OrderLine>,
}

#[derive(Debug, Clone, PartialEq, Entity)]
pub struct OrderLine {
    #[entity(id)]
    pub id: Uuid,
    #[entity(owned_by = Order)]
    pub order_id: Uuid,
    pub quantity: u32,
}

/// Every type that a column can hold.
#[derive(Debug, Clone, PartialEq, Entity)]
pub struct Everything {
    #[entity(id)]
    pub id: Uuid,
    pub truth: bool,
    pub tiny: i8,
    pub small: i16,
    pub middle: i32,
    pub large: i64,
    pub byte: u8,
    pub word: u16,
    pub double_word: u32,
    pub quad_word: u64,
    pub single: f32,
    pub double: f64,
    pub exact: Decimal,
    pub text: String,
    pub date: NaiveDate,
    pub time: NaiveTime,
    pub date_time: NaiveDateTime,
    pub instant: DateTime<Utc>,
    pub bytes: Bytes,
    pub json: Json,
    pub list: Vec<String>,
    pub maybe_list: Option<Vec<i64>>,
    pub state: Status,
    pub mail: Email,
}

/// Where a product stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EntityEnum)]
pub enum Status {
    /// To be bought.
    Open,
    InStock,
    #[entity_enum(rename = "gone")]
    SoldOut,
}

/// An e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, ValueObject)]
#[value_object(length(3..=254), format = "email", check = no_plus)]
pub struct Email(String);

fn no_plus(text: &str) -> Result<(), &'static str> {
    if text.contains('+') { Err("an address has no plus") } else { Ok(()) }
}
