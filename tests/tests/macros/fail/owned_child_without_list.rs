use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    #[entity(owned)]
    pub line: Line,
}

#[derive(Debug, Clone, Entity)]
pub struct Line {
    #[entity(id)]
    pub id: Uuid,
    #[entity(owned_by = Product)]
    pub product_id: Uuid,
}

fn main() {}
