use framework::{Entity};

#[derive(Debug, Clone, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: String,
    pub sku: String,
}

fn main() {}
