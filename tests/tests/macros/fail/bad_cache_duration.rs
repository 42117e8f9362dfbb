use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
#[entity(cache(ttl = "5 minutes"))]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    pub name: String,
}

fn main() {}
