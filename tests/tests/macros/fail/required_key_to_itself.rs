use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
pub struct Folder {
    #[entity(id)]
    pub id: Uuid,
    #[entity(belongs_to = Folder)]
    pub parent_id: Uuid,
}

fn main() {}
