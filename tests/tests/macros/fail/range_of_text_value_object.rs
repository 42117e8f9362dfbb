use framework::{Entity, Uuid, ValueObject};

#[derive(Debug, Clone, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    #[entity(range(0..=10))]
    pub value: Name,
}

#[derive(Debug, Clone, PartialEq, ValueObject)]
pub struct Name(String);

fn main() {}
