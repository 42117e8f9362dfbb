use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    #[entity(hidden, read_only)]
    pub note: Option<String>,
}

fn main() {}
