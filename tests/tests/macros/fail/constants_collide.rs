use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    pub priceCents: i64,
    pub price_cents: i64,
}

fn main() {}
