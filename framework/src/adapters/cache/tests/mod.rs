//! The promise of the cache, alone and with a real Redis.

mod news;

use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Once};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::{MemoryCache, MemoryCacheOptions, RedisOptions, RedisTier};
use crate::application::cache::{CacheKey, EntityCache, Load};
use crate::domain::error::Error;
use crate::domain::value::{Row, Value};

const KEY: CacheKey<'static> =
    CacheKey { entity: "things", key: "1", ttl: Duration::from_secs(60), shape: 7 };

fn row(number: i64) -> Row {
    vec![Value::Int(number)]
}

fn loads(number: i64) -> Load {
    Box::new(move || Box::pin(async move { Ok(Some(row(number))) }))
}

/// A load that says when it began and ends when told to.
fn gated(number: i64) -> (Load, oneshot::Receiver<()>, oneshot::Sender<()>) {
    let (began, has_begun) = oneshot::channel();
    let (end, may_end) = oneshot::channel();
    let load: Load = Box::new(move || {
        Box::pin(async move {
            let _ = began.send(());
            let _ = may_end.await;
            Ok(Some(row(number)))
        })
    });
    (load, has_begun, end)
}

async fn read(cache: &MemoryCache, stored: i64) -> i64 {
    match cache.get_or_load(KEY, loads(stored)).await.unwrap().unwrap().as_slice() {
        [Value::Int(number)] => *number,
        other => panic!("unexpected {other:?}"),
    }
}

async fn forget(cache: &MemoryCache) {
    cache.invalidate(KEY.entity, &[KEY.key.to_owned()]).await;
}

