//! Many operations in a constant number of statements.
//!
//! Everything is read in one statement, checked, and written in at most one statement per kind of write. Only a
//! non-atomic batch that the database refuses (a duplicate, a missing reference) is done again one by one, each
//! operation in a savepoint of its own, to find out which operations are to blame.

use std::collections::HashMap;

use super::{
    Action, CrudUseCase, Deleted, EntityEvent, Error, Expected, Operation, Outcome, Query,
    Resource, Session, UseCase, Value, below, check_expected, not_found, version_of, write,
};
use crate::domain::scalar::Scalar;
use crate::domain::specification::{Predicate, Specification};

/// What is ready to be written, with its place in the batch.
struct Plan<E: Resource> {
    creates: Vec<(usize, E)>,
    /// Before, after, and whether it is a deletion mark.
    changes: Vec<(usize, E, E, bool)>,
    removals: Vec<(usize, E)>,
}

impl<E: Resource> CrudUseCase<E> {
    pub(super) async fn run_batch(
        &self,
        session: &mut Session,
        operations: Vec<Operation<E>>,
        atomic: bool,
    ) -> Result<Vec<Result<Outcome<E>, Error>>, Error> {
        let mut results: Vec<Option<Result<Outcome<E>, Error>>> =
            operations.iter().map(|_| None).collect();
        if !atomic && !self.hooks.is_empty() {
            // What a hook wrote for an operation that fails must go with it: each needs its own savepoint.
            return self.one_by_one(session, operations, results).await;
        }
        let again = operations.clone();
        let plan = self.plan(session, operations, &mut results).await?;
        if atomic {
            for (index, slot) in results.iter_mut().enumerate() {
                match slot.take() {
                    Some(Err(error)) => return Err(below(index, error)),
                    done => *slot = done,
                }
            }
            self.execute(session, plan, &mut results).await?;
            return finished(results);
        }
        let mark = session.mark().await?;
        let mut written: Vec<_> = results.iter().map(|_| None).collect();
        let executed = self.execute(session, plan, &mut written).await;
        session.settle(mark, executed.is_ok()).await?;
        match executed {
            Ok(()) => {
                for (slot, outcome) in results.iter_mut().zip(written) {
                    if outcome.is_some() {
                        *slot = outcome;
                    }
                }
                finished(results)
            }
            Err(
                Error::Conflict(_)
                | Error::Operation { .. }
                | Error::Validation(_)
                | Error::Domain(_),
            ) => self.one_by_one(session, again, results).await,
            Err(error) => Err(error),
        }
    }

    /// Checks every operation; what cannot be done has its result already.
    async fn plan(
        &self,
        session: &mut Session,
        operations: Vec<Operation<E>>,
        results: &mut [Option<Result<Outcome<E>, Error>>],
    ) -> Result<Plan<E>, Error> {
        let mut stored = self.load(session, &operations).await?;
        let mut plan = Plan { creates: Vec::new(), changes: Vec::new(), removals: Vec::new() };
        for (index, operation) in operations.into_iter().enumerate() {
            let planned = self.plan_one(session, index, operation, &mut stored, &mut plan).await;
            if let (Err(error), Some(slot)) = (planned, results.get_mut(index)) {
                *slot = Some(Err(error));
            }
        }
        Ok(plan)
    }

    async fn plan_one(
        &self,
        session: &mut Session,
        index: usize,
        operation: Operation<E>,
        stored: &mut HashMap<E::Id, E>,
        plan: &mut Plan<E>,
    ) -> Result<(), Error> {
        // Taken out, so that a second operation on the same row does not find it: its result would be a guess.
        let mut take = |id: &E::Id, deleted: bool| {
            let mark = E::schema().roles.deleted_at;
            let wanted = |entity: &E| mark.is_some_and(|at| !entity.value(at).is_null()) == deleted;
            if stored.get(id).is_some_and(wanted) { stored.remove(id) } else { None }
                .ok_or_else(|| not_found::<E>(id))
        };
        match operation {
            Operation::Create { input } => {
                plan.creates.push((index, self.prepare_create(session, input).await?));
            }
            Operation::Update { id, expected, input } => {
                let before = take(&id, false)?;
                let after = self.mapper.update(session, before.clone(), input)?;
                self.plan_change(session, index, before, after, &expected, plan).await?;
            }
            Operation::Restore { id, expected } => {
                let before = take(&id, true)?;
                let after = write::undeleted(before.clone())?;
                self.plan_change(session, index, before, after, &expected, plan).await?;
            }
            Operation::Delete { id, expected } => {
                self.policy.scope(session.context(), Action::Delete)?;
                let before = take(&id, false)?;
                check_expected(&before, &expected)?;
                self.hooks.before_delete(session, &before).await?;
                match E::schema().roles.deleted_at {
                    Some(position) => {
                        let after = write::marked(before.clone(), position, session)?;
                        plan.changes.push((index, before, after, true));
                    }
                    None => plan.removals.push((index, before)),
                }
            }
        }
        Ok(())
    }

    async fn plan_change(
        &self,
        session: &mut Session,
        index: usize,
        before: E,
        after: E,
        expected: &Expected,
        plan: &mut Plan<E>,
    ) -> Result<(), Error> {
        let scope = self.policy.scope(session.context(), Action::Update)?;
        let after = self.prepare_update(session, &scope, &before, after, expected).await?;
        plan.changes.push((index, before, after, false));
        Ok(())
    }

