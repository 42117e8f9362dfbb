use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
pub struct Folder {
    #[entity(id)]
    pub id: Uuid,
    #[entity(belongs_to(Folder, as = in_))]
    pub parent_id: Option<Uuid>,
}

fn main() {}
