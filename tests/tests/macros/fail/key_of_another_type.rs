use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    #[entity(belongs_to = Category)]
    pub category_id: String,
}

#[derive(Debug, Clone, Entity)]
pub struct Category {
    #[entity(id)]
    pub id: Uuid,
}

fn main() {}
