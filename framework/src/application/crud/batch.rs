//! Many operations in a constant number of statements.
//!
//! Everything is read in one statement, checked, and written in at most one statement per kind of write. What hooks read
//! and write comes on top of that.
//!
//! Only a non-atomic batch that fails is done again: without what a hook refused, and in halves where the database refused
//! something (a duplicate, a missing reference), down to single operations, to find out which of them are to blame. Each
//! group is in a savepoint of its own.

use std::collections::HashMap;

use super::{
    Action, CrudUseCase, Deleted, EntityEvent, Error, Expected, Operation, Outcome, Query,
    Resource, Session, UseCase, Value, below, not_found, version_of, write,
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

/// Operations with their places in the batch.
type Group<E> = Vec<(usize, Operation<E>)>;

impl<E: Resource> CrudUseCase<E> {
    pub(super) async fn run_batch(
        &self,
        session: &mut Session,
        operations: Vec<Operation<E>>,
        atomic: bool,
    ) -> Result<Vec<Result<Outcome<E>, Error>>, Error> {
        let mut results: Vec<Option<Result<Outcome<E>, Error>>> =
            operations.iter().map(|_| None).collect();
        if !atomic {
            let mut groups: Vec<Group<E>> = vec![operations.into_iter().enumerate().collect()];
            while let Some(group) = groups.pop() {
                groups.extend(self.attempt(session, group, &mut results).await?);
            }
            return finished(results);
        }
        let plan = self.plan(session, operations, &mut results).await?;
        for (index, slot) in results.iter_mut().enumerate() {
            match slot.take() {
                Some(Err(error)) => return Err(below(index, error)),
                done => *slot = done,
            }
        }
        self.execute(session, plan, &mut results).await?;
        finished(results)
    }

    /// Does a group at once. When it cannot be, nothing of it is kept, and it is returned in smaller groups to be tried
    /// again, the first of them last.
    async fn attempt(
        &self,
        session: &mut Session,
        group: Group<E>,
        results: &mut [Option<Result<Outcome<E>, Error>>],
    ) -> Result<Vec<Group<E>>, Error> {
        let group = match <[_; 1]>::try_from(group) {
            Ok([(index, operation)]) => {
                let mark = session.mark().await?;
                let outcome = self.single(session, operation).await;
                session.settle(mark, outcome.is_ok()).await?;
                put(results, index, outcome);
                return Ok(Vec::new());
            }
            Err(group) => group,
        };
        let (places, operations): (Vec<usize>, Vec<Operation<E>>) = group.iter().cloned().unzip();
        let none = || places.iter().map(|_| None).collect::<Vec<_>>();
        let (mut refused, mut written) = (none(), none());
        let mark = session.mark().await?;
        let plan = self.plan(session, operations, &mut refused).await?;
        let is_refused: Vec<bool> = refused.iter().map(Option::is_some).collect();
        let mut fates = is_refused.iter();
        let (alone, others): (Group<E>, Group<E>) =
            group.into_iter().partition(|_| fates.next() == Some(&true));
        if !alone.is_empty() && !self.hooks.is_empty() {
            // What a hook wrote before it refused an operation must go with it: the others again, then each of these.
            session.settle(mark, false).await?;
            let alone = alone.into_iter().rev().map(|operation| vec![operation]);
            return Ok(alone.chain((!others.is_empty()).then_some(others)).collect());
        }
        let executed = self.execute(session, plan, &mut written).await;
        session.settle(mark, executed.is_ok()).await?;
        for (place, refusal) in places.iter().zip(refused) {
            if let Some(refusal) = refusal {
                put(results, *place, refusal);
            }
        }
        match executed {
            Ok(()) => {
                for (place, outcome) in places.iter().zip(written) {
                    if let Some(outcome) = outcome {
                        put(results, *place, outcome);
                    }
                }
                Ok(Vec::new())
            }
            Err(error) if self.blames_an_operation(&error) => Ok(halves(others)),
            Err(error) => Err(error),
        }
    }

    /// Whether smaller groups can do better than one that failed so. A hook may fail for its own row in any way.
    fn blames_an_operation(&self, error: &Error) -> bool {
        !self.hooks.is_empty()
            || matches!(
                error,
                Error::Conflict(_)
                    | Error::Operation { .. }
                    | Error::Validation(_)
                    | Error::Domain(_)
            )
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
                expected.check(&before)?;
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

fn halves<E: Resource>(mut group: Group<E>) -> Vec<Group<E>> {
    let second = group.split_off(group.len() / 2);
    [second, group].into_iter().filter(|half| !half.is_empty()).collect()
}

fn put<E>(
    results: &mut [Option<Result<Outcome<E>, Error>>],
    index: usize,
    outcome: Result<Outcome<E>, Error>,
) {
    if let Some(slot) = results.get_mut(index) {
        *slot = Some(outcome);
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
