use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    #[entity(filter(contains))]
    pub rating: i32,
}

fn main() {}