async fn within(limit: Duration, mut done: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !done().await {
        assert!(start.elapsed() < limit, "not within {limit:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A Redis of this test alone, gone with it.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start() -> Option<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Self::start_on(port);
        if server.is_none() {
            let reason = "redis-server is not installed";
            assert!(std::env::var_os("REQUIRE_SERVICES").is_none(), "{reason}");
            // Not `eprintln!`: the harness keeps what that writes to itself when a test passes.
            static TOLD: Once = Once::new();
            TOLD.call_once(|| {
                let _ = writeln!(std::io::stderr(), "skipped: Redis: {reason}");
            });
        }
        server
    }

    fn start_on(port: u16) -> Option<Self> {
        let child = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--save", "", "--bind", "127.0.0.1"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let server = Self { child, port };
        let start = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(10), "redis-server does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(server)
    }

    /// A cache as another process would have it.
    fn cache(&self) -> MemoryCache {
        cache_at(self.port, &MemoryCacheOptions::default(), patience(Duration::from_secs(1)))
    }

    /// The same, once others wait for it, and waiting this long for them.
    async fn listening(&self, confirmation: Duration) -> MemoryCache {
        let options = trusting(Duration::from_secs(60));
        let cache = cache_at(self.port, &options, patience(confirmation));
        listens(&cache).await;
        cache
    }
}

fn cache_at(port: u16, options: &MemoryCacheOptions, redis: RedisOptions) -> MemoryCache {
    let url = format!("redis://127.0.0.1:{port}");
    MemoryCache::with_redis(options, RedisTier::new(&url, redis).unwrap())
}

/// Generous, because the machine may be busy; the pause is short so that tests are.
fn patience(confirmation: Duration) -> RedisOptions {
    RedisOptions {
        response_timeout: Duration::from_millis(500),
        pause: Duration::from_millis(100),
        confirmation,
        ..RedisOptions::default()
    }
}

fn trusting(max_staleness: Duration) -> MemoryCacheOptions {
    MemoryCacheOptions { max_staleness, ..MemoryCacheOptions::default() }
}

/// Until it runs, a process is not waited for.
async fn listens(cache: &MemoryCache) {
    let redis = cache.redis.as_ref().unwrap();
    within(Duration::from_secs(10), async || redis.heard_within(Duration::from_secs(10))).await;
}

impl Server {
    fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_kept_row_is_not_loaded_again() {
    let cache = MemoryCache::new(&MemoryCacheOptions::default());
    assert_eq!(read(&cache, 1).await, 1);
    assert_eq!(read(&cache, 2).await, 1);
    forget(&cache).await;
    assert_eq!(read(&cache, 2).await, 2);
}

#[tokio::test]
async fn a_load_that_began_before_an_invalidation_is_not_kept() {
    let cache = MemoryCache::new(&MemoryCacheOptions::default());
    let (load, began, end) = gated(1);
    let reader = tokio::spawn({
        let cache = cache.clone();
        async move { cache.get_or_load(KEY, load).await }
    });
    began.await.unwrap();
    forget(&cache).await;
    // A read after the invalidation does not wait for the old load, and its row stays.
    assert_eq!(read(&cache, 2).await, 2);
    end.send(()).unwrap();
    assert_eq!(*reader.await.unwrap().unwrap().unwrap(), row(1));
    assert_eq!(read(&cache, 3).await, 2);
}

#[tokio::test]
async fn many_readers_share_one_load() {
    let cache = MemoryCache::new(&MemoryCacheOptions::default());
    let count = Arc::new(AtomicUsize::new(0));
    let readers: Vec<_> = (0..50)
        .map(|_| {
            let (cache, count) = (cache.clone(), Arc::clone(&count));
            tokio::spawn(async move {
                let load: Load = Box::new(move || {
                    Box::pin(async move {
                        count.fetch_add(1, Ordering::SeqCst);
                        tokio::time::sleep(Duration::from_millis(20)).await;
                        Ok(Some(row(1)))
                    })
                });
                cache.get_or_load(KEY, load).await.unwrap()
            })
        })
        .collect();
    for reader in readers {
        assert!(reader.await.unwrap().is_some());
    }
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_reader_who_leaves_does_not_stop_the_load_for_the_others() {
    let cache = MemoryCache::new(&MemoryCacheOptions::default());
    let (load, began, end) = gated(1);
    let leader = tokio::spawn({
        let cache = cache.clone();
        async move { cache.get_or_load(KEY, load).await }
    });
    began.await.unwrap();
    leader.abort();
    end.send(()).unwrap();
    assert_eq!(read(&cache, 2).await, 1);
}

#[tokio::test]
async fn an_error_or_a_panic_of_the_load_is_not_kept() {
    let cache = MemoryCache::new(&MemoryCacheOptions::default());
    let fails: Load = Box::new(|| Box::pin(async { Err(Error::Unavailable("down".into())) }));
    assert!(matches!(cache.get_or_load(KEY, fails).await, Err(Error::Unavailable(_))));
    let panics: Load = Box::new(|| Box::pin(async { panic!("on purpose") }));
    assert!(cache.get_or_load(KEY, panics).await.is_err());
    assert_eq!(read(&cache, 2).await, 2);
}

#[tokio::test]
async fn redis_shares_rows_between_processes_and_with_other_shapes_does_not() {
    let Some(server) = Server::start() else { return };
    let (one, two) = (server.cache(), server.cache());
    assert_eq!(read(&one, 1).await, 1);
    assert_eq!(read(&two, 2).await, 1);
    let other = CacheKey { shape: 8, ..KEY };
    assert_eq!(*one.get_or_load(other, loads(3)).await.unwrap().unwrap(), row(3));
}

#[tokio::test]
async fn redis_does_not_keep_a_load_that_began_before_an_invalidation_elsewhere() {
    let Some(server) = Server::start() else { return };
    let (one, two) = (server.cache(), server.cache());
    let (load, began, end) = gated(1);
    let reader = tokio::spawn({
        let one = one.clone();
        async move { one.get_or_load(KEY, load).await }
    });
    began.await.unwrap();
    forget(&two).await;
    end.send(()).unwrap();
    reader.await.unwrap().unwrap();
    assert_eq!(read(&server.cache(), 2).await, 2);
}

#[tokio::test]
async fn every_row_of_an_entity_is_forgotten_everywhere_and_no_other() {
    let alone = MemoryCache::new(&MemoryCacheOptions::default());
    let server = Server::start();
    let mut pairs = vec![(alone.clone(), alone)];
    if let Some(server) = &server {
        let limit = Duration::from_secs(30);
        pairs.push((server.listening(limit).await, server.listening(limit).await));
    }
    let other = CacheKey { entity: "thing", ..KEY };
    for (one, two) in pairs {
        assert_eq!(read(&one, 1).await, 1);
        assert_eq!(*one.get_or_load(other, loads(1)).await.unwrap().unwrap(), row(1));
        let (load, began, end) = gated(1);
        let reader = tokio::spawn({
            let one = one.clone();
            async move { one.get_or_load(CacheKey { key: "2", ..KEY }, load).await }
        });
        began.await.unwrap();
        two.invalidate_all(KEY.entity).await;
        assert_eq!(read(&one, 2).await, 2);
        end.send(()).unwrap();
        reader.await.unwrap().unwrap();
        let second = one.get_or_load(CacheKey { key: "2", ..KEY }, loads(2)).await;
        assert_eq!(*second.unwrap().unwrap(), row(2), "kept what was loaded before");
        assert_eq!(*one.get_or_load(other, loads(2)).await.unwrap().unwrap(), row(1));
    }
}

#[tokio::test]
async fn rows_of_an_entity_that_redis_did_not_forget_are_not_read_there() {
    let Some(server) = Server::start() else { return };
    let cache = server.cache();
    assert_eq!(read(&cache, 1).await, 1);
    server.signal("-STOP");
    cache.invalidate_all(KEY.entity).await;
    assert_eq!(read(&cache, 2).await, 2);
    server.signal("-CONT");
    within(Duration::from_secs(10), async || read(&server.cache(), 3).await != 1).await;
}

#[tokio::test]
async fn without_redis_reads_and_invalidations_go_on() {
    let Some(server) = Server::start() else { return };
    let cache = server.cache();
    assert_eq!(read(&cache, 1).await, 1);
    drop(server);
    let start = Instant::now();
    forget(&cache).await;
    assert_eq!(read(&cache, 2).await, 2);
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
}

#[tokio::test]
async fn an_invalidation_that_redis_did_not_confirm_is_repeated() {
    let Some(server) = Server::start() else { return };
    let cache = server.cache();
    assert_eq!(read(&cache, 1).await, 1);
    server.signal("-STOP");
    // The first one finds out that Redis is silent, so the second one is not even sent.
    cache.invalidate(KEY.entity, &["2".to_owned()]).await;
    forget(&cache).await;
    assert_eq!(read(&cache, 2).await, 2);
    server.signal("-CONT");
    within(Duration::from_secs(10), async || read(&server.cache(), 3).await != 1).await;
}

#[tokio::test]
async fn rows_are_not_trusted_for_long_while_other_processes_cannot_be_heard() {
    let Some(server) = Server::start() else { return };
    let options = trusting(Duration::from_millis(300));
    let cache = cache_at(server.port, &options, patience(Duration::from_secs(1)));
    assert_eq!(read(&cache, 1).await, 1);
    drop(server);
    within(Duration::from_secs(3), async || read(&cache, 2).await == 2).await;
}
