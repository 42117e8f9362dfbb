use framework::{Decimal, Entity, Uuid};

#[derive(Debug, Clone, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    #[entity(decimal(precision = 30, scale = 2))]
    pub price: Decimal,
}

fn main() {}
