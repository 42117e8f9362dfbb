//! Bodies: JSON straight into [`Changes`], every violation collected.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;

use super::problem::{MALFORMED, Problem};
use super::suggest::did_you_mean;
use super::unique::Unique;
use super::{limits, wire};
use crate::application::resource::{Changes, Input};
use crate::domain::error::Error;
use crate::domain::schema::{EntitySchema, FieldSchema, Kind, RelationSchema};
use crate::domain::value::Value;
use crate::domain::violation::{Place, Violation, Violations, escape};

/// What a body is for: which members it may and must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A new row: required members must be there.
    Create,
    /// The whole of a row whose id is in the path.
    Replace,
    /// A merge patch: every member may be absent.
    Update,
}

/// Decodes a body.
///
/// # Errors
/// A problem when the body is not JSON, or with every violation of the declared rules.
pub fn decode(
    schema: &'static EntitySchema,
    purpose: Purpose,
    body: &[u8],
) -> Result<Changes, Problem> {
    let mut violations = Violations::new();
    let members =
        Members { schema, purpose, child: false, pointer: "", violations: &mut violations };
    let changes = read(body, members)?;
    violations.into_result().map_err(Error::from)?;
    Ok(changes)
}

/// Decodes a part of a body that was read before, such as one operation of a batch.
pub(crate) fn decode_part(
    schema: &'static EntitySchema,
    purpose: Purpose,
    part: Json,
) -> Result<Changes, Violations> {
    let mut violations = Violations::new();
    let members =
        Members { schema, purpose, child: false, pointer: "", violations: &mut violations };
    // Reading from memory cannot fail: whatever does not fit is a violation.
    let changes = members.deserialize(part).unwrap_or_default();
    violations.into_result().map(|()| changes)
}

/// A value of a field as clients write it: of its kind and within its rules, or a stable code and what is wrong.
pub(crate) fn field_value(field: &FieldSchema, json: Json) -> Result<Value, wire::Refusal> {
    let value = if json.is_null() && (field.nullable || field.kind != Kind::Json) {
        Value::Null
    } else {
        wire::from_json(&field.kind, json)
            .map_err(|(code, detail)| (code, format!("{}: {detail}", field.name)))?
    };
    field.check(&value).map_or(Ok(value), Err)
}

/// A typed input from decoded members.
pub(super) fn input<I: Input>(changes: Changes) -> Result<I, Error> {
    I::from_changes(changes)
        .map_err(|error| Error::invalid(error.field, "invalid", error.source.to_string()))
}

/// Reads a whole body as any JSON whose objects name no member twice.
///
/// # Errors
/// A problem when the body is not JSON, or with every member that is given twice.
pub(super) fn json(body: &[u8]) -> Result<Json, Problem> {
    let mut twice = Violations::new();
    let json = read(body, Unique { twice: &mut twice })?;
    twice.into_result().map_err(Error::from)?;
    Ok(json)
}

fn read<'de, S: DeserializeSeed<'de>>(body: &'de [u8], seed: S) -> Result<S::Value, Problem> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(Problem::new(MALFORMED, "the body is empty; send a JSON object"));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = seed.deserialize(&mut deserializer).map_err(|error| malformed(&error))?;
    deserializer.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

pub(super) fn malformed(error: &serde_json::Error) -> Problem {
    let detail = error.to_string();
    // These two are JSON all the same.
    let is_json =
        ["recursion limit", "number out of range"].iter().any(|why| detail.starts_with(why));
    let what = if is_json { "cannot be read" } else { "is not valid JSON" };
    Problem::new(MALFORMED, format!("the body {what}: {detail}"))
}

/// The members of one object.
struct Members<'a> {
    schema: &'static EntitySchema,
    purpose: Purpose,
    child: bool,
    pointer: &'a str,
    violations: &'a mut Violations,
}

impl Members<'_> {
    fn report(&mut self, name: &str, code: &'static str, detail: String) {
        let place = Place::Body(format!("{}/{}", self.pointer, escape(name)));
        self.violations.push(Violation { place, code, detail });
    }

    fn accepts(&self, position: usize, field: &FieldSchema) -> bool {
        match self.purpose {
            // A child is known again by its id.
            _ if self.child && position == self.schema.roles.id => true,
            Purpose::Create | Purpose::Replace => field.access.create,
            Purpose::Update => field.access.update,
        }
    }

    fn value(&mut self, field: &'static FieldSchema, json: Json) -> Option<Value> {
        let value = field_value(field, json);
        value.map_err(|(code, detail)| self.report(field.name, code, detail)).ok()
    }

    fn refuse(&mut self, name: &str) {
        let known =
            self.schema.field(name).filter(|field| field.access.read || field.access.create);
        if known.is_some() {
            self.report(name, "read_only", format!("{name} cannot be set here"));
            return;
        }
        let fields = self.schema.fields.iter().enumerate();
        let names = fields
            .filter(|(position, field)| self.accepts(*position, field))
            .map(|(_, field)| field.name)
            .chain(self.schema.owned().map(|relation| relation.name));
        let hint = did_you_mean(name, names);
        self.report(
            name,
            "unknown",
            format!("{name} is not a member of {}{hint}", self.schema.name),
        );
    }

    fn require(&mut self, seen: &[usize]) {
        let schema = self.schema;
        // A child stands for itself as a whole, a known one too: arrays are replaced, not merged (RFC 7396).
        if self.purpose == Purpose::Update {
            return;
        }
        for (position, field) in schema.fields.iter().enumerate() {
            let named = position == schema.roles.id && self.purpose == Purpose::Replace;
            if schema.requires(position) && !named && !seen.contains(&position) {
                self.report(field.name, "required", format!("{} is required", field.name));
            }
        }
    }
}

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = Changes;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Changes, D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// Whatever is not an object is read to its end, so that malformed JSON is found, and reported.
macro_rules! not_an_object {
    ($($visit:ident($type:ty);)*) => {$(
        fn $visit<X>(self, _: $type) -> Result<Changes, X> {
            Ok(self.not_an_object())
        }
    )*};
}

