use framework::{DateTime, Entity, Utc, Uuid};

#[derive(Debug, Clone, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    #[entity(deleted_at)]
    pub deleted_at: DateTime<Utc>,
}

fn main() {}
