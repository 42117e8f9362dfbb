use framework::EntityEnum;

#[derive(Debug, Clone, EntityEnum)]
pub enum Status {
    Open,
    Gone(i32),
}

fn main() {}
