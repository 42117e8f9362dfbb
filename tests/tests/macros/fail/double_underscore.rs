use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    pub price__cents: i64,
}

fn main() {}
