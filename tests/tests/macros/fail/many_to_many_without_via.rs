use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
#[entity(many_to_many(parts: Product))]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    pub sku: String,
}

fn main() {}
