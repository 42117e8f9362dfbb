use framework::{DateTime, Entity, Utc, Uuid};

/// A shelf of the shop; shelves nest.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(
    table = "categories",
    cache(ttl = "10m"),
    has_many(children: Category, key = "parent_id"),
    has_many(products: crate::entities::product::Product, key = "category_id")
)]
pub struct Category {
    /// Identity, made by the server.
    #[entity(id)]
    pub id: Uuid,
    /// Name shown to customers.
    #[entity(unique, filter(eq, in, icontains), sort, search, length(1..=100), example = "Lamps")]
    pub name: String,
    /// The category above; none for a root.
    #[entity(belongs_to = Category, filter, on_delete = "restrict")]
    pub parent_id: Option<Uuid>,
    /// When the category was made.
    #[entity(created_at, sort)]
    pub created_at: DateTime<Utc>,
    /// When the category last changed.
    #[entity(updated_at, sort)]
    pub updated_at: DateTime<Utc>,
    /// Counts the changes.
    #[entity(version)]
    pub version: i64,
}
