//! What processes tell each other through Redis: a row that one has changed is not served as it was by another.

use std::sync::atomic::AtomicU64;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use super::*;

#[tokio::test]
async fn an_invalidation_is_done_when_every_process_has_applied_it() {
    let Some(server) = Server::start() else { return };
    let limit = Duration::from_secs(60);
    let (one, two) = (server.listening(limit).await, server.listening(limit).await);
    let three = server.listening(limit).await;
    let start = Instant::now();
    for number in 1..=100 {
        assert_eq!(read(&one, number).await, number);
        assert_eq!(read(&three, number).await, number);
        forget(&two).await;
    }
    assert!(start.elapsed() < limit, "a confirmation did not come");
}

#[tokio::test]
async fn a_process_that_is_gone_is_waited_for_once() {
    let Some(server) = Server::start() else { return };
    let limit = Duration::from_secs(2);
    let (one, two) = (server.listening(limit).await, server.listening(limit).await);
    drop(one);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let start = Instant::now();
    for _ in 0..20 {
        forget(&two).await;
    }
    assert!(start.elapsed() < limit * 10, "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_process_that_says_farewell_is_not_waited_for() {
    let Some(server) = Server::start() else { return };
    let limit = Duration::from_secs(60);
    let (one, two) = (server.listening(limit).await, server.listening(limit).await);
    assert_eq!(read(&one, 1).await, 1);
    one.close().await;
    let start = Instant::now();
    forget(&two).await;
    assert!(start.elapsed() < limit, "waited for a process that has left");
    assert_eq!(read(&one, 2).await, 2, "it does not hear of changes any more");
}

#[tokio::test]
async fn what_redis_did_not_confirm_is_repeated_before_the_end() {
    let Some(server) = Server::start() else { return };
    let cache = server.cache();
    assert_eq!(read(&cache, 1).await, 1);
    server.signal("-STOP");
    cache.invalidate(KEY.entity, &["2".to_owned()]).await;
    forget(&cache).await;
    let closing = tokio::spawn({
        let cache = cache.clone();
        async move { cache.close().await }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!closing.is_finished(), "Redis knows nothing yet");
    server.signal("-CONT");
    tokio::time::timeout(Duration::from_secs(10), closing).await.unwrap().unwrap();
    assert_eq!(read(&server.cache(), 2).await, 2);
}

/// A way to Redis that is cut, and whose answers come late.
struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    delay: AtomicU64,
    cut: Notify,
}

impl Proxy {
    async fn to(server: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, target) = (listener.local_addr().unwrap().port(), server.port);
        let shared = Arc::new(Shared::default());
        let every = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let shared = Arc::clone(&every);
                tokio::spawn(async move {
                    tokio::select! {
                        () = shared.cut.notified() => {}
                        () = relay(client, target, &shared.delay) => {}
                    }
                });
            }
        });
        Self { port, shared }
    }

    fn delay(&self, answers: Duration) {
        let millis = u64::try_from(answers.as_millis()).unwrap();
        self.shared.delay.store(millis, Ordering::SeqCst);
    }

    fn cut(&self) {
        self.shared.cut.notify_waiters();
    }
}

async fn relay(client: TcpStream, target: u16, delay: &AtomicU64) {
    let server = TcpStream::connect(("127.0.0.1", target)).await.unwrap();
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let up = async { tokio::io::copy(&mut from_client, &mut to_server).await.map(drop) };
    let down = async {
        let mut bytes = vec![0; 65_536];
        loop {
            let count = from_server.read(&mut bytes).await?;
            tokio::time::sleep(Duration::from_millis(delay.load(Ordering::SeqCst))).await;
            to_client.write_all(&bytes[..count]).await?;
            if count == 0 {
                return Ok(());
            }
        }
    };
    let _: std::io::Result<()> = tokio::select! { ended = up => ended, ended = down => ended };
}

#[tokio::test]
async fn a_slow_redis_is_waited_for_before_a_write_is_acknowledged() {
    let Some(server) = Server::start() else { return };
    let proxy = Proxy::to(&server).await;
    let limit = Duration::from_secs(60);
    let far = server.listening(limit).await;
    let near = cache_at(proxy.port, &trusting(limit), patience(limit));
    listens(&near).await;
    // Longer than a read waits, so that reads do without Redis for a while. Changes are told all the same.
    proxy.delay(Duration::from_millis(700));
    for number in 0..3 {
        assert_eq!(read(&far, number).await, number);
        assert_eq!(read(&near, number).await, number);
        forget(&near).await;
    }
    assert_eq!(read(&far, 3).await, 3);
}

#[tokio::test]
async fn a_process_that_does_not_listen_yet_keeps_nothing() {
    let Some(server) = Server::start() else { return };
    let proxy = Proxy::to(&server).await;
    let limit = Duration::from_secs(60);
    let near = server.listening(limit).await;
    // It hears nothing yet, so nobody waits for it.
    proxy.delay(Duration::from_secs(1));
    let starting = cache_at(proxy.port, &trusting(limit), patience(limit));
    for number in 0..3 {
        assert_eq!(read(&starting, number).await, number);
        forget(&near).await;
    }
}

#[tokio::test]
async fn a_process_that_reconnects_confirms_only_what_it_has_forgotten() {
    let Some(server) = Server::start() else { return };
    let proxy = Proxy::to(&server).await;
    let (limit, trust) = (Duration::from_secs(60), trusting(Duration::from_secs(60)));
    let far = cache_at(proxy.port, &trust, patience(limit));
    listens(&far).await;
    let near = server.listening(limit).await;
    assert_eq!(read(&far, 0).await, 0);
    proxy.delay(Duration::from_millis(100));
    for number in 1..=3 {
        proxy.cut();
        forget(&near).await;
        assert_eq!(read(&far, number).await, number, "served what it had before the change");
    }
}

#[tokio::test]
async fn a_process_that_was_frozen_trusts_nothing_before_it_has_caught_up() {
    let Some(server) = Server::start() else { return };
    let proxy = Proxy::to(&server).await;
    let frozen =
        cache_at(proxy.port, &trusting(Duration::from_secs(1)), patience(Duration::from_secs(1)));
    listens(&frozen).await;
    let near = cache_at(server.port, &trusting(Duration::from_secs(1)), patience(Duration::ZERO));
    let keys: Vec<String> = (0..200).map(|number| number.to_string()).collect();
    for key in &keys {
        frozen.get_or_load(CacheKey { key, ..KEY }, loads(1)).await.unwrap();
    }
    // The news about them come last, and every batch of news comes late.
    proxy.delay(Duration::from_millis(1_500));
    let since = Instant::now();
    for number in 0..1_100 {
        near.invalidate(KEY.entity, &[format!("other {number}")]).await;
    }
    near.invalidate(KEY.entity, &keys).await;
    tokio::time::sleep(Duration::from_millis(1_200).saturating_sub(since.elapsed())).await;
    proxy.delay(Duration::from_millis(100));
    for key in &keys {
        let found = frozen.get_or_load(CacheKey { key, ..KEY }, loads(2)).await.unwrap();
        assert_eq!(*found.unwrap(), row(2), "after {:?}", since.elapsed());
        if since.elapsed() > Duration::from_secs(4) {
            break;
        }
    }
}
