//! Doing something at most once: a request's key and its answer are kept beside the rows it wrote.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;

use super::session::Session;
use super::store::{Delete, Select};
use crate::domain::error::{Conflict, Error};
use crate::domain::query::{Deleted, Direction, Order};
use crate::domain::schema::{EntitySchema, FieldSchema, Kind, Options, Roles};
use crate::domain::specification::{Comparison, Predicate};
use crate::domain::value::{Row, Value};

/// How long an answer is kept unless the settings say otherwise.
pub const TTL: Duration = Duration::from_secs(24 * 60 * 60);

/// What tells a repetition from another request. Both are SHA-256 digests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The caller's key in its scope: tenant, actor, method, path.
    pub id: [u8; 32],
    /// Everything of the request that the answer depends on.
    pub fingerprint: [u8; 32],
}

/// A whole answer, such as can be kept and given again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Status code.
    pub status: u16,
    /// Headers of the answer itself; those of the connection and of the single request are not among them.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// How a [`Reply`] came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// The work was done now.
    Now(Reply),
    /// It had been done before; this is what was answered then.
    Before(Reply),
}

impl Reply {
    /// An answer with a JSON body.
    ///
    /// # Errors
    /// When the value cannot be written as JSON.
    pub fn json<T: Serialize + ?Sized>(status: u16, value: &T) -> Result<Self, Error> {
        let body = serde_json::to_vec(value)
            .map_err(|error| Error::infrastructure("writing an answer as JSON", error))?;
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Ok(Self { status, headers, body })
    }

    /// An answer without a body.
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// The same answer with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.into()));
        self
    }
}

/// The keys whose work is under way in this process. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct InFlight(Arc<Mutex<HashSet<[u8; 32]>>>);

/// Holds a key; dropped when its work has ended, however it ended.
#[derive(Debug)]
pub(super) struct InFlightMark {
    keys: InFlight,
    id: [u8; 32],
}

impl InFlight {
    pub(super) fn has(&self, id: [u8; 32]) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&id)
    }

    pub(super) fn enter(&self, id: [u8; 32]) -> Result<InFlightMark, Error> {
        let is_first = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        if is_first { Ok(InFlightMark { keys: self.clone(), id }) } else { Err(Error::InFlight) }
    }
}

