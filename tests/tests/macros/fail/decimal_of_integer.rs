use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    #[entity(decimal(precision = 12, scale = 2))]
    pub price: i64,
}

fn main() {}
