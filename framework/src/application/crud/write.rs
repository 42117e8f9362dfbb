//! Single-row writes.

use super::{
    ATTEMPTS, Action, CrudUseCase, Deleted, EntityEvent, Error, Expected, Lock, Resource, Scope,
    Session, Value, busy, check_inside, not_found, references, stated_versions, version_of,
};
use crate::application::mapper::{Mapper, decode};
use crate::application::repository::Target;
use crate::application::resource::{Changes, Input, complete};
use crate::application::store_repository::{corrupt, with_values};
use crate::domain::error::Conflict;
use crate::domain::violation::{Violation, Violations};

impl<E: Resource> CrudUseCase<E> {
    /// A new entity, checked and completed by the hooks, ready to be stored.
    pub(super) async fn prepare_create(
        &self,
        session: &mut Session,
        input: E::Create,
    ) -> Result<E, Error> {
        let scope = self.policy.scope(session.context(), Action::Create)?;
        let mut entity = self.mapper.create(session, input)?;
        self.validate(session, &entity).await?;
        self.hooks.before_create(session, &mut entity).await?;
        check_inside(&scope, &entity)?;
        Ok(entity)
    }

    /// Stores checked entities, unless they refer to deleted rows, and tells about them: `after_create`, then events.
    ///
    /// # Errors
    /// What a use case's create answers behind its rules.
    pub async fn insert(&self, session: &mut Session, entities: Vec<E>) -> Result<Vec<E>, Error> {
        let new: Vec<_> = entities.iter().map(|entity| (None, entity)).collect();
        references::check(session, &new).await?;
        let stored = self.repository.insert(session, entities).await?;
        for entity in &stored {
            self.hooks.after_create(session, entity).await?;
            self.publish(session, EntityEvent::Created(entity.clone()));
        }
        Ok(stored)
    }

    /// Reads, changes, checks and writes one entity. The version that was read is the version that is replaced.
    pub(super) async fn change(
        &self,
        session: &mut Session,
        id: &E::Id,
        expected: &Expected,
        deleted: Deleted,
        change: impl Fn(&Self, &Session, E) -> Result<E, Error> + Send + Sync,
    ) -> Result<E, Error> {
        let scope = self.policy.scope(session.context(), Action::Update)?;
        for attempt in 0..ATTEMPTS {
            // A version tells whether another writer came between, so that only who was overtaken holds the row. Hooks
            // may write: what they wrote for an attempt that came too late could not be told from the rest.
            let is_open = E::schema().roles.version.is_some() && self.hooks.is_empty();
            let before = if attempt == 0 && is_open {
                self.found(session, &scope, id, deleted).await?
            } else {
                self.held(session, &scope, id, deleted, Lock::Change).await?
            };
            let after = change(self, session, before.clone())
                .map_err(|error| stale_first(error, expected, &before))?;
            let after = self.prepare_update(session, &scope, &before, after, expected).await?;
            if let Some(stored) =
                self.store_change(session, &scope, &before, after, deleted).await?
            {
                self.announce_change(session, &before, &stored).await?;
                return Ok(stored);
            }
            if matches!(expected, Expected::Versions(_)) {
                self.missing(session, &scope, id, expected, deleted).await?;
            }
        }
        Err(busy::<E>())
    }

    /// Checks a changed entity and lets the hooks complete it.
    pub(super) async fn prepare_update(
        &self,
        session: &mut Session,
        scope: &Scope<E>,
        before: &E,
        mut after: E,
        expected: &Expected,
    ) -> Result<E, Error> {
        if let Some(position) = E::schema().roles.updated_at {
            // A clock that was set back must not make a row look changed before it was made.
            let now = match before.value(position) {
                Value::Instant(earlier) => session.now().max(earlier),
                _ => session.now(),
            };
            after = with_values(after, [(position, Value::Instant(now))]).map_err(corrupt)?;
        }
        self.validate(session, &after).await?;
        expected.check(before)?;
        self.hooks.before_update(session, before, &mut after).await?;
        check_inside(scope, &after)?;
        Ok(after)
    }

