use framework::{Bytes, Entity, Uuid};

#[derive(Debug, Clone, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    #[entity(filter)]
    pub picture: Bytes,
}

fn main() {}
