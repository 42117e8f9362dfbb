use framework::{Entity};

#[derive(Debug, Clone, Entity)]
pub struct Product {
    #[entity(id(client), default = "first")]
    pub id: String,
    pub sku: String,
}

fn main() {}
