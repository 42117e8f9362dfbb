use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    #[entity(belongs_to = Product, on_delete = "cascad")]
    pub parent_id: Option<Uuid>,
}

fn main() {}
