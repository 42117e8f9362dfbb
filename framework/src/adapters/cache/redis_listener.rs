//! Follows the stream of invalidations, and repeats those of this process that Redis did not confirm.

use std::sync::Weak;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::streams::{StreamId, StreamReadOptions, StreamReadReply};
use redis::{AsyncCommands, AsyncConnectionConfig, RedisError};

use super::memory::Local;
use super::redis_tier::{EVERYTHING, Link};

/// How long one read waits for news. Also the longest delay before unconfirmed invalidations are repeated.
const PATIENCE: Duration = Duration::from_millis(250);
/// An answer later than this means that the connection is dead.
const DEAD_AFTER: Duration = Duration::from_secs(2);
/// Most entries per read.
const BATCH: usize = 1_000;

/// Runs until the cache is dropped.
pub(super) async fn run(link: Weak<Link>, local: Weak<Local>) {
    while let Some(connected) = upgrade(&link, &local).map(|(link, _)| link.client.clone()) {
        if let Err(error) = follow(&connected, &link, &local).await {
            tracing::debug!(%error, "the stream of cache invalidations is interrupted");
        }
        tokio::time::sleep(PATIENCE).await;
    }
}

fn upgrade(
    link: &Weak<Link>,
    local: &Weak<Local>,
) -> Option<(std::sync::Arc<Link>, std::sync::Arc<Local>)> {
    Some((link.upgrade()?, local.upgrade()?))
}

/// Reads until the connection breaks or the cache is dropped.
async fn follow(
    client: &redis::Client,
    link: &Weak<Link>,
    local: &Weak<Local>,
) -> Result<(), RedisError> {
    // Reads block, so the connection is not shared with others.
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(DEAD_AFTER))
        .set_response_timeout(Some(DEAD_AFTER));
    let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
    let Some((mut position, stream)) = start(&mut connection, link, local).await? else {
        return Ok(());
    };
    let options = StreamReadOptions::default()
        .block(usize::try_from(PATIENCE.as_millis()).unwrap_or(250))
        .count(BATCH);
    loop {
        let reply: Option<StreamReadReply> =
            connection.xread_options(&[&stream], &[&position], &options).await?;
        let Some((link, local)) = upgrade(link, local) else { return Ok(()) };
        for entry in reply.iter().flat_map(|reply| &reply.keys).flat_map(|key| &key.ids) {
            apply(entry, &link, &local);
            position.clone_from(&entry.id);
        }
        // Only after the news are applied: what is kept now is as fresh as the stream.
        link.hear();
        link.settle().await;
    }
}

/// Where the stream ends. What was kept while nobody listened is forgotten, since news may have been missed.
async fn start(
    connection: &mut MultiplexedConnection,
    link: &Weak<Link>,
    local: &Weak<Local>,
) -> Result<Option<(String, String)>, RedisError> {
    let Some((link, local)) = upgrade(link, local) else { return Ok(None) };
    let stream = link.stream();
    let last: redis::streams::StreamRangeReply =
        connection.xrevrange_count(&stream, "+", "-", 1).await?;
    let position = last.ids.first().map_or_else(|| "0".to_owned(), |entry| entry.id.clone());
    local.forget_all();
    Ok(Some((position, stream)))
}

fn apply(entry: &StreamId, link: &Link, local: &Local) {
    let text = |value: &redis::Value| redis::from_redis_value_ref::<String>(value).ok();
    if entry.map.get("n").and_then(text).as_deref() == Some(link.node.as_str()) {
        return;
    }
    let keys: Option<Vec<String>> =
        entry.map.get("k").and_then(text).and_then(|keys| serde_json::from_str(&keys).ok());
    match keys {
        Some(keys) if !keys.iter().any(|key| key == EVERYTHING) => local.forget(&keys),
        // Everything, or news that this version does not understand.
        _ => local.forget_all(),
    }
}
