use framework::{Entity, Uuid};

#[derive(Debug, Clone, Entity)]
pub struct Product(Uuid, String);

fn main() {}
