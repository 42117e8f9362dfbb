use framework::{AllowAll, Entity, Module, Uuid};

#[derive(Debug, Clone, PartialEq, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
}

struct ProductRules;

fn main() {
    let _ = Module::new("shop").entity::<Product>(AllowAll).hooks::<Product>(ProductRules);
}
