use framework::ValueObject;

#[derive(Debug, Clone, ValueObject)]
#[value_object(range(0..=10))]
pub struct Email(String);

fn main() {}
