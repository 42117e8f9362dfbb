use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    #[entity(belongs_to = Product, on_delete = "set_null")]
    pub parent_id: Uuid,
}

fn main() {}
