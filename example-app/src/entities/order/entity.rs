use framework::{DateTime, Entity, EntityEnum, Utc, Uuid};

use crate::entities::customer::Customer;
use crate::entities::product::Product;

/// What a customer wants.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(table = "orders", events)]
pub struct Order {
    /// Identity, made by the server.
    #[entity(id)]
    pub id: Uuid,
    /// Who ordered.
    #[entity(belongs_to = Customer, filter, on_delete = "restrict", immutable)]
    pub customer_id: Uuid,
    /// How far the order is.
    #[entity(filter, sort, default = OrderStatus::Draft)]
    pub status: OrderStatus,
    /// Sum of the lines in cents, computed by the server.
    #[entity(read_only, filter(gte, lte, between), sort, range(0..=9_000_000_000_000), default = 0)]
    pub total_cents: i64,
    /// When the order was placed.
    #[entity(read_only, filter(gte, lt, isnull), sort)]
    pub placed_at: Option<DateTime<Utc>>,
    /// When the customer was charged; a placed order without it waits for its payment.
    #[entity(read_only, filter(gte, lt, isnull), sort)]
    pub paid_at: Option<DateTime<Utc>>,
    /// What is ordered, written with the order.
    #[entity(owned, key = "order_id")]
    pub lines: Vec<OrderLine>,
    /// When the order was made.
    #[entity(created_at, filter, sort)]
    pub created_at: DateTime<Utc>,
    /// When the order last changed.
    #[entity(updated_at)]
    pub updated_at: DateTime<Utc>,
    /// Counts the changes.
    #[entity(version)]
    pub version: i64,
}

/// One product of an order.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(table = "order_lines")]
pub struct OrderLine {
    /// Identity, made by the server; name it to change a line instead of making a new one.
    #[entity(id)]
    pub id: Uuid,
    /// The order that the line is part of.
    #[entity(owned_by = Order)]
    pub order_id: Uuid,
    /// What is ordered.
    #[entity(belongs_to = Product, on_delete = "restrict")]
    pub product_id: Uuid,
    /// How many.
    #[entity(range(1..=1000), example = 2)]
    pub quantity: i32,
    /// Price of one piece in cents, set by the server: the present one whenever the draft is saved.
    #[entity(read_only, range(0..=100_000_000), default = 0)]
    pub unit_price_cents: i64,
}

/// How far an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EntityEnum)]
pub enum OrderStatus {
    /// The customer is still choosing.
    Draft,
    /// Ordered; the stock is reserved.
    Placed,
    /// Sent to the customer.
    Shipped,
    /// Will not be sent.
    Cancelled,
}
