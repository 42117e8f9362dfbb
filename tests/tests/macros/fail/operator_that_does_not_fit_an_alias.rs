use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    #[entity(filter(eq, contains))]
    pub value: Count,
}

type Count = i32;

fn main() {}
