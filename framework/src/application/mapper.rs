//! Between inputs, entities and views.

use serde_json::Value as Json;

use super::merge_patch::merge;
use super::resource::{Changes, Input, Resource, complete};
use super::session::Session;
use crate::domain::entity::DecodeError;
use crate::domain::error::Error;
use crate::domain::schema::{FieldSchema, Kind};
use crate::domain::value::Value;

/// Turns inputs into entities and entities into views. Override it to compute what the declaration cannot say.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not map the inputs and views of `{E}`",
    note = "write `impl Mapper<{E}> for {Self}`; `cargo codegen eject {E} --layer mapper` prints one to start from"
)]
pub trait Mapper<E: Resource>: Send + Sync + 'static {
    /// A new entity from its input.
    ///
    /// # Errors
    /// [`Error::Validation`] naming what is missing.
    fn create(&self, session: &Session, input: E::Create) -> Result<E, Error>;

    /// The changed entity.
    ///
    /// # Errors
    /// [`Error::Validation`] naming what does not fit.
    fn update(&self, session: &Session, entity: E, input: E::Update) -> Result<E, Error>;

    /// What clients see.
    fn view(&self, entity: E) -> E::View;

    /// Whether this is the generated mapping, so that shortcuts which skip it are allowed.
    fn is_generated(&self) -> bool {
        false
    }
}

/// The mapping that follows from the declaration.
#[derive(Debug, Clone, Copy, Default)]
pub struct GeneratedMapper;

impl<E: Resource> Mapper<E> for GeneratedMapper {
    fn create(&self, session: &Session, input: E::Create) -> Result<E, Error> {
        let mut changes = input.into_changes();
        let children = std::mem::take(&mut changes.children);
        let row = complete(E::schema(), &changes, session)?;
        let mut entity = E::from_row(row).map_err(decode)?;
        super::children::apply(&mut entity, children, session)?;
        Ok(entity)
    }

    fn update(&self, session: &Session, entity: E, input: E::Update) -> Result<E, Error> {
        let Changes { values, children } = input.into_changes();
        let mut entity = if values.is_empty() {
            entity
        } else {
            let owned: Vec<_> = E::schema()
                .owned()
                .map(|relation| (relation.name, entity.children(relation.name)))
                .collect();
            let mut row = entity.into_row();
            for (position, value) in values {
                let Some(slot) = row.get_mut(position) else { continue };
                *slot = match (E::schema().fields.get(position), value) {
                    (Some(field), Value::Json(patch)) if field.kind == Kind::Json => {
                        merged(std::mem::replace(slot, Value::Null), *patch)
                    }
                    (_, value) => value,
                };
            }
            let mut entity = E::from_row(row).map_err(decode)?;
            for (relation, rows) in owned {
                entity.set_children(relation, rows).map_err(decode)?;
            }
            entity
        };
        super::children::apply(&mut entity, children, session)?;
        Ok(entity)
    }

    fn view(&self, entity: E) -> E::View {
        entity.into_view()
    }

    fn is_generated(&self) -> bool {
        true
    }
}

/// A merge patch reaches into documents.
fn merged(document: Value, patch: Json) -> Value {
    let document = match document {
        Value::Json(document) => *document,
        _ => Json::Null,
    };
    Value::Json(Box::new(merge(document, patch)))
}

/// Whether a merge patch depends on what is stored.
pub(super) fn merges<E: Resource>(input: &E::Update) -> bool {
    let fields = E::schema().fields;
    fields.iter().any(holds_documents)
        && input.clone().into_changes().values.iter().any(|(position, value)| {
            let is_object = matches!(value, Value::Json(json) if json.is_object());
            is_object && fields.get(*position).is_some_and(holds_documents)
        })
}

/// Whether a merge patch can reach into the field.
pub(super) fn holds_documents(field: &FieldSchema) -> bool {
    field.access.update && field.kind == Kind::Json
}

/// A checked value that a field's own type still refuses is the caller's mistake, named by its field.
pub(super) fn decode(error: DecodeError) -> Error {
    Error::invalid(error.field, "invalid", error.source.to_string())
}
