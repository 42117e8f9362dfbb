use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    #[entity(on_delete = "cascade")]
    pub parent_id: Uuid,
}

fn main() {}
