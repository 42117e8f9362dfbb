use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    #[entity(range(1..=64))]
    pub sku: String,
}

fn main() {}
