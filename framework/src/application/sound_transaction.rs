//! A transaction that is not kept once a statement in it has failed.

use async_trait::async_trait;

use super::store::{Delete, Replace, Rows, Select, Selection, Transaction, Update};
use crate::domain::error::Error;
use crate::domain::schema::EntitySchema;
use crate::domain::value::{Row, Value};

/// Gives every store the rule of the strictest: after a failed statement nothing goes on but a rollback, of everything
/// or to a savepoint.
///
/// PostgreSQL does the same, except that it rolls back at COMMIT and calls it a success; SQLite would keep the rest.
///
/// A statement that nobody waited for, such as one under a timeout, has failed too: it may have done all, a part or
/// nothing of its work.
pub struct SoundTransaction<T> {
    inner: Box<T>,
    /// Set before each statement and cleared by its success, so that a statement that is dropped leaves it set.
    failed: bool,
}

impl<T: Transaction> SoundTransaction<T> {
    /// Watches over the statements of a transaction.
    pub fn new(inner: T) -> Self {
        Self { inner: Box::new(inner), failed: false }
    }

    fn sound(&mut self) -> Result<&mut T, Error> {
        if self.failed {
            return Err(Error::TransactionFailed);
        }
        self.failed = true;
        Ok(&mut self.inner)
    }

    fn noted<R>(&mut self, result: Result<R, Error>) -> Result<R, Error> {
        self.failed = result.is_err();
        result
    }
}

#[async_trait]
impl<T: Transaction> Rows for SoundTransaction<T> {
    async fn select(&mut self, select: &Select<'_>) -> Result<Selection, Error> {
        let result = self.sound()?.select(select).await;
        self.noted(result)
    }

    async fn insert(&mut self, schema: &'static EntitySchema, rows: &[Row]) -> Result<(), Error> {
        let result = self.sound()?.insert(schema, rows).await;
        self.noted(result)
    }

    async fn update(&mut self, update: &Update<'_>) -> Result<Vec<Row>, Error> {
        let result = self.sound()?.update(update).await;
        self.noted(result)
    }

    async fn replace(&mut self, replace: &Replace<'_>) -> Result<Vec<Value>, Error> {
        let result = self.sound()?.replace(replace).await;
        self.noted(result)
    }

    async fn delete(&mut self, delete: &Delete<'_>) -> Result<Vec<Row>, Error> {
        let result = self.sound()?.delete(delete).await;
        self.noted(result)
    }
}

#[async_trait]
impl<T: Transaction> Transaction for SoundTransaction<T> {
    async fn savepoint(&mut self, depth: usize) -> Result<(), Error> {
        let result = self.sound()?.savepoint(depth).await;
        self.noted(result)
    }

    async fn release(&mut self, depth: usize) -> Result<(), Error> {
        let result = self.sound()?.release(depth).await;
        self.noted(result)
    }

    async fn rollback_to(&mut self, depth: usize) -> Result<(), Error> {
        self.failed = true;
        let result = self.inner.rollback_to(depth).await;
        // No savepoint opens after a failure, so whatever failed lies behind this one.
        self.noted(result)
    }

    async fn try_lock(&mut self, number: i64) -> Result<bool, Error> {
        let result = self.sound()?.try_lock(number).await;
        self.noted(result)
    }

    async fn lock(&mut self, number: i64) -> Result<(), Error> {
        let result = self.sound()?.lock(number).await;
        self.noted(result)
    }

    async fn commit(self: Box<Self>) -> Result<(), Error> {
        if self.failed {
            // What the caller did wrong is the failure to report, not what the rollback says.
            let _ = self.inner.rollback().await;
            return Err(Error::TransactionFailed);
        }
        self.inner.commit().await
    }

    async fn rollback(self: Box<Self>) -> Result<(), Error> {
        self.inner.rollback().await
    }
}
