use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
pub struct Category {
    #[entity(id)]
    pub id: Uuid,
}

#[derive(Debug, Clone, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    #[entity(belongs_to = Category, on_delete = "set_null")]
    pub category_id: Uuid,
}

fn main() {}
