use framework::{Entity, Json, Uuid};

#[derive(Debug, Clone, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    #[entity(sort)]
    pub detail: Json,
}

fn main() {}