    /// Every row that the batch names, within what the caller may change.
    async fn load(
        &self,
        session: &mut Session,
        operations: &[Operation<E>],
    ) -> Result<HashMap<E::Id, E>, Error> {
        let ids: Vec<E::Id> = operations
            .iter()
            .filter_map(|operation| match operation {
                Operation::Create { .. } => None,
                Operation::Update { id, .. }
                | Operation::Delete { id, .. }
                | Operation::Restore { id, .. } => Some(id.clone()),
            })
            .collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let scope = self.policy.scope(session.context(), Action::Update)?;
        self.hold(session, &scope, &ids).await?;
        let values: Vec<Value> = ids.into_iter().map(Scalar::into_value).collect();
        let limit = u32::try_from(values.len()).unwrap_or(u32::MAX);
        let filter = Specification::new(Predicate::In {
            field: E::schema().roles.id,
            values,
            negated: false,
        });
        let mut query = Query::new(filter).limit(limit);
        query.deleted = Deleted::Include;
        let page = self.repository.list(session, &scope, &query).await?;
        Ok(page.items.into_iter().map(|entity| (entity.id().clone(), entity)).collect())
    }

    async fn execute(
        &self,
        session: &mut Session,
        plan: Plan<E>,
        results: &mut [Option<Result<Outcome<E>, Error>>],
    ) -> Result<(), Error> {
        let mut put = |index: usize, outcome: Outcome<E>| {
            if let Some(slot) = results.get_mut(index) {
                *slot = Some(Ok(outcome));
            }
        };
        let (places, entities): (Vec<usize>, Vec<E>) = plan.creates.into_iter().unzip();
        for (index, entity) in places.into_iter().zip(self.insert(session, entities).await?) {
            put(index, Outcome::Created(entity));
        }
        let scope = self.policy.scope(session.context(), Action::Update)?;
        let after = plan.changes.iter().map(|(_, _, after, _)| after.clone()).collect();
        let stored = self.repository.update(session, &scope, after).await?;
        for ((index, before, _, deletion), stored) in plan.changes.into_iter().zip(stored) {
            let Some(stored) = stored else { return Err(below(index, overtaken(&before))) };
            if deletion {
                self.hooks.after_delete(session, &stored).await?;
                self.publish(session, EntityEvent::Deleted(stored));
                put(index, Outcome::Deleted);
            } else {
                self.announce_change(session, &before, &stored).await?;
                put(index, Outcome::Updated(stored));
            }
        }
        let scope = self.policy.scope(session.context(), Action::Delete)?;
        let targets: Vec<_> = plan
            .removals
            .iter()
            .map(|(_, entity)| {
                (entity.id().clone(), version_of(entity).map(|version| vec![version]))
            })
            .collect();
        let gone = self.repository.delete(session, &scope, &targets, Deleted::Exclude).await?;
        for (index, before) in plan.removals {
            if !gone.iter().any(|entity| entity.id() == before.id()) {
                return Err(below(index, overtaken(&before)));
            }
            self.hooks.after_delete(session, &before).await?;
            self.publish(session, EntityEvent::Deleted(before));
            put(index, Outcome::Deleted);
        }
        Ok(())
    }

    async fn one_by_one(
        &self,
        session: &mut Session,
        operations: Vec<Operation<E>>,
        mut results: Vec<Option<Result<Outcome<E>, Error>>>,
    ) -> Result<Vec<Result<Outcome<E>, Error>>, Error> {
        for (operation, slot) in operations.into_iter().zip(results.iter_mut()) {
            if slot.is_some() {
                continue;
            }
            let mark = session.mark().await?;
            let outcome = self.single(session, operation).await;
            session.settle(mark, outcome.is_ok()).await?;
            *slot = Some(outcome);
        }
        finished(results)
    }

    async fn single(
        &self,
        session: &mut Session,
        operation: Operation<E>,
    ) -> Result<Outcome<E>, Error> {
        match operation {
            Operation::Create { input } => self.create(session, input).await.map(Outcome::Created),
            Operation::Update { id, expected, input } => {
                self.update(session, &id, &expected, input).await.map(Outcome::Updated)
            }
            Operation::Delete { id, expected } => {
                self.delete(session, &id, &expected).await.map(|_| Outcome::Deleted)
            }
            Operation::Restore { id, expected } => {
                self.restore(session, &id, &expected).await.map(Outcome::Updated)
            }
        }
    }
}

/// Another writer was faster between the read and the write of this batch.
fn overtaken<E: Resource>(before: &E) -> Error {
    match version_of(before) {
        Some(current) => Error::Precondition { current: current + 1 },
        None => not_found::<E>(before.id()),
    }
}

fn finished<E>(
    results: Vec<Option<Result<Outcome<E>, Error>>>,
) -> Result<Vec<Result<Outcome<E>, Error>>, Error> {
    results
        .into_iter()
        .map(|result| {
            result.ok_or_else(|| {
                Error::infrastructure("running a batch", "an operation was left out")
            })
        })
        .collect()
}
