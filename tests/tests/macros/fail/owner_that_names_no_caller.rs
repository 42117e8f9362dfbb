use framework::{Entity, Uuid, ValueObject};

#[derive(Debug, Clone, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    #[entity(owner)]
    pub value: Count,
}

#[derive(Debug, Clone, PartialEq, ValueObject)]
pub struct Count(i32);

fn main() {}
