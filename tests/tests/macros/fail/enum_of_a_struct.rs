use framework::EntityEnum;

#[derive(Debug, Clone, EntityEnum)]
pub struct Status;

fn main() {}
