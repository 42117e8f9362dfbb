use framework::domain::entity::SoftDeletable;
use framework::{Entity, Uuid};

#[derive(Debug, Clone, PartialEq, Entity)]
pub struct Product {
    #[entity(id)]
    pub id: Uuid,
}

fn is_gone(entity: &impl SoftDeletable) -> bool {
    entity.is_deleted()
}

fn main() {
    is_gone(&Product { id: Uuid::nil() });
}
