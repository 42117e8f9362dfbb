use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    #[entity(default = 3)]
    pub sku: String,
}

fn main() {}
