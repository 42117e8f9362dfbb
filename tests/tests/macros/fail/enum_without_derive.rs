use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    pub status: Status,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Status {
    Open,
    Gone,
}

fn main() {}
