use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    pub shelf: Shelf,
}

#[derive(Debug, Clone)]
pub struct Shelf;

fn main() {}
