use framework::EntityEnum;

#[derive(Debug, Clone, EntityEnum)]
pub enum Status {
    Open,
    #[entity_enum(rename = "open")]
    Opened,
}

fn main() {}
