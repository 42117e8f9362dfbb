//! What a declaration says about its inputs and outputs.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::entity::{DecodeError, Entity};
use crate::domain::scalar::Scalar as _;
use crate::domain::value::{Row, Value};
use crate::domain::violation::{Violation, Violations};

use super::session::Session;

/// An entity with its inputs and its view. Implemented by `#[derive(Entity)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an entity that can be served",
    note = "add `#[derive(framework::Entity)]` to the struct"
)]
pub trait Resource: Entity {
    /// What a client sends to create one, such as `CreateProduct`.
    type Create: Input;
    /// What a client sends to change one, such as `UpdateProduct`: a merge patch.
    type Update: Input;
    /// What a client sees, such as `ProductView`.
    type View: Serialize + DeserializeOwned + Debug + Clone + Send + Sync + 'static;

    /// The view of an entity, by value, so that nothing is copied.
    fn into_view(self) -> Self::View;
}

/// A typed input whose members are fields of an entity.
pub trait Input: Serialize + DeserializeOwned + Debug + Clone + Send + Sync + 'static {
    /// The members that are present.
    fn into_changes(self) -> Changes;

    /// Back from members whose types were checked. Absent members of a create are left to [`complete`].
    ///
    /// # Errors
    /// When a value does not fit its member, or a required member is absent.
    fn from_changes(changes: Changes) -> Result<Self, DecodeError>;
}

/// Members of an input, by position of the field: one form for creates and patches, made by people or from JSON.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    /// New values by position.
    pub values: Vec<(usize, Value)>,
    /// Owned children by relation name, replacing the present ones; children with a known id are kept and changed.
    pub children: Vec<(&'static str, Vec<Changes>)>,
}

impl Changes {
    /// The value at this position, if present.
    pub fn get(&self, position: usize) -> Option<&Value> {
        self.values.iter().find(|(at, _)| *at == position).map(|(_, value)| value)
    }

    /// Takes the value at this position out.
    pub fn take(&mut self, position: usize) -> Option<Value> {
        let at = self.values.iter().position(|(known, _)| *known == position)?;
        Some(self.values.swap_remove(at).1)
    }

    /// Takes the children of this relation out.
    pub fn take_children(&mut self, relation: &str) -> Option<Vec<Changes>> {
        let at = self.children.iter().position(|(known, _)| *known == relation)?;
        Some(self.children.swap_remove(at).1)
    }
}

/// Checks every value of a row against the rules of its field: the one place where bounds are enforced at run time.
pub fn check_row(
    schema: &'static crate::domain::schema::EntitySchema,
    row: &[Value],
) -> Violations {
    let mut violations = Violations::new();
    for (field, value) in schema.fields.iter().zip(row) {
        if let Some((code, detail)) = field.check(value) {
            violations.push(Violation::member(field.name, code, detail));
        }
    }
    violations
}

/// [`check_row`] for an entity and its owned children.
pub fn check_entity<E: Entity>(entity: &E) -> Violations {
    let mut violations = check_row(E::schema(), &entity.clone().into_row());
    for relation in E::schema().owned() {
        for (index, row) in entity.children(relation.name).into_iter().enumerate() {
            let found = check_row((relation.target)(), &row);
            violations.extend_below(&format!("/{}/{index}", relation.name), found);
        }
    }
    violations
}

/// Makes the row of a new entity: the input's values, defaults for what it leaves out, and what the framework sets
/// (id, timestamps, version, owner, tenant).
///
/// # Errors
/// Names every required field that is absent.
pub fn complete(
    schema: &'static crate::domain::schema::EntitySchema,
    changes: &Changes,
    session: &Session,
) -> Result<Row, Violations> {
    let now = Value::Instant(session.now());
    let context = session.context();
    let roles = &schema.roles;
    let mut violations = Violations::new();
    let mut row = Vec::with_capacity(schema.fields.len());
    for (position, field) in schema.fields.iter().enumerate() {
        let here = Some(position);
        let given = changes.get(position);
        let value = if here == roles.created_at || here == roles.updated_at {
            now.clone()
        } else if here == roles.deleted_at {
            Value::Null
        } else if here == roles.version {
            Value::Int(1)
        } else if let Some(value) = given {
            value.clone()
        } else if position == roles.id && !schema.options.client_id {
            uuid::Uuid::now_v7().into_value()
        } else if here == roles.owner && context.actor.is_some() {
            text_as(field, context.actor.as_deref())
        } else if here == roles.tenant && context.tenant.is_some() {
            text_as(field, context.tenant.as_deref())
        } else if let Some(default) = field.default {
            default()
        } else if position == roles.id && matches!(field.kind, crate::domain::schema::Kind::Uuid) {
            uuid::Uuid::now_v7().into_value()
        } else {
            if field.is_required() {
                violations.add(field.name, "required", format!("{} is required", field.name));
            }
            Value::Null
        };
        row.push(value);
    }
    violations.into_result().map(|()| row)
}

/// Actors and tenants are text in the context; the field may hold them as UUIDs.
fn text_as(field: &crate::domain::schema::FieldSchema, text: Option<&str>) -> Value {
    match (field.kind, text) {
        (_, None) => Value::Null,
        (crate::domain::schema::Kind::Uuid, Some(text)) => {
            text.parse().map_or(Value::Null, |id: uuid::Uuid| id.into_value())
        }
        (_, Some(text)) => Value::Text(text.to_owned()),
    }
}
