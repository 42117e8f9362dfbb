use framework::{Entity};

#[derive(Debug, Clone, Entity)]
pub struct Product {
    pub sku: String,
}

fn main() {}
