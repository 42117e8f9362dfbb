use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
#[entity(require_if_match)]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    pub sku: String,
}

fn main() {}