impl Drop for InFlightMark {
    fn drop(&mut self) {
        self.keys.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

/// Keeps every other process from working on this key until the transaction ends; then the answer that was kept, if
/// there is one.
pub(super) async fn recall(session: &mut Session, claim: &Claim) -> Result<Option<Reply>, Error> {
    let [a, b, c, d, e, f, g, h, ..] = claim.id;
    if !session.try_lock(i64::from_be_bytes([a, b, c, d, e, f, g, h])).await? {
        return Err(Error::InFlight);
    }
    let Some(kept) = Kept::of(session, claim).await? else { return Ok(None) };
    if kept.expires_at <= session.now() {
        let same = of_claim(claim);
        let predicates = [&same];
        let delete = Delete { schema: &SCHEMA, predicates: &predicates, deleted: Deleted::Include };
        session.rows().delete(&delete).await?;
        return Ok(None);
    }
    kept.reply_to(claim).map(Some)
}

/// The answer that was kept, if there is one; nothing is locked or changed.
pub(super) async fn look(session: &mut Session, claim: &Claim) -> Result<Option<Reply>, Error> {
    let kept = Kept::of(session, claim).await?.filter(|kept| kept.expires_at > session.now());
    kept.map(|kept| kept.reply_to(claim)).transpose()
}

/// Keeps the answer in the transaction of the rows that it tells about.
pub(super) async fn keep(
    session: &mut Session,
    claim: &Claim,
    reply: &Reply,
    ttl: Duration,
) -> Result<(), Error> {
    let now = session.now();
    let expires_at = chrono::Duration::from_std(ttl)
        .ok()
        .and_then(|ttl| now.checked_add_signed(ttl))
        .ok_or_else(|| Error::Configuration("idempotency.ttl is too long".to_owned()))?;
    let row = vec![
        Value::Text(hex(&claim.id)),
        Value::Text(hex(&claim.fingerprint)),
        Value::Int(i64::from(reply.status)),
        Value::Json(Box::new(json!(reply.headers))),
        Value::Bytes(reply.body.clone()),
        Value::Instant(now),
        Value::Instant(expires_at),
    ];
    match session.rows().insert(&SCHEMA, &[row]).await {
        // Someone worked on the same key in spite of the lock: the first to end is the one that counts.
        Err(Error::Conflict(Conflict::Duplicate { .. })) => Err(Error::InFlight),
        done => done,
    }
}

/// Deletes at most `most` answers that are kept no longer; returns how many.
///
/// # Errors
/// When the store does not answer.
pub async fn forget_expired(session: &mut Session, most: u32) -> Result<usize, Error> {
    let expired = compare(EXPIRES_AT, Comparison::Le, Value::Instant(session.now()));
    let predicates = [&expired];
    let columns = [ID];
    let order = [EXPIRES_AT, ID].map(|field| Order { field, direction: Direction::Ascending });
    let select = Select {
        columns: Some(&columns),
        order: &order,
        limit: Some(most),
        ..Select::new(&SCHEMA, &predicates)
    };
    let rows = session.rows().select(&select).await?.rows;
    let values: Vec<Value> = rows.into_iter().flatten().collect();
    if values.is_empty() {
        return Ok(0);
    }
    let these = Predicate::In { field: ID, values, negated: false };
    let predicates = [&these, &expired];
    let delete = Delete { schema: &SCHEMA, predicates: &predicates, deleted: Deleted::Include };
    Ok(session.rows().delete(&delete).await?.len())
}

/// What a row of the table says.
struct Kept {
    fingerprint: String,
    expires_at: DateTime<Utc>,
    reply: Reply,
}

impl Kept {
    async fn of(session: &mut Session, claim: &Claim) -> Result<Option<Self>, Error> {
        let same = of_claim(claim);
        let predicates = [&same];
        let select = Select { limit: Some(1), ..Select::new(&SCHEMA, &predicates) };
        let row = session.rows().select(&select).await?.rows.pop();
        row.map(Self::from_row).transpose()
    }

    /// Only the request that was answered gets the answer.
    fn reply_to(self, claim: &Claim) -> Result<Reply, Error> {
        if self.fingerprint == hex(&claim.fingerprint) {
            Ok(self.reply)
        } else {
            Err(Error::KeyReused)
        }
    }

    fn from_row(row: Row) -> Result<Self, Error> {
        let broken =
            || Error::infrastructure("reading a kept answer", "the row is not as it was written");
        let Ok(
            [
                _,
                Value::Text(fingerprint),
                Value::Int(status),
                Value::Json(headers),
                Value::Bytes(body),
                _,
                Value::Instant(expires_at),
            ],
        ) = <[Value; 7]>::try_from(row)
        else {
            return Err(broken());
        };
        let status = u16::try_from(status).map_err(|_| broken())?;
        let headers = serde_json::from_value(*headers).map_err(|_| broken())?;
        Ok(Self { fingerprint, expires_at, reply: Reply { status, headers, body } })
    }
}

fn of_claim(claim: &Claim) -> Predicate {
    compare(ID, Comparison::Eq, Value::Text(hex(&claim.id)))
}

fn compare(field: usize, comparison: Comparison, value: Value) -> Predicate {
    Predicate::Compare { field, comparison, value }
}

fn hex(digest: &[u8; 32]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

const ID: usize = 0;
const EXPIRES_AT: usize = 6;

static FIELDS: [FieldSchema; 7] = [
    FieldSchema::new("id", Kind::Text),
    FieldSchema::new("fingerprint", Kind::Text),
    FieldSchema::new("status", Kind::Int { bits: 32, signed: true }),
    FieldSchema::new("headers", Kind::Json),
    FieldSchema::new("body", Kind::Bytes),
    FieldSchema::new("created_at", Kind::Instant),
    {
        let mut field = FieldSchema::new("expires_at", Kind::Instant);
        field.index = true;
        field
    },
];

/// The table of the kept answers; made by a migration of the framework's own.
pub static SCHEMA: EntitySchema = EntitySchema {
    name: "IdempotencyKey",
    plural: "idempotency-keys",
    table: "_idempotency_keys",
    doc: "",
    fields: &FIELDS,
    relations: &[],
    roles: Roles::identity(ID),
    unique: &[],
    options: Options::DEFAULT,
};
