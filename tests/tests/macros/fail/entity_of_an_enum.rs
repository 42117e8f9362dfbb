use framework::Entity;

#[derive(Debug, Clone, Entity)]
pub enum Product {
    Lamp,
}

fn main() {}
