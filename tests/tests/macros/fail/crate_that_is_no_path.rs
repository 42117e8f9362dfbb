use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
#[entity(crate = "not a path")]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    pub name: String,
}

fn main() {}