    /// Writes what changed: single columns where only they changed, else the aggregate with its children.
    async fn store_change(
        &self,
        session: &mut Session,
        scope: &Scope<E>,
        before: &E,
        after: E,
        deleted: Deleted,
    ) -> Result<Option<E>, Error> {
        let schema = E::schema();
        references::check(session, &[(Some(before), &after)]).await?;
        let same_children = schema
            .owned()
            .all(|relation| before.children(relation.name) == after.children(relation.name));
        if !same_children {
            return Ok(self.repository.update(session, scope, vec![after]).await?.pop().flatten());
        }
        let changed: Vec<(usize, Value)> = before
            .clone()
            .into_row()
            .into_iter()
            .zip(after.clone().into_row())
            .enumerate()
            .filter(|(position, (old, new))| Some(*position) != schema.roles.version && old != new)
            .map(|(position, (_, new))| (position, new))
            .collect();
        let versions = version_of(before).map(|version| [version]);
        let target = Target {
            id: before.id(),
            versions: versions.as_ref().map(<[i64; 1]>::as_slice),
            deleted,
        };
        self.repository.patch(session, scope, &target, changed).await
    }

    pub(super) async fn announce_change(
        &self,
        session: &mut Session,
        before: &E,
        after: &E,
    ) -> Result<(), Error> {
        self.hooks.after_update(session, before, after).await?;
        let restored = is_deleted(before) && !is_deleted(after);
        let event = if restored {
            EntityEvent::Restored(after.clone())
        } else {
            EntityEvent::Updated { before: before.clone(), after: after.clone() }
        };
        self.publish(session, event);
        Ok(())
    }

    /// A merge patch in one statement, for entities whose rules need no look at the stored row.
    pub(super) async fn update_directly(
        &self,
        session: &mut Session,
        id: &E::Id,
        expected: &Expected,
        input: E::Update,
    ) -> Result<E, Error> {
        let schema = E::schema();
        let scope = self.policy.scope(session.context(), Action::Update)?;
        let mut set = input.into_changes().values;
        let mut violations = Violations::new();
        for (position, value) in &set {
            let Some(field) = schema.fields.get(*position) else { continue };
            if let Some((code, detail)) = field.check(value) {
                violations.push(Violation::member(field.name, code, detail));
            }
        }
        violations.into_result()?;
        self.require_stated(session, &scope, id, expected, Deleted::Exclude).await?;
        self.check_set_references(session, &scope, id, expected, &set).await?;
        if let Some(position) = schema.roles.updated_at {
            set.push((position, Value::Instant(session.now())));
        }
        let versions = stated_versions(expected);
        let target = Target { id, versions: versions.as_deref(), deleted: Deleted::Exclude };
        for _ in 0..ATTEMPTS {
            if let Some(entity) =
                self.repository.patch(session, &scope, &target, set.clone()).await?
            {
                return Ok(entity);
            }
            self.missing(session, &scope, id, expected, Deleted::Exclude).await?;
        }
        Err(not_found::<E>(id))
    }

    /// Refuses references to deleted rows; what the row refers to already may stay.
    async fn check_set_references(
        &self,
        session: &mut Session,
        scope: &Scope<E>,
        id: &E::Id,
        expected: &Expected,
        set: &[(usize, Value)],
    ) -> Result<(), Error> {
        let schema = E::schema();
        for position in references::markable(schema) {
            let Some((_, value)) = set.iter().find(|(at, _)| *at == position) else { continue };
            let checked =
                references::check_values(session, schema, position, vec![value.clone()]).await;
            if let Err(refusal) = checked {
                let before = self.found(session, scope, id, Deleted::Exclude).await?;
                expected.check(&before)?;
                if before.value(position) != *value {
                    return Err(refusal);
                }
            }
        }
        Ok(())
    }

