use framework::ValueObject;

#[derive(Debug, Clone, ValueObject)]
pub struct Size(i32, i32);

fn main() {}
