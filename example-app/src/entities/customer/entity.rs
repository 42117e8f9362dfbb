use framework::{DateTime, Entity, NaiveDate, Utc, Uuid};

use super::values::{Email, PhoneNumber};
use crate::entities::order::Order;

/// A person who buys.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(table = "customers", has_many(orders: Order, key = "customer_id"))]
pub struct Customer {
    /// Identity, made by the server.
    #[entity(id)]
    pub id: Uuid,
    /// Full name.
    #[entity(filter(eq, icontains, istartswith), sort, search, length(1..=200), example = "Ada Lovelace")]
    pub name: String,
    /// Where letters go.
    #[entity(unique, filter(eq, in, endswith), sort, example = "ada@example.org")]
    pub email: Email,
    /// Where calls go.
    #[entity(filter(eq, isnull), example = "+441234567890")]
    pub phone: Option<PhoneNumber>,
    /// Day of birth, for the birthday letter.
    #[entity(filter, sort)]
    pub born_on: Option<NaiveDate>,
    /// When the customer was made.
    #[entity(created_at, sort)]
    pub created_at: DateTime<Utc>,
    /// When the customer last changed.
    #[entity(updated_at)]
    pub updated_at: DateTime<Utc>,
    /// When the customer left.
    #[entity(deleted_at)]
    pub deleted_at: Option<DateTime<Utc>>,
    /// Counts the changes.
    #[entity(version)]
    pub version: i64,
}
