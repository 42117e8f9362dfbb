use framework::{Entity, Uuid};

#[derive(Debug, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
}

fn main() {}
