//! The server written by hand.

use framework::axum::extract::{Path, RawQuery, State};
use framework::axum::http::StatusCode;
use framework::axum::routing::get;
use framework::axum::{Json, Router};
use framework::{DateTime, Utc, Uuid};
use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgPool, PgPoolOptions, PgRow};
use sqlx::{Postgres, QueryBuilder, Row as _};

const COLUMNS: &str =
    "id, sku, name, description, price_cents, quantity, active, created_at, updated_at, version";

const READ: &str = "SELECT id, sku, name, description, price_cents, quantity, active, created_at, updated_at, version \
     FROM items WHERE id = $1";

#[derive(Serialize)]
struct Item {
    id: Uuid,
    sku: String,
    name: String,
    description: Option<String>,
    price_cents: i64,
    quantity: i32,
    active: bool,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    version: i64,
}

#[derive(Serialize)]
struct Page {
    items: Vec<Item>,
    total: i64,
}

#[derive(Default)]
struct Filter {
    limit: Option<i64>,
    price_gte: Option<i64>,
    active: Option<bool>,
    sort: Option<String>,
}

impl Filter {
    fn parse(query: &str) -> Option<Self> {
        let mut filter = Self::default();
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            match name {
                "limit" => filter.limit = Some(value.parse().ok()?),
                "price_gte" => filter.price_gte = Some(value.parse().ok()?),
                "active" => filter.active = Some(value.parse().ok()?),
                "sort" => filter.sort = Some(value.to_owned()),
                _ => return None,
            }
        }
        Some(filter)
    }
}

#[derive(Deserialize)]
struct NewItem {
    sku: String,
    name: String,
    description: Option<String>,
    price_cents: i64,
    quantity: i32,
    active: bool,
}

#[derive(Deserialize)]
struct Change {
    price_cents: Option<i64>,
    quantity: Option<i32>,
    active: Option<bool>,
}

/// Connections that are not asked before each use whether they live, like those of the framework.
pub(super) async fn connect(url: &str, connections: u32) -> Result<PgPool, sqlx::Error> {
    let options = PgPoolOptions::new().max_connections(connections).min_connections(connections);
    options.test_before_acquire(false).connect(url).await
}

/// Fills the table; answers the ids.
pub(super) async fn fill(pool: &PgPool, rows: u32) -> Result<Vec<Uuid>, sqlx::Error> {
    let rows = i64::from(rows);
    sqlx::query(
        "INSERT INTO items (id, sku, name, description, price_cents, quantity, active, created_at, updated_at, version) \
         SELECT gen_random_uuid(), 'SKU-' || i, 'Item number ' || i, \
         CASE WHEN i % 3 > 0 THEN 'A plain description of item ' || i || ', about sixty bytes long' END, \
         (i * 7919) % 100000, i % 500, i % 2 = 0, now(), now(), 1 FROM generate_series(1, $1::bigint) AS i",
    )
    .bind(rows)
    .execute(pool)
    .await?;
    sqlx::query("CREATE INDEX IF NOT EXISTS items_price ON items (price_cents)")
        .execute(pool)
        .await?;
    sqlx::query("ANALYZE items").execute(pool).await?;
    sqlx::query_scalar("SELECT id FROM items ORDER BY sku").fetch_all(pool).await
}

pub(super) fn router(pool: PgPool) -> Router {
    Router::new()
        .route("/items", get(list).post(create))
        .route("/items/{id}", get(read).patch(update))
        .with_state(pool)
}

fn item(row: &PgRow) -> Result<Item, sqlx::Error> {
    Ok(Item {
        id: row.try_get(0)?,
        sku: row.try_get(1)?,
        name: row.try_get(2)?,
        description: row.try_get(3)?,
        price_cents: row.try_get(4)?,
        quantity: row.try_get(5)?,
        active: row.try_get(6)?,
        created_at: row.try_get(7)?,
        updated_at: row.try_get(8)?,
        version: row.try_get(9)?,
    })
}

