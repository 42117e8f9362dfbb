//! The stored rows that a batch is about, held until its transaction ends.

use std::collections::HashMap;

use super::{
    Action, CrudUseCase, Deleted, Error, Lock, Operation, Predicate, Query, Resource, Scope,
    Session, Specification, Value,
};
use crate::domain::scalar::Scalar as _;

impl<E: Resource> CrudUseCase<E> {
    /// Every row that the batch names and that the caller may do this to, held until the transaction ends.
    pub(super) async fn load(
        &self,
        session: &mut Session,
        operations: &[Operation<E>],
    ) -> Result<HashMap<E::Id, E>, Error> {
        let removes = operations.iter().any(is_removal) && E::schema().roles.deleted_at.is_none();
        let lock = if removes { Lock::Remove } else { Lock::Change };
        let (removed, changed): (Vec<_>, Vec<_>) =
            operations.iter().filter(|it| named(it).is_some()).partition(|it| is_removal(it));
        let mut parts = Vec::new();
        for part in [changed, removed] {
            // Whoever may do none of these is told so for each of them.
            let scope = part.first().and_then(|first| self.scope_of(session, first).ok());
            parts.extend(scope.map(|scope| (scope, part)));
        }
        let ids =
            |part: &[&Operation<E>]| part.iter().copied().filter_map(named).cloned().collect();
        match parts.as_slice() {
            [] => Ok(HashMap::new()),
            [(scope, part)] => self.rows(session, scope, ids(part), lock).await,
            [(one, part), (other, rest)] => {
                let all = [part.as_slice(), rest.as_slice()].concat();
                if one.specification().predicate() == other.specification().predicate() {
                    return self.rows(session, one, ids(&all), lock).await;
                }
                // Held in one statement, so that nobody waits in a circle; then asked who may do what.
                let either = one.specification().clone().or(other.specification().clone());
                self.rows(session, &Scope::only(either), ids(&all), lock).await?;
                let mut found = self.rows(session, one, ids(part), Lock::None).await?;
                found.extend(self.rows(session, other, ids(rest), Lock::None).await?);
                Ok(found)
            }
            _ => Err(Error::infrastructure("running a batch", "there are two kinds of scope")),
        }
    }

    async fn rows(
        &self,
        session: &mut Session,
        scope: &Scope<E>,
        ids: Vec<E::Id>,
        lock: Lock,
    ) -> Result<HashMap<E::Id, E>, Error> {
        let values: Vec<Value> = ids.into_iter().map(E::Id::into_value).collect();
        let field = E::schema().roles.id;
        let filter = Specification::new(Predicate::In { field, values, negated: false });
        let mut query = Query::new(filter).unlimited().lock(lock);
        query.deleted = Deleted::Include;
        let page = self.repository.list(session, scope, &query).await?;
        Ok(page.items.into_iter().map(|entity| (entity.id().clone(), entity)).collect())
    }

    /// The rows that the caller may do this to.
    pub(super) fn scope_of(
        &self,
        session: &Session,
        operation: &Operation<E>,
    ) -> Result<Scope<E>, Error> {
        let action = match operation {
            Operation::Create { .. } => Action::Create,
            Operation::Update { .. } | Operation::Restore { .. } => Action::Update,
            Operation::Delete { .. } => Action::Delete,
        };
        self.policy.scope(session.context(), action)
    }
}

/// The stored row that an operation is about.
pub(super) fn named<E: Resource>(operation: &Operation<E>) -> Option<&E::Id> {
    match operation {
        Operation::Create { .. } => None,
        Operation::Update { id, .. }
        | Operation::Delete { id, .. }
        | Operation::Restore { id, .. } => Some(id),
    }
}

/// Whether an operation deletes.
pub(super) fn is_removal<E: Resource>(operation: &Operation<E>) -> bool {
    matches!(operation, Operation::Delete { .. })
}
