use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: Option<Uuid>,
    pub sku: String,
}

fn main() {}
