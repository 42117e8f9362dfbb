use framework::EntityEnum;

#[derive(Debug, Clone, EntityEnum)]
pub enum Status {
    #[entity_enum(renam = "open")]
    Open,
}

fn main() {}
