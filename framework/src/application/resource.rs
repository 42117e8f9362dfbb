//! What a declaration says about its inputs and outputs.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::context::Context;
use super::session::Session;
use crate::domain::entity::{DecodeError, Entity};
use crate::domain::error::Error;
use crate::domain::scalar::Scalar as _;
use crate::domain::schema::{EntitySchema, FieldSchema, Kind};
use crate::domain::value::{Row, Value};
use crate::domain::violation::{Violation, Violations};

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
pub fn check_row(schema: &'static EntitySchema, row: &[Value]) -> Violations {
    let mut violations = Violations::new();
    for (position, (field, value)) in schema.fields.iter().zip(row).enumerate() {
        let id = (position == schema.roles.id).then(|| check_address(field, value)).flatten();
        if let Some((code, detail)) = field.check(value).or(id) {
            violations.push(Violation::member(field.name, code, detail));
        }
    }
    violations
}

/// What is wrong with an identity whose row no address would lead to.
pub(crate) fn check_address(id: &FieldSchema, value: &Value) -> Option<(&'static str, String)> {
    // Nothing, the steps of a path, and the routes beside the rows.
    const TAKEN: [&str; 5] = ["", ".", "..", "search", "batch"];
    let Value::Text(text) = value else { return None };
    TAKEN.contains(&text.as_str()).then(|| {
        let detail = format!("{} must not be {text:?}: the row would have no address", id.name);
        ("reserved", detail)
    })
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
/// [`Error::Validation`] naming every required field that is absent; [`Error::Unauthorized`] or [`Error::Forbidden`]
/// where the row needs an owner or a tenant that the caller does not name.
pub fn complete(
    schema: &'static EntitySchema,
    changes: &Changes,
    session: &Session,
) -> Result<Row, Error> {
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
        } else if here == roles.owner {
            caller(field, context.actor.as_deref(), context)?
        } else if here == roles.tenant {
            caller(field, context.tenant.as_deref(), context)?
        } else if let Some(default) = field.default {
            default()
        } else if position == roles.id && field.kind == Kind::Uuid {
            uuid::Uuid::now_v7().into_value()
        } else {
            if field.is_required() {
                violations.add(field.name, "required", format!("{} is required", field.name));
            }
            Value::Null
        };
        row.push(value);
    }
    violations.into_result()?;
    Ok(row)
}

/// The owner or tenant of a new row. Callers are text in the context; the field may hold them as UUIDs.
fn caller(field: &FieldSchema, name: Option<&str>, context: &Context) -> Result<Value, Error> {
    let value = match (field.kind, name) {
        (_, None) => None,
        (Kind::Uuid, Some(text)) => text.parse().ok().map(|id: uuid::Uuid| id.into_value()),
        (_, Some(text)) => Some(Value::Text(text.to_owned())),
    };
    match (value, field.default) {
        (Some(value), _) => Ok(value),
        (None, Some(default)) => Ok(default()),
        (None, None) if field.nullable => Ok(Value::Null),
        (None, None) if context.actor.is_none() => Err(Error::Unauthorized),
        (None, None) => {
            let reason =
                format!("the caller has no value for {}, which a new row needs", field.name);
            Err(Error::Forbidden(reason))
        }
    }
}
