//! Many operations, as if done one after another in the order given, in a constant number of statements.
//!
//! Everything is read and held in one statement, checked, and written in at most one statement per kind of write. Where
//! that could differ from one after another, they are done one after another: when a rule looked at the rows that the
//! batch is about, when two operations name one row, and when the database refuses the whole, which also finds out
//! which operation is to blame.

use std::collections::{HashMap, HashSet};

use super::{
    Action, CrudUseCase, Deleted, EntityEvent, Error, Expected, Operation, Outcome, Resource,
    Session, UseCase, below, not_deleted, not_found, order, references, version_of, write,
};
use crate::application::changes::Touched;

/// Place in the batch, before, after, and whether it is a deletion mark.
pub(super) type Change<E> = (usize, E, E, bool);

/// What is ready to be written, with its place in the batch.
pub(super) struct Plan<E: Resource> {
    pub creates: Vec<(usize, E)>,
    pub changes: Vec<Change<E>>,
    pub removals: Vec<(usize, E)>,
    /// What the rules looked at.
    touched: Touched,
}

/// The outcome of each operation, as far as it has one.
type Results<E> = Vec<Option<Result<Outcome<E>, Error>>>;

/// What came of doing all operations at once.
enum Together<E: Resource> {
    Done(Results<E>),
    /// Only one after another tells; these have their result already.
    Unclear(Results<E>),
}

impl<E: Resource> CrudUseCase<E> {
    pub(super) async fn run_batch(
        &self,
        session: &mut Session,
        operations: Vec<Operation<E>>,
        atomic: bool,
    ) -> Result<Vec<Result<Outcome<E>, Error>>, Error> {
        let results = self.results(session, operations, atomic).await;
        let is_stale = |result: &Result<_, Error>| result.as_ref().is_err_and(Error::is_stale);
        if results.as_ref().is_ok_and(|results| results.iter().any(is_stale)) {
            session.distrust_named();
        }
        results
    }

    async fn results(
        &self,
        session: &mut Session,
        operations: Vec<Operation<E>>,
        atomic: bool,
    ) -> Result<Vec<Result<Outcome<E>, Error>>, Error> {
        let results: Results<E> = operations.iter().map(|_| None).collect();
        if operations.len() == 1 {
            return self.one_by_one(session, operations, results, atomic).await;
        }
        // Held before any savepoint, in the order of the ids, whatever comes: nobody is overtaken or waits in a circle.
        let stored = self.load(session, &operations).await?;
        if order::matters(&operations) {
            return self.one_by_one(session, operations, results, atomic).await;
        }
        let mark = session.mark().await?;
        let done = self.together(session, operations.clone(), stored, results, atomic).await;
        session.settle(mark, matches!(done, Ok(Together::Done(_)))).await?;
        match done? {
            Together::Done(results) => finished(results),
            Together::Unclear(results) => {
                self.one_by_one(session, operations, results, atomic).await
            }
        }
    }

    /// Checks all, then writes all.
    async fn together(
        &self,
        session: &mut Session,
        operations: Vec<Operation<E>>,
        stored: HashMap<E::Id, E>,
        mut results: Results<E>,
        atomic: bool,
    ) -> Result<Together<E>, Error> {
        let nothing = || results.iter().map(|_| None).collect();
        let (fresh, mut written): (Results<E>, Results<E>) = (nothing(), nothing());
        let Some(mut plan) = self.plan(session, operations, stored, &mut results).await? else {
            return Ok(Together::Unclear(fresh));
        };
        if atomic {
            for (index, slot) in results.iter_mut().enumerate() {
                if let Some(Err(error)) = slot.take() {
                    return Err(below(index, error));
                }
            }
        }
        if order::passes_keys_on(&plan) {
            // The database would judge by its own order.
            return Ok(Together::Unclear(results));
        }
        if !self.hooks.is_empty() && results.iter().any(Option::is_some) {
            // What a hook wrote for an operation that fails must go with it: each needs its own savepoint.
            return Ok(Together::Unclear(fresh));
        }
        let looked_at = std::mem::take(&mut plan.touched);
        session.watch();
        let executed = self.execute(session, plan, &mut written).await;
        let outdated = looked_at.is_outdated_by(&session.watched());
        match executed {
            // What followed one operation would have shown to the rules of the next.
            Ok(true) if outdated => return Ok(Together::Unclear(fresh)),
            Ok(true) => {}
            Ok(false) => return Ok(Together::Unclear(results)),
            Err(error) if is_refusal(&error) => return Ok(Together::Unclear(results)),
            Err(error) => return Err(error),
        }
        for (slot, outcome) in results.iter_mut().zip(written) {
            if outcome.is_some() {
                *slot = outcome;
            }
        }
        Ok(Together::Done(results))
    }

    /// Checks every operation; what cannot be done has its result already. `None` when a rule looked at rows that another
    /// operation may have changed.
    async fn plan(
        &self,
        session: &mut Session,
        operations: Vec<Operation<E>>,
        mut stored: HashMap<E::Id, E>,
        results: &mut Results<E>,
    ) -> Result<Option<Plan<E>>, Error> {
        let mut plan = Plan {
            creates: Vec::new(),
            changes: Vec::new(),
            removals: Vec::new(),
            touched: Touched::default(),
        };
        for (index, operation) in operations.into_iter().enumerate() {
            session.watch();
            let planned = self.plan_one(session, index, operation, &mut stored, &mut plan).await;
            let touched = session.watched();
            if touched.touches(E::schema()) {
                return Ok(None);
            }
            plan.touched.add(touched);
            if let (Err(error), Some(slot)) = (planned, results.get_mut(index)) {
                *slot = Some(Err(error));
            }
        }
        Ok(Some(plan))
    }

