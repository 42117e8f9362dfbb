use framework::{DateTime, Entity, Utc, Uuid};

#[derive(Debug, Clone, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    pub sold_at: DateTime<Local>,
}

pub type Local = Utc;

fn main() {}
