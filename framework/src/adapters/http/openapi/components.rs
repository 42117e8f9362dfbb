//! The schemas of the document by name, where a name means one thing.

use serde_json::{Map, Value as Json};

/// Schemas by name, and which names two declarations claim for different things.
#[derive(Debug, Default)]
pub(super) struct Components {
    schemas: Map<String, Json>,
    owners: Vec<(String, String)>,
    owner: String,
    clashes: Vec<String>,
}

impl Components {
    /// Says whose schemas are inserted from now on.
    pub(super) fn of(&mut self, owner: String) -> &mut Self {
        self.owner = owner;
        self
    }

    /// Adds a schema. The same one again, such as an enum of two fields, is welcome; another one of its name is not.
    pub(super) fn insert(&mut self, name: String, schema: Json) {
        match self.schemas.get(&name) {
            Some(known) if *known == schema => {}
            Some(_) => {
                let first = self.owners.iter().find(|(known, _)| *known == name);
                let first = first.map_or("the framework", |(_, owner)| owner);
                self.clashes.push(format!(
                    "`{name}` would name two schemas of the document, one of {first} and one of {}: rename one of these",
                    self.owner
                ));
            }
            None => {
                self.owners.push((name.clone(), self.owner.clone()));
                self.schemas.insert(name, schema);
            }
        }
    }

    /// The schemas; of those that share a name, the first.
    pub(super) fn into_schemas(self) -> Map<String, Json> {
        self.schemas
    }

    /// The names that two declarations claim, as sentences.
    pub(super) fn into_clashes(self) -> Vec<String> {
        self.clashes
    }
}

impl From<Map<String, Json>> for Components {
    fn from(schemas: Map<String, Json>) -> Self {
        Self { schemas, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_of_two_things_is_told_with_both_and_the_first_stays() {
        let mut components = Components::default();
        components.of("the entity Product".to_owned()).insert("ProductPage".to_owned(), json!(1));
        components.of("the entity ProductPage".to_owned());
        components.insert("ProductPage".to_owned(), json!(2));
        assert_eq!(components.schemas["ProductPage"], 1);
        assert_eq!(
            components.into_clashes(),
            [
                "`ProductPage` would name two schemas of the document, one of the entity Product and one of \
              the entity ProductPage: rename one of these"
            ]
        );
    }

    #[test]
    fn one_thing_that_two_fields_name_is_no_clash() {
        let mut components = Components::default();
        for _ in 0..2 {
            components.of("the enum Status".to_owned()).insert("Status".to_owned(), json!(1));
        }
        assert!(components.into_clashes().is_empty());
    }
}
