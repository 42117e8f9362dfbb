//! What turns rows and changes into members of structs, and back.

use crate::application::resource::{Changes, Input};
use crate::domain::entity::DecodeError;
use crate::domain::patch::Patch;
use crate::domain::scalar::{Scalar, ScalarError, option_from_value, option_into_value};
use crate::domain::schema::EntitySchema;
use crate::domain::value::{Row, Value};

/// Takes the values of a row one by one.
pub struct RowReader {
    schema: &'static EntitySchema,
    position: usize,
    values: std::vec::IntoIter<Value>,
}

impl RowReader {
    /// At the first value.
    pub fn new(schema: &'static EntitySchema, row: Row) -> Self {
        Self { schema, position: 0, values: row.into_iter() }
    }

    /// The next value, of a field that is never null.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn required<T: Scalar>(&mut self) -> Result<T, DecodeError> {
        let (position, value) = self.next();
        T::from_value(value).map_err(|source| decode_error(self.schema, position, source))
    }

    /// The next value, of a nullable field.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn optional<T: Scalar>(&mut self) -> Result<Option<T>, DecodeError> {
        let (position, value) = self.next();
        option_from_value(value).map_err(|source| decode_error(self.schema, position, source))
    }

    fn next(&mut self) -> (usize, Value) {
        let position = self.position;
        self.position += 1;
        (position, self.values.next().unwrap_or(Value::Null))
    }
}

/// Collects the members of an input.
#[derive(Default)]
pub struct ChangesWriter(Changes);

impl ChangesWriter {
    /// A member that is always there.
    pub fn put<T: Scalar>(&mut self, position: usize, value: T) {
        self.0.values.push((position, value.into_value()));
    }

    /// A member of a create that may be absent.
    pub fn put_some<T: Scalar>(&mut self, position: usize, value: Option<T>) {
        self.0.values.extend(value.map(|value| (position, value.into_value())));
    }

    /// A member of a patch.
    pub fn put_patch<T: Scalar>(&mut self, position: usize, value: Patch<T>) {
        if let Patch::Set(value) = value {
            self.0.values.push((position, value.into_value()));
        }
    }

    /// A member of a patch that may be null.
    pub fn put_nullable<T: Scalar>(&mut self, position: usize, value: Patch<Option<T>>) {
        if let Patch::Set(value) = value {
            self.0.values.push((position, option_into_value(value)));
        }
    }

    /// Owned children.
    pub fn put_children<I: Input>(&mut self, relation: &'static str, children: Vec<I>) {
        let children = children.into_iter().map(I::into_changes).collect();
        self.0.children.push((relation, children));
    }

    /// Owned children of a patch.
    pub fn put_children_patch<I: Input>(
        &mut self,
        relation: &'static str,
        children: Patch<Vec<I>>,
    ) {
        if let Patch::Set(children) = children {
            self.put_children(relation, children);
        }
    }

    /// All members.
    pub fn finish(self) -> Changes {
        self.0
    }
}

/// Takes the members of an input out of changes.
pub struct ChangesReader {
    schema: &'static EntitySchema,
    changes: Changes,
}

impl ChangesReader {
    /// Over these changes.
    pub fn new(schema: &'static EntitySchema, changes: Changes) -> Self {
        Self { schema, changes }
    }

    /// A member that must be there.
    ///
    /// # Errors
    /// When it is absent or does not fit.
    pub fn required<T: Scalar>(&mut self, position: usize) -> Result<T, DecodeError> {
        match self.changes.take(position) {
            Some(value) => T::from_value(value).map_err(|source| self.error(position, source)),
            None => Err(self.error(position, ScalarError("it is required".to_owned()))),
        }
    }

    /// A member of a create that may be absent.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn optional<T: Scalar>(&mut self, position: usize) -> Result<Option<T>, DecodeError> {
        let value = self.changes.take(position).unwrap_or(Value::Null);
        option_from_value(value).map_err(|source| self.error(position, source))
    }

    /// A member of a patch.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn patch<T: Scalar>(&mut self, position: usize) -> Result<Patch<T>, DecodeError> {
        match self.changes.take(position) {
            None => Ok(Patch::Absent),
            Some(value) => {
                T::from_value(value).map(Patch::Set).map_err(|source| self.error(position, source))
            }
        }
    }

    /// A member of a patch that may be null.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn nullable<T: Scalar>(
        &mut self,
        position: usize,
    ) -> Result<Patch<Option<T>>, DecodeError> {
        match self.changes.take(position) {
            None => Ok(Patch::Absent),
            Some(value) => option_from_value(value)
                .map(Patch::Set)
                .map_err(|source| self.error(position, source)),
        }
    }

    /// Owned children; none when absent.
    ///
    /// # Errors
    /// When a member of a child does not fit.
    pub fn children<I: Input>(&mut self, relation: &str) -> Result<Vec<I>, DecodeError> {
        let children = self.changes.take_children(relation).unwrap_or_default();
        children.into_iter().map(I::from_changes).collect()
    }

    /// Owned children of a patch.
    ///
    /// # Errors
    /// When a member of a child does not fit.
    pub fn children_patch<I: Input>(
        &mut self,
        relation: &str,
    ) -> Result<Patch<Vec<I>>, DecodeError> {
        match self.changes.take_children(relation) {
            None => Ok(Patch::Absent),
            Some(children) => {
                children.into_iter().map(I::from_changes).collect::<Result<_, _>>().map(Patch::Set)
            }
        }
    }

    fn error(&self, position: usize, source: ScalarError) -> DecodeError {
        decode_error(self.schema, position, source)
    }
}

fn decode_error(
    schema: &'static EntitySchema,
    position: usize,
    source: ScalarError,
) -> DecodeError {
    let field = schema.fields.get(position).map_or("?", |field| field.name);
    DecodeError { entity: schema.name, field, source }
}
