use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
#[entity(has_many(reviews: Product))]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    pub reviews: i32,
}

fn main() {}
