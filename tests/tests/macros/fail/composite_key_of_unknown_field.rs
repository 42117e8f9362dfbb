use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
#[entity(unique(id, nme))]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    pub name: String,
}

fn main() {}
