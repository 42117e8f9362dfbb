//! Follows the stream of invalidations, and repeats those of this process that Redis did not confirm.

use std::sync::Weak;
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::streams::{StreamId, StreamRangeReply, StreamReadOptions, StreamReadReply};
use redis::{AsyncCommands, AsyncConnectionConfig, RedisError};

use super::confirmations::Position;
use super::memory::Local;
use super::redis_link::{EVERYTHING, Link};

/// How long one read waits for news. Also the longest delay before unconfirmed invalidations are repeated.
const PATIENCE: Duration = Duration::from_millis(250);
/// An answer later than this means that the connection is dead.
const DEAD_AFTER: Duration = Duration::from_secs(2);
/// Most entries per read.
const BATCH: usize = 1_000;

/// Runs until the cache is dropped.
pub(super) async fn run(link: Weak<Link>, local: Weak<Local>, trust: Duration) {
    while let Some(client) = upgrade(&link, &local).map(|(link, _)| link.client.clone()) {
        if let Err(error) = follow(&client, &link, &local, trust).await {
            tracing::debug!(%error, "the stream of cache invalidations is interrupted");
            link.upgrade().inspect(|link| link.is_interrupted());
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
    trust: Duration,
) -> Result<(), RedisError> {
    // Reads block, so the connection is not shared with others.
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(DEAD_AFTER))
        .set_response_timeout(Some(DEAD_AFTER));
    let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
    let Some(mut places) = start(&mut connection, link, local, trust).await? else {
        return Ok(());
    };
    let options = StreamReadOptions::default()
        .block(usize::try_from(PATIENCE.as_millis()).unwrap_or(250))
        .count(BATCH);
    let mut announced = Instant::now();
    loop {
        let streams = [&places.invalidations, &places.confirmations];
        let positions = [&places.invalidated, &places.confirmed];
        let reply: Option<StreamReadReply> =
            connection.xread_options(&streams, &positions, &options).await?;
        if announced.elapsed() >= trust {
            // Frozen for so long that nobody has waited for this process; a part of the news would be no better than none.
            let Some(fresh) = start(&mut connection, link, local, trust).await? else {
                return Ok(());
            };
            places = Places { confirmed: places.confirmed, ..fresh };
            announced = Instant::now();
            continue;
        }
        let Some((link, local)) = upgrade(link, local) else { return Ok(()) };
        let (mut concerned, mut is_behind) = (false, false);
        for stream in reply.iter().flat_map(|reply| &reply.keys) {
            let is_news = stream.key == places.invalidations;
            is_behind |= is_news && stream.ids.len() >= BATCH;
            for entry in &stream.ids {
                if is_news {
                    concerned |= apply(entry, &link, &local);
                    places.invalidated.clone_from(&entry.id);
                } else {
                    note(entry, &link);
                    places.confirmed.clone_from(&entry.id);
                }
            }
        }
        // Only after the news are applied: what is kept now is as fresh as the stream.
        if concerned || announced.elapsed() >= PATIENCE {
            let applied = concerned.then_some(places.invalidated.as_str());
            let now = link.elapsed();
            link.announce(&mut connection, trust, applied).await?;
            if !is_behind {
                link.heard(now);
            }
            announced = Instant::now();
        }
        link.settle().await;
    }
}

/// The two streams, and how far they were read.
struct Places {
    invalidations: String,
    invalidated: String,
    confirmations: String,
    confirmed: String,
}

/// Where the streams end. What was kept while nobody listened is forgotten, since news may have been missed.
async fn start(
    connection: &mut MultiplexedConnection,
    link: &Weak<Link>,
    local: &Weak<Local>,
    trust: Duration,
) -> Result<Option<Places>, RedisError> {
    let Some((link, local)) = upgrade(link, local) else { return Ok(None) };
    let (invalidations, confirmations) = (link.stream(), link.confirmed());
    let confirmed = end(connection, &confirmations).await?;
    let invalidated = end(connection, &invalidations).await?;
    // In this order: whoever invalidates from now on waits for us; whatever was kept before is gone; whoever waits already
    // hears that it is.
    link.announce(connection, trust, None).await?;
    local.forget_all();
    let now = link.elapsed();
    link.announce(connection, trust, Some(&invalidated)).await?;
    link.heard(now);
    Ok(Some(Places { invalidations, invalidated, confirmations, confirmed }))
}

/// The id of a stream's last entry.
async fn end(connection: &mut MultiplexedConnection, stream: &str) -> Result<String, RedisError> {
    let last: StreamRangeReply = connection.xrevrange_count(stream, "+", "-", 1).await?;
    Ok(last.ids.first().map_or_else(|| "0-0".to_owned(), |entry| entry.id.clone()))
}

/// Another process has come this far.
fn note(entry: &StreamId, link: &Link) {
    let text = |name| entry.map.get(name).and_then(text);
    if let (Some(node), Some(position)) = (text("n"), text("p"))
        && let Some(position) = Position::parse(&position)
    {
        link.confirmations.note(&node, position);
    }
}

fn text(value: &redis::Value) -> Option<String> {
    redis::from_redis_value_ref(value).ok()
}

/// Forgets what another process has changed; `false` for the news of this one.
fn apply(entry: &StreamId, link: &Link, local: &Local) -> bool {
    if entry.map.get("n").and_then(text).as_deref() == Some(link.node.as_str()) {
        return false;
    }
    let keys: Option<Vec<String>> =
        entry.map.get("k").and_then(text).and_then(|keys| serde_json::from_str(&keys).ok());
    match keys {
        Some(keys) if !keys.iter().any(|key| key == EVERYTHING) => local.forget(&keys),
        // Everything, or news that this version does not understand.
        _ => local.forget_all(),
    }
    true
}
