use framework::ValueObject;

#[derive(Debug, Clone, ValueObject)]
#[value_object(check = positive)]
pub struct Email(String);

fn positive(number: &i32) -> Result<(), String> {
    if *number > 0 { Ok(()) } else { Err("it is not positive".to_owned()) }
}

fn main() {}