    /// Marks or removes one row.
    pub(super) async fn remove(
        &self,
        session: &mut Session,
        scope: &Scope<E>,
        id: &E::Id,
        versions: Option<Vec<i64>>,
    ) -> Result<Option<E>, Error> {
        match E::schema().roles.deleted_at {
            Some(position) => {
                let now = Value::Instant(session.now());
                let target =
                    Target { id, versions: versions.as_deref(), deleted: Deleted::Exclude };
                self.repository.patch(session, scope, &target, vec![(position, now)]).await
            }
            None => {
                let targets = [(id.clone(), versions)];
                Ok(self.repository.delete(session, scope, &targets, Deleted::Exclude).await?.pop())
            }
        }
    }
}

/// A change that contradicts what the caller has not seen yet is told as what it is: one of a row that has changed.
pub(super) fn stale_first<E: Resource>(error: Error, expected: &Expected, before: &E) -> Error {
    match error {
        Error::Conflict(_) => expected.check(before).err().unwrap_or(error),
        error => error,
    }
}

/// The entity with every writable field from the input, or from its default where the input says nothing; what clients
/// cannot write stays.
pub(super) fn replacement<E: Resource>(
    mapper: &dyn Mapper<E>,
    session: &Session,
    before: E,
    input: E::Create,
) -> Result<E, Error> {
    let schema = E::schema();
    let mut changes = input.into_changes();
    let mut children = std::mem::take(&mut changes.children);
    let given: Vec<usize> = changes.values.iter().map(|(position, _)| *position).collect();
    for relation in schema.owned() {
        if !children.iter().any(|(name, _)| *name == relation.name) {
            children.push((relation.name, Vec::new()));
        }
    }
    // Children are judged against the present ones, not as parts of a new aggregate.
    let fresh = if mapper.is_generated() {
        E::from_row(complete(schema, &changes, session)?).map_err(decode)?
    } else {
        mapper.create(session, E::Create::from_changes(changes).map_err(decode)?)?
    };
    refuse_changes(&before, &fresh, &given)?;
    let mut after = with_values(fresh, kept_values(&before)).map_err(corrupt)?;
    for relation in schema.owned() {
        after.set_children(relation.name, before.children(relation.name)).map_err(corrupt)?;
    }
    if mapper.is_generated() || children.is_empty() {
        crate::application::children::apply(&mut after, children, session)?;
        return Ok(after);
    }
    let children = Changes { children, ..Changes::default() };
    mapper.update(session, after, E::Update::from_changes(children).map_err(decode)?)
}

/// What is set once must come as it is stored, or as it was left out. What clients cannot read they need not repeat.
fn refuse_changes<E: Resource>(before: &E, fresh: &E, given: &[usize]) -> Result<(), Error> {
    let schema = E::schema();
    let mut violations = Violations::new();
    for (position, field) in schema.fields.iter().enumerate() {
        let fixed = field.access.create && !field.access.update && position != schema.roles.id;
        let told = field.access.read || given.contains(&position);
        if fixed && told && fresh.value(position) != before.value(position) {
            violations.add_set_once(field.name);
        }
    }
    violations.into_result().map_err(|found| Error::Conflict(Conflict::SetOnce(found)))
}

fn kept_values<E: Resource>(before: &E) -> Vec<(usize, Value)> {
    let schema = E::schema();
    let kept = schema.fields.iter().enumerate().filter(|(position, field)| {
        let writable = field.access.update;
        !writable || *position == schema.roles.id
    });
    kept.map(|(position, _)| (position, before.value(position))).collect()
}

/// The entity without its deletion mark.
pub(super) fn undeleted<E: Resource>(before: E) -> Result<E, Error> {
    match E::schema().roles.deleted_at {
        Some(position) => with_values(before, [(position, Value::Null)]).map_err(corrupt),
        None => Ok(before),
    }
}

/// The entity with a deletion mark.
pub(super) fn marked<E: Resource>(
    before: E,
    position: usize,
    session: &Session,
) -> Result<E, Error> {
    with_values(before, [(position, Value::Instant(session.now()))]).map_err(corrupt)
}

/// Whether it has a deletion mark.
pub(super) fn is_deleted<E: Resource>(entity: &E) -> bool {
    E::schema().roles.deleted_at.is_some_and(|position| !entity.value(position).is_null())
}
