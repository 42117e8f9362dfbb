//! A question to a repository, and its answer.

use super::entity::Entity;
use super::scalar::Scalar as _;
use super::schema::EntitySchema;
use super::specification::{Predicate, Specification};
use super::value::{Row, Value};

/// Which rows, in which order, how many, with what beside them.
#[derive(Debug, Clone)]
pub struct Query<E> {
    /// Condition on the rows.
    pub filter: Specification<E>,
    /// Order; the id is always the last key, so that the order is total.
    pub sort: Vec<Order>,
    /// Which part of the ordered rows.
    pub window: Window,
    /// Most rows to return.
    pub limit: u32,
    /// Whether to count all matching rows.
    pub count: Count,
    /// Deleted rows of soft-deletable entities.
    pub deleted: Deleted,
    /// How the rows are held until the transaction ends.
    pub lock: Lock,
}

impl<E: Entity> Query<E> {
    /// The rows that satisfy the filter, by id: the first page, of the entity's page size (20 unless declared). Where all
    /// rows matter, as they do to a rule, use [`unlimited`](Self::unlimited).
    pub fn new(filter: Specification<E>) -> Self {
        Self {
            filter,
            sort: Vec::new(),
            window: Window::First,
            limit: E::schema().options.default_limit,
            count: Count::None,
            deleted: Deleted::Exclude,
            lock: Lock::None,
        }
    }

    /// The row with this id.
    pub fn by_id(id: E::Id) -> Self {
        let id_is = Predicate::eq(E::schema().roles.id, id.into_value());
        Self::new(Specification::new(id_is)).limit(1)
    }

    /// The same query of other rows.
    #[must_use]
    pub(crate) fn with_filter(&self, filter: Specification<E>) -> Self {
        let (sort, window) = (self.sort.clone(), self.window.clone());
        Self { filter, sort, window, ..*self }
    }

    /// Sorts by this key after those already given.
    #[must_use]
    pub fn sort(mut self, order: Order) -> Self {
        self.sort.push(order);
        self
    }

    /// Returns at most this many rows.
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = limit;
        self
    }

    /// Returns every matching row.
    #[must_use]
    pub fn unlimited(self) -> Self {
        self.limit(u32::MAX)
    }

    /// Starts elsewhere than at the first row.
    #[must_use]
    pub fn window(mut self, window: Window) -> Self {
        self.window = window;
        self
    }

    /// Counts all matching rows too.
    #[must_use]
    pub fn count(mut self, count: Count) -> Self {
        self.count = count;
        self
    }

    /// Holds the rows until the transaction ends.
    #[must_use]
    pub fn lock(mut self, lock: Lock) -> Self {
        self.lock = lock;
        self
    }
}

/// One sort key. Nulls are last in ascending and first in descending order, on every database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// Position of the field.
    pub field: usize,
    /// Up or down.
    pub direction: Direction,
}

/// Up or down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

impl Direction {
    /// The other one.
    #[must_use]
    pub fn reversed(self) -> Self {
        match self {
            Self::Ascending => Self::Descending,
            Self::Descending => Self::Ascending,
        }
    }
}

/// Which part of the ordered rows a page shows.
#[derive(Debug, Clone, PartialEq)]
pub enum Window {
    /// From the first row.
    First,
    /// Behind this position.
    After(Position),
    /// The rows just before this position, in the query's own order.
    Before(Position),
    /// After skipping this many rows.
    Offset(u64),
}

/// A place between rows: the sort key values of the row beside it, id last.
#[derive(Debug, Clone, PartialEq)]
pub struct Position(pub Vec<Value>);

/// Whether the total is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// No: the cheapest page.
    None,
    /// A guess from the database's statistics where it has one, else exact.
    Estimated,
    /// The exact number.
    Exact,
}

/// What to do with rows marked as deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deleted {
    /// Leave them out.
    Exclude,
    /// Show them beside the others.
    Include,
    /// Show only them.
    Only,
}

/// How a read holds its rows until the transaction ends: whoever else wants to write them waits, and reads them as they
/// are then. A store with one writer at a time needs no lock.
///
/// Take rows in the order of their ids, and an aggregate before its children, and nobody waits in a circle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// Not at all.
    None,
    /// For a change: rows that refer to them can still be made.
    Change,
    /// For a removal.
    Remove,
}

/// One page of an ordered list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The rows, in the query's order.
    pub items: Vec<T>,
    /// Where the next page starts; `None` at the end.
    pub next: Option<Position>,
    /// Where the page before this one ends; `None` at the beginning.
    pub previous: Option<Position>,
    /// Number of matching rows, if it was asked for.
    pub total: Option<u64>,
}

impl<T> Page<T> {
    /// The same page with every item converted.
    pub fn map<U>(self, convert: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(convert).collect(),
            next: self.next,
            previous: self.previous,
            total: self.total,
        }
    }

    /// The same page with every item converted, or the first failure.
    ///
    /// # Errors
    /// Whatever the conversion returns.
    pub fn try_map<U, X>(self, convert: impl FnMut(T) -> Result<U, X>) -> Result<Page<U>, X> {
        Ok(Page {
            items: self.items.into_iter().map(convert).collect::<Result<_, _>>()?,
            next: self.next,
            previous: self.previous,
            total: self.total,
        })
    }
}

/// The complete sort: the given keys, each field once, ended by the id.
pub fn total_order(schema: &EntitySchema, sort: &[Order]) -> Vec<Order> {
    let mut order: Vec<Order> = Vec::with_capacity(sort.len() + 1);
    for key in sort {
        if !order.iter().any(|known| known.field == key.field) {
            order.push(*key);
        }
    }
    if !order.iter().any(|key| key.field == schema.roles.id) {
        order.push(Order { field: schema.roles.id, direction: Direction::Ascending });
    }
    order
}

/// The position of a row in an order made by [`total_order`].
pub fn position_of(order: &[Order], row: &Row) -> Position {
    Position(order.iter().map(|key| row.get(key.field).cloned().unwrap_or(Value::Null)).collect())
}
