use framework::{Entity, ValueObject};

#[derive(Debug, Clone, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: Sku,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, ValueObject)]
pub struct Sku(String);

fn main() {}