impl Members<'_> {
    fn not_an_object(self) -> Changes {
        let place = Place::Body(self.pointer.to_owned());
        let detail = "expected an object".to_owned();
        self.violations.push(Violation { place, code: "type", detail });
        Changes::default()
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = Changes;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    not_an_object! {
        visit_bool(bool);
        visit_i64(i64);
        visit_u64(u64);
        visit_f64(f64);
        visit_str(&str);
    }

    fn visit_unit<X>(self) -> Result<Changes, X> {
        Ok(self.not_an_object())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Changes, A::Error> {
        while items.next_element::<Json>()?.is_some() {}
        Ok(self.not_an_object())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Changes, A::Error> {
        let mut changes = Changes::default();
        let mut seen = Vec::new();
        let mut seen_children = Vec::new();
        while let Some(name) = members.next_key::<Cow<'de, str>>()? {
            let name = name.as_ref();
            if let Some(position) = self.schema.position(name)
                && let Some(field) = self.schema.fields.get(position)
                && self.accepts(position, field)
            {
                // A tree only where the field itself is one.
                let mut twice = Violations::new();
                let json = members.next_value_seed(Unique { twice: &mut twice })?;
                if !twice.is_empty() {
                    let pointer = format!("{}/{}", self.pointer, escape(name));
                    self.violations.extend_below(&pointer, twice);
                }
                if seen.contains(&position) {
                    self.report(name, "duplicate", format!("{name} is given twice"));
                    continue;
                }
                seen.push(position);
                if let Some(value) = self.value(field, json) {
                    changes.values.push((position, value));
                }
            } else if let Some(relation) = self.schema.owned().find(|known| known.name == name) {
                let pointer = format!("{}/{}", self.pointer, escape(name));
                let seed = Children { relation, pointer: &pointer, violations: self.violations };
                let children = members.next_value_seed(seed)?;
                if seen_children.contains(&relation.name) {
                    self.report(name, "duplicate", format!("{name} is given twice"));
                    continue;
                }
                seen_children.push(relation.name);
                changes.children.push((relation.name, children));
            } else {
                // Read as a value, not skipped: skipping would let malformed text pass.
                members.next_value::<Json>()?;
                self.refuse(name);
            }
        }
        self.require(&seen);
        Ok(changes)
    }
}

/// The children of one owned relation.
struct Children<'a> {
    relation: &'static RelationSchema,
    pointer: &'a str,
    violations: &'a mut Violations,
}

impl Children<'_> {
    fn refuse(self, detail: &str) -> Vec<Changes> {
        let place = Place::Body(self.pointer.to_owned());
        self.violations.push(Violation { place, code: "type", detail: detail.to_owned() });
        Vec::new()
    }
}

impl<'de> DeserializeSeed<'de> for Children<'_> {
    type Value = Vec<Changes>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

macro_rules! not_an_array {
    ($($visit:ident($type:ty);)*) => {$(
        fn $visit<X>(self, _: $type) -> Result<Vec<Changes>, X> {
            Ok(self.refuse("expected an array"))
        }
    )*};
}

impl<'de> Visitor<'de> for Children<'_> {
    type Value = Vec<Changes>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array")
    }

    not_an_array! {
        visit_bool(bool);
        visit_i64(i64);
        visit_u64(u64);
        visit_f64(f64);
        visit_str(&str);
    }

    fn visit_unit<X>(self) -> Result<Vec<Changes>, X> {
        Ok(self.refuse("expected an array"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Vec<Changes>, A::Error> {
        while members.next_entry::<Cow<'de, str>, Json>()?.is_some() {}
        Ok(self.refuse("expected an array"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<Changes>, A::Error> {
        let schema = (self.relation.target)();
        let mut children = Vec::new();
        loop {
            let pointer = format!("{}/{}", self.pointer, children.len());
            let seed = Members {
                schema,
                purpose: Purpose::Create,
                child: true,
                pointer: &pointer,
                violations: self.violations,
            };
            let Some(child) = items.next_element_seed(seed)? else { break };
            children.push(child);
        }
        if children.len() > limits::CHILDREN {
            let place = Place::Body(self.pointer.to_owned());
            let detail = format!("at most {} items", limits::CHILDREN);
            self.violations.push(Violation { place, code: "too_long", detail });
        }
        Ok(children)
    }
}
