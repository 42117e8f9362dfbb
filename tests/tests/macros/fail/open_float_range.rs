use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    #[entity(range(0.0..1.0))]
    pub share: f64,
}

fn main() {}
