use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    #[entity(range(0.5..=1.5))]
    pub rating: i32,
}

fn main() {}
