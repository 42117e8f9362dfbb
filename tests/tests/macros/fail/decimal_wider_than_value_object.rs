use framework::{Decimal, Entity, Uuid, ValueObject};

#[derive(Debug, Clone, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    #[entity(decimal(precision = 18, scale = 6))]
    pub value: Money,
}

#[derive(Debug, Clone, PartialEq, ValueObject)]
pub struct Money(Decimal);

fn main() {}
