use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
#[entity(tabel = "goods")]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    pub sku: String,
}

fn main() {}
