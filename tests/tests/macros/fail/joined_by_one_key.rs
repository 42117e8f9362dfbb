use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
#[entity(many_to_many(friends: Person, via = Friendship))]
pub struct Person {
    #[entity(id)]
    pub id: Uuid,
}

#[derive(Debug, Clone, Entity)]
pub struct Friendship {
    #[entity(id)]
    pub id: Uuid,
    #[entity(belongs_to = Person)]
    pub person_id: Uuid,
}

fn main() {}
