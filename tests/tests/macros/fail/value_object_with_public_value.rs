use framework::ValueObject;

#[derive(Debug, Clone, ValueObject)]
pub struct Email(pub String);

fn main() {}
