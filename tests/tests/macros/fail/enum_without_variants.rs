use framework::EntityEnum;

#[derive(Debug, Clone, EntityEnum)]
pub enum Status {}

fn main() {}
