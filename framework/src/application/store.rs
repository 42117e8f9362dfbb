//! The port behind which rows live: untyped, driven by schemas, implemented by each database adapter once.

use async_trait::async_trait;

use crate::domain::error::Error;
use crate::domain::query::{Count, Deleted, Lock, Order, Window};
use crate::domain::schema::EntitySchema;
use crate::domain::specification::Predicate;
use crate::domain::value::{Row, Value};

/// A place where rows live.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Rows outside any transaction: each call commits by itself.
    fn autocommit(&self) -> Box<dyn Rows>;

    /// Starts a transaction that may write.
    ///
    /// # Errors
    /// When no connection is available.
    async fn begin(&self) -> Result<Box<dyn Transaction>, Error>;

    /// Whether the store answers at all.
    ///
    /// # Errors
    /// When it does not.
    async fn ping(&self) -> Result<(), Error>;
}

/// Reads and writes of rows. Every method is one statement, whatever the number of rows.
///
/// # Errors
/// Every method: [`Error::Conflict`] when the rows break a constraint, [`Error::Unavailable`] or
/// [`Error::Infrastructure`] when the store does not answer.
#[async_trait]
pub trait Rows: Send {
    /// Rows in order, with the total if asked.
    async fn select(&mut self, select: &Select<'_>) -> Result<Selection, Error>;

    /// New rows, all or none. Every row has a value for every field of the schema.
    async fn insert(&mut self, schema: &'static EntitySchema, rows: &[Row]) -> Result<(), Error>;

    /// Sets the same values in every row that matches; returns the changed rows, whole.
    async fn update(&mut self, update: &Update<'_>) -> Result<Vec<Row>, Error>;

    /// Replaces whole rows by id, each only if it is at the given version and within the guard; returns the ids that
    /// were replaced.
    async fn replace(&mut self, replace: &Replace<'_>) -> Result<Vec<Value>, Error>;

    /// Removes every row that matches; returns them, whole.
    async fn delete(&mut self, delete: &Delete<'_>) -> Result<Vec<Row>, Error>;
}

/// Rows inside a transaction. Dropped without commit, it rolls back.
#[async_trait]
pub trait Transaction: Rows {
    /// Opens a savepoint at this depth (1 for the outermost).
    async fn savepoint(&mut self, depth: usize) -> Result<(), Error>;

    /// Keeps what was done since the savepoint.
    async fn release(&mut self, depth: usize) -> Result<(), Error>;

    /// Undoes what was done since the savepoint.
    async fn rollback_to(&mut self, depth: usize) -> Result<(), Error>;

    /// Takes the lock of this number until the transaction ends, however it ends; `false`, at once, when another
    /// transaction has it. A store with one writer at a time needs no lock and says `true`.
    async fn try_lock(&mut self, number: i64) -> Result<bool, Error>;

    /// Takes the lock of this number like [`try_lock`](Self::try_lock), and waits for it while another transaction has it.
    async fn lock(&mut self, number: i64) -> Result<(), Error>;

    /// Makes everything durable. Refused with [`Error::TransactionFailed`] after a failed statement that no rollback to a
    /// savepoint undid: nothing is kept then. Stores get this from
    /// [`SoundTransaction`](super::sound_transaction::SoundTransaction).
    async fn commit(self: Box<Self>) -> Result<(), Error>;

    /// Undoes everything.
    async fn rollback(self: Box<Self>) -> Result<(), Error>;
}

/// Which rows of which columns.
#[derive(Debug, Clone)]
pub struct Select<'a> {
    /// The table.
    pub schema: &'static EntitySchema,
    /// Positions of the wanted fields, in the wanted order; `None` for all.
    pub columns: Option<&'a [usize]>,
    /// Conditions, AND-ed: filter, policy.
    pub predicates: &'a [&'a Predicate],
    /// Rows marked as deleted.
    pub deleted: Deleted,
    /// A total order, ended by the id; empty when order does not matter.
    pub order: &'a [Order],
    /// Which part of the order. `Window::Before` yields the rows nearest to the position, in reverse order.
    pub window: Window,
    /// Most rows.
    pub limit: Option<u32>,
    /// Most rows per value of this field, in the given order: for the children of many parents.
    pub limit_per: Option<(usize, u32)>,
    /// Whether to count all matching rows (without window and limit), in the same statement where possible.
    pub count: Count,
    /// How the rows are held until the transaction ends; not for `limit_per`.
    pub lock: Lock,
}

impl<'a> Select<'a> {
    /// All live rows of a table that match, in no order.
    pub fn new(schema: &'static EntitySchema, predicates: &'a [&'a Predicate]) -> Self {
        Self {
            schema,
            columns: None,
            predicates,
            deleted: Deleted::Exclude,
            order: &[],
            window: Window::First,
            limit: None,
            limit_per: None,
            count: Count::None,
            lock: Lock::None,
        }
    }
}

/// The answer to a [`Select`].
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// The rows: all fields, or the wanted columns.
    pub rows: Vec<Row>,
    /// The total, if it was asked for.
    pub total: Option<u64>,
}

/// One change of many rows. A version field counts up by itself.
#[derive(Debug, Clone)]
pub struct Update<'a> {
    /// The table.
    pub schema: &'static EntitySchema,
    /// Conditions, AND-ed: id, expected version, policy.
    pub predicates: &'a [&'a Predicate],
    /// Rows marked as deleted.
    pub deleted: Deleted,
    /// New values by position of the field. The time of the last change never moves back: the later one stays.
    pub set: &'a [(usize, Value)],
}

/// Whole rows to write over those with the same ids. A version field counts up by itself.
#[derive(Debug, Clone)]
pub struct Replace<'a> {
    /// The table.
    pub schema: &'static EntitySchema,
    /// The rows as they shall be; the version, where there is one, is the expected one and is checked in the statement.
    pub rows: &'a [Row],
    /// Further conditions on the stored row, AND-ed: policy.
    pub predicates: &'a [&'a Predicate],
}

/// Rows to remove.
#[derive(Debug, Clone)]
pub struct Delete<'a> {
    /// The table.
    pub schema: &'static EntitySchema,
    /// Conditions, AND-ed.
    pub predicates: &'a [&'a Predicate],
    /// Rows marked as deleted.
    pub deleted: Deleted,
}
