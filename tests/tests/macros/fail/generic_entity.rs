use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
pub struct Product<T> {
    #[entity(id)]
    pub id: Uuid,
    pub detail: T,
}

fn main() {}
