use framework::{Entity, Uuid};

#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(filter(depth = 5))]
struct Product {
    #[entity(id)]
    id: Uuid,
    #[entity(filter(depth = 2))]
    name: String,
}

fn main() {}
