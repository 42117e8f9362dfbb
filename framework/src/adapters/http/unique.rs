//! JSON in which no member is given twice: of two conditions or values, one would be lost without a word.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};

use crate::domain::violation::{Place, Violations, escape};

/// Reads any JSON and notes the members that are given twice, at whatever depth.
pub(super) struct Unique<'a> {
    pub twice: &'a mut Violations,
}

impl Unique<'_> {
    /// Reads what is below a member or an item, whose place is known only here.
    fn below<T, X>(
        &mut self,
        name: &str,
        read: impl FnOnce(Unique<'_>) -> Result<T, X>,
    ) -> Result<T, X> {
        let before = self.twice.0.len();
        let value = read(Unique { twice: &mut *self.twice })?;
        for violation in self.twice.0.iter_mut().skip(before) {
            if let Place::Body(pointer) = &mut violation.place {
                *pointer = format!("/{}{pointer}", escape(name));
            }
        }
        Ok(value)
    }
}

impl<'de> DeserializeSeed<'de> for Unique<'_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

macro_rules! scalars {
    ($($visit:ident($type:ty);)*) => {$(
        fn $visit<X>(self, value: $type) -> Result<Json, X> {
            Ok(Json::from(value))
        }
    )*};
}

impl<'de> Visitor<'de> for Unique<'_> {
    type Value = Json;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON value")
    }

    scalars! {
        visit_bool(bool);
        visit_i64(i64);
        visit_u64(u64);
        visit_f64(f64);
        visit_str(&str);
        visit_string(String);
    }

    fn visit_unit<X>(self) -> Result<Json, X> {
        Ok(Json::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Json, A::Error> {
        let mut array = Vec::new();
        loop {
            let index = array.len().to_string();
            match self.below(&index, |seed| items.next_element_seed(seed))? {
                Some(item) => array.push(item),
                None => return Ok(Json::Array(array)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Json, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = self.below(&name, |seed| members.next_value_seed(seed))?;
            if object.contains_key(&name) {
                let detail = format!("{name} is given twice");
                self.twice.add(&name, "duplicate", detail);
                continue;
            }
            object.insert(name, value);
        }
        Ok(Json::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::violation::Violation;

    fn read(text: &str) -> (Json, Vec<String>) {
        let mut twice = Violations::new();
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let json = Unique { twice: &mut twice }.deserialize(&mut deserializer).unwrap();
        let place = |violation: Violation| match violation.place {
            Place::Body(pointer) => pointer,
            other => panic!("{other:?}"),
        };
        (json, twice.0.into_iter().map(place).collect())
    }

    #[test]
    fn members_that_are_given_twice_are_named_at_any_depth() {
        let text = r#"{"a": 1, "b": [{"c/d": {"e": 1, "e": 2}}, {"f": 1, "f": 2, "f": 3}], "a": {"g": 0, "g": 0}}"#;
        let (_, twice) = read(text);
        assert_eq!(twice, ["/b/0/c~1d/e", "/b/1/f", "/b/1/f", "/a/g", "/a"]);
    }

    #[test]
    fn everything_else_reads_as_it_is() {
        let text = r#"{"a": [1, -2, 0.5, true, null, "x\n", {}, [], 18446744073709551615], "b": {"a": "\u00e9"}}"#;
        let (json, twice) = read(text);
        assert_eq!(json, serde_json::from_str::<Json>(text).unwrap());
        assert!(twice.is_empty());
    }
}
