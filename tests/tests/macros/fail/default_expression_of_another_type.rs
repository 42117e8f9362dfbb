use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    #[entity(default = FIRST)]
    pub sku: String,
}

const FIRST: i32 = 1;

fn main() {}
