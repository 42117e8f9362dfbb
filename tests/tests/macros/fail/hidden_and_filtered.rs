use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    #[entity(hidden, filter)]
    pub note: Option<String>,
}

fn main() {}