    async fn plan_one(
        &self,
        session: &mut Session,
        index: usize,
        operation: Operation<E>,
        stored: &mut HashMap<E::Id, E>,
        plan: &mut Plan<E>,
    ) -> Result<(), Error> {
        // A caller who may not do this at all is told so, not that the row is missing.
        self.scope_of(session, &operation)?;
        let mut take = |id: &E::Id, deleted: bool| match stored.remove(id) {
            Some(entity) if write::is_deleted(&entity) == deleted => Ok(entity),
            Some(_) if deleted => Err(not_deleted::<E>(id)),
            _ => Err(not_found::<E>(id)),
        };
        match operation {
            Operation::Create { input } => {
                plan.creates.push((index, self.prepare_create(session, input).await?));
            }
            Operation::Update { id, expected, input } => {
                let before = take(&id, false)?;
                let after = self
                    .mapper
                    .update(session, before.clone(), input)
                    .map_err(|error| write::stale_first(error, &expected, &before))?;
                self.plan_change(session, index, before, after, &expected, plan).await?;
            }
            Operation::Restore { id, expected } => {
                let before = take(&id, true)?;
                let after = write::undeleted(before.clone())?;
                self.plan_change(session, index, before, after, &expected, plan).await?;
            }
            Operation::Delete { id, expected } => {
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

    /// Writes what was planned; `false` when a row is not any more what it was.
    async fn execute(
        &self,
        session: &mut Session,
        plan: Plan<E>,
        results: &mut Results<E>,
    ) -> Result<bool, Error> {
        let mut put = |index: usize, outcome: Outcome<E>| {
            if let Some(slot) = results.get_mut(index) {
                *slot = Some(Ok(outcome));
            }
        };
        let (places, entities): (Vec<usize>, Vec<E>) = plan.creates.into_iter().unzip();
        for (index, entity) in places.into_iter().zip(self.insert(session, entities).await?) {
            put(index, Outcome::Created(entity));
        }
        let (marks, changes): (Vec<_>, Vec<_>) =
            plan.changes.into_iter().partition(|(.., is_mark)| *is_mark);
        for (changes, action) in [(changes, Action::Update), (marks, Action::Delete)] {
            for (index, before, stored) in self.replace_all(session, changes, action).await? {
                let Some(stored) = stored else { return Ok(false) };
                if action == Action::Delete {
                    self.hooks.after_delete(session, &stored).await?;
                    self.publish(session, EntityEvent::Deleted(stored));
                    put(index, Outcome::Deleted);
                } else {
                    self.announce_change(session, &before, &stored).await?;
                    put(index, Outcome::Updated(stored));
                }
            }
        }
        if plan.removals.is_empty() {
            return Ok(true);
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
        let gone: HashSet<&E::Id> = gone.iter().map(|entity| entity.id()).collect();
        for (index, before) in plan.removals {
            if !gone.contains(before.id()) {
                return Ok(false);
            }
            self.hooks.after_delete(session, &before).await?;
            self.publish(session, EntityEvent::Deleted(before));
            put(index, Outcome::Deleted);
        }
        Ok(true)
    }

    /// Writes changed rows in one statement: the place, what was there, and what is now, if it was still there.
    async fn replace_all(
        &self,
        session: &mut Session,
        changes: Vec<Change<E>>,
        action: Action,
    ) -> Result<Vec<(usize, E, Option<E>)>, Error> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let scope = self.policy.scope(session.context(), action)?;
        let pairs: Vec<_> =
            changes.iter().map(|(_, before, after, _)| (Some(before), after)).collect();
        references::check(session, &pairs).await?;
        let after = pairs.into_iter().map(|(_, after)| after.clone()).collect();
        let stored = self.repository.update(session, &scope, after).await?;
        let changed = changes.into_iter().zip(stored);
        Ok(changed.map(|((index, before, ..), stored)| (index, before, stored)).collect())
    }

    /// Each as if it came alone, behind those before it; what has its result already is left out. An atomic batch ends
    /// with its first failure.
    async fn one_by_one(
        &self,
        session: &mut Session,
        operations: Vec<Operation<E>>,
        mut results: Results<E>,
        atomic: bool,
    ) -> Result<Vec<Result<Outcome<E>, Error>>, Error> {
        for (index, (operation, slot)) in operations.into_iter().zip(&mut results).enumerate() {
            if slot.is_some() {
                continue;
            }
            if atomic {
                let outcome = self.single(session, operation).await;
                *slot = Some(Ok(outcome.map_err(|error| below(index, error))?));
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

/// Whether it is the caller's fault, so that it has to be found out which operation's.
fn is_refusal(error: &Error) -> bool {
    matches!(
        error,
        Error::Conflict(_) | Error::Operation { .. } | Error::Validation(_) | Error::Domain(_)
    )
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
