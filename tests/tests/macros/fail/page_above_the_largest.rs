use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
#[entity(limit(default = 200, max = 100))]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    pub name: String,
}

fn main() {}
