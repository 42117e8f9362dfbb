use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
pub struct Product {
    #[entity(id, hidden)]
    pub id: Uuid,
    pub sku: String,
}

fn main() {}
