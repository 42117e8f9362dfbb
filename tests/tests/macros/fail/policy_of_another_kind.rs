use framework::{Entity, Module, Uuid};

#[derive(Debug, Clone, PartialEq, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
}

struct Nobody;

fn main() {
    let _ = Module::new("shop").entity::<Product>(Nobody);
}
