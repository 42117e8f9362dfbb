use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    #[entity(belongs_to = Category)]
    pub category_id: Uuid,
}

#[derive(Debug, Clone)]
pub struct Category;

fn main() {}
