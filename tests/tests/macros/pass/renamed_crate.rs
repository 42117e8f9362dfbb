//! The framework under another name.

pub mod vendor {
    pub use framework as shelf;
}

use vendor::shelf::{Entity, EntityEnum, Input, Uuid, ValueObject, serde_json};

#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(crate = "crate::pass::renamed_crate::vendor::shelf", events)]
pub struct Book {
    #[entity(id)]
    pub id: Uuid,
    #[entity(default = Genre::Novel)]
    pub genre: Genre,
    pub isbn: Option<Isbn>,
    #[entity(owned)]
    pub pages: Vec<Page>,
}

#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(crate = "crate::pass::renamed_crate::vendor::shelf")]
pub struct Page {
    #[entity(id)]
    pub id: Uuid,
    #[entity(owned_by = Book)]
    pub book_id: Uuid,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, EntityEnum)]
#[entity_enum(crate = "crate::pass::renamed_crate::vendor::shelf")]
pub enum Genre {
    Novel,
    Poetry,
}

#[derive(Debug, Clone, PartialEq, ValueObject)]
#[value_object(pattern = "^[0-9]{13}$", crate = "crate::pass::renamed_crate::vendor::shelf")]
pub struct Isbn(String);

#[test]
fn the_framework_may_have_another_name() {
    assert_eq!(Genre::ALL, [Genre::Novel, Genre::Poetry]);
    assert!(Isbn::new("1").is_err());
    let update: UpdateBook =
        serde_json::from_value(serde_json::json!({"isbn": null, "pages": [{"text": "a"}]}))
            .unwrap();
    assert_eq!(UpdateBook::from_changes(update.clone().into_changes()).unwrap(), update);
    let event: Option<BookEvent> = None;
    assert!(event.is_none() && Book::schema().options.events);
}
