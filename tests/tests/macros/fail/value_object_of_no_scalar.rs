use framework::ValueObject;

#[derive(Debug, Clone)]
pub struct Shelf;

#[derive(Debug, Clone, ValueObject)]
pub struct Place(Shelf);

fn main() {}