fn failure(error: sqlx::Error) -> StatusCode {
    match error {
        sqlx::Error::RowNotFound => StatusCode::NOT_FOUND,
        sqlx::Error::Database(error) if error.is_unique_violation() => StatusCode::CONFLICT,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

async fn read(State(pool): State<PgPool>, Path(id): Path<Uuid>) -> Result<Json<Item>, StatusCode> {
    let row = sqlx::query(READ).bind(id).fetch_one(&pool).await.map_err(failure)?;
    item(&row).map(Json).map_err(failure)
}

async fn list(
    State(pool): State<PgPool>,
    RawQuery(query): RawQuery,
) -> Result<Json<Page>, StatusCode> {
    let filter = query.as_deref().map_or_else(|| Some(Filter::default()), Filter::parse);
    let filter = filter.ok_or(StatusCode::BAD_REQUEST)?;
    let mut query = QueryBuilder::<Postgres>::new(format!("SELECT {COLUMNS}, (SELECT count(*)"));
    conditions(&mut query, &filter);
    query.push(")");
    conditions(&mut query, &filter);
    let order =
        if filter.sort.as_deref() == Some("price_cents") { "price_cents, id" } else { "id" };
    query.push(format!(" ORDER BY {order} LIMIT "));
    query.push_bind(filter.limit.unwrap_or(20).clamp(1, 100));
    let rows = query.build().fetch_all(&pool).await.map_err(failure)?;
    let total = rows.first().map_or(Ok(0), |row| row.try_get(10)).map_err(failure)?;
    let items: Result<_, _> = rows.iter().map(item).collect();
    Ok(Json(Page { items: items.map_err(failure)?, total }))
}

fn conditions(query: &mut QueryBuilder<Postgres>, filter: &Filter) {
    query.push(" FROM items WHERE true");
    if let Some(price) = filter.price_gte {
        query.push(" AND price_cents >= ").push_bind(price);
    }
    if let Some(active) = filter.active {
        query.push(" AND active = ").push_bind(active);
    }
}

async fn create(
    State(pool): State<PgPool>,
    Json(new): Json<NewItem>,
) -> Result<(StatusCode, Json<Item>), StatusCode> {
    if new.name.trim().is_empty() || new.price_cents < 0 {
        return Err(StatusCode::UNPROCESSABLE_ENTITY);
    }
    let row = sqlx::query(
        "INSERT INTO items (id, sku, name, description, price_cents, quantity, active, created_at, updated_at, version) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, 1) \
         RETURNING id, sku, name, description, price_cents, quantity, active, created_at, updated_at, version",
    )
    .bind(Uuid::now_v7())
    .bind(new.sku)
    .bind(new.name)
    .bind(new.description)
    .bind(new.price_cents)
    .bind(new.quantity)
    .bind(new.active)
    .bind(Utc::now())
    .fetch_one(&pool)
    .await
    .map_err(failure)?;
    Ok((StatusCode::CREATED, Json(item(&row).map_err(failure)?)))
}

async fn update(
    State(pool): State<PgPool>,
    Path(id): Path<Uuid>,
    Json(change): Json<Change>,
) -> Result<Json<Item>, StatusCode> {
    if change.price_cents.is_some_and(|price| price < 0) {
        return Err(StatusCode::UNPROCESSABLE_ENTITY);
    }
    let row = sqlx::query(
        "UPDATE items SET price_cents = coalesce($2, price_cents), quantity = coalesce($3, quantity), \
         active = coalesce($4, active), updated_at = $5, version = version + 1 WHERE id = $1 \
         RETURNING id, sku, name, description, price_cents, quantity, active, created_at, updated_at, version",
    )
    .bind(id)
    .bind(change.price_cents)
    .bind(change.quantity)
    .bind(change.active)
    .bind(Utc::now())
    .fetch_one(&pool)
    .await
    .map_err(failure)?;
    item(&row).map(Json).map_err(failure)
}
