use framework::{DateTime, Entity, Utc, Uuid};

#[derive(Debug, Clone, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
    pub deleted: bool,
    #[entity(deleted_at)]
    pub deleted_at: Option<DateTime<Utc>>,
}

fn main() {}
