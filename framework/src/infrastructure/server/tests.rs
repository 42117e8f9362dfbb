use std::time::Instant;

use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::*;

/// Longest wait for anything that must happen: reached only by a test that fails.
const LIMIT: Duration = Duration::from_secs(30);

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<io::Result<()>>,
    gate: Arc<Gate>,
}

/// Holds requests for `/held` until it is opened.
#[derive(Default)]
struct Gate {
    entered: Notify,
    opened: Notify,
}

async fn start(options: ServerOptions) -> Running {
    start_with(options, End { rest: std::future::ready(()), hurry: std::future::pending() }).await
}

async fn start_with(
    options: ServerOptions,
    end: End<impl Future<Output = ()> + Send + 'static, impl Future<Output = ()> + Send + 'static>,
) -> Running {
    let gate = Arc::new(Gate::default());
    let held = get({
        let gate = Arc::clone(&gate);
        async move || {
            gate.entered.notify_one();
            gate.opened.notified().await;
            "held"
        }
    });
    let router = Router::new().route("/", get(async || "quick")).route("/held", held);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(async move {
        let shutdown = async {
            let _ = stopped.await;
        };
        serve_until(listener, router, &options, shutdown, end).await
    });
    Running { address, stop, server, gate }
}

impl Running {
    /// Asks for `/held` and waits until its handler has begun.
    async fn ask_and_enter(&self) -> JoinHandle<String> {
        let address = self.address;
        let asked = tokio::spawn(async move { exchange(address, &request("/held")).await });
        tokio::time::timeout(LIMIT, self.gate.entered.notified()).await.unwrap();
        asked
    }
}

/// Waits until nobody listens any more.
async fn refused(address: SocketAddr) {
    let refused = async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(LIMIT, refused).await.expect("still accepting");
}

/// Sends these bytes and reads until the server closes.
async fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server may close while we still write.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

fn request(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n").into_bytes()
}

#[tokio::test]
async fn answers() {
    let running = start(ServerOptions::default()).await;
    assert!(exchange(running.address, &request("/")).await.ends_with("quick"));
}

#[tokio::test]
async fn slow_and_silent_clients_are_cut_off() {
    let header_timeout = Duration::from_millis(200);
    let running = start(ServerOptions { header_timeout, ..Default::default() }).await;
    // Nothing at all, a start that could become HTTP/2, and a head without end.
    for bytes in ["", "PRI", "GET / HTTP/1.1\r\nhost: test\r\nx: "] {
        let start = Instant::now();
        let answer = exchange(running.address, bytes.as_bytes());
        let answer = tokio::time::timeout(Duration::from_secs(30), answer).await.unwrap();
        assert!(!answer.contains("200 OK"), "{bytes:?}: {answer}");
        assert!(start.elapsed() >= Duration::from_millis(150), "{bytes:?} was cut off at once");
    }
}

#[tokio::test]
async fn a_slow_answer_is_not_cut_off_by_the_deadline_for_headers() {
    let header_timeout = Duration::from_millis(100);
    let running = start(ServerOptions { header_timeout, ..Default::default() }).await;
    let asked = running.ask_and_enter().await;
    tokio::time::sleep(header_timeout * 3).await;
    running.gate.opened.notify_one();
    assert!(asked.await.unwrap().ends_with("held"));
}

#[tokio::test]
async fn requests_under_way_end_and_new_connections_are_refused() {
    let running = start(ServerOptions { shutdown_grace: LIMIT, ..Default::default() }).await;
    let under_way = running.ask_and_enter().await;
    running.stop.send(()).unwrap();
    refused(running.address).await;
    running.gate.opened.notify_one();
    assert!(under_way.await.unwrap().ends_with("held"));
    running.server.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_grace_is_the_longest_wait_for_requests_and_the_rest_together() {
    let shutdown_grace = Duration::from_secs(1);
    let options = ServerOptions { shutdown_grace, ..Default::default() };
    let end = End { rest: std::future::pending(), hurry: std::future::pending() };
    let running = start_with(options, end).await;
    let cut_off = running.ask_and_enter().await;
    let start = Instant::now();
    running.stop.send(()).unwrap();
    running.server.await.unwrap().unwrap();
    assert!((shutdown_grace..shutdown_grace * 2).contains(&start.elapsed()));
    assert_eq!(cut_off.await.unwrap(), "");
}

#[tokio::test]
async fn the_rest_is_done_after_the_last_request() {
    let (done, rest) = oneshot::channel();
    let end = End { rest: async move { done.send(()).unwrap() }, hurry: std::future::pending() };
    let options = ServerOptions { shutdown_grace: LIMIT, ..Default::default() };
    let running = start_with(options, end).await;
    let under_way = running.ask_and_enter().await;
    running.stop.send(()).unwrap();
    refused(running.address).await;
    let mut rest = rest;
    assert!(rest.try_recv().is_err(), "it did not wait for the request");
    running.gate.opened.notify_one();
    rest.await.unwrap();
    assert!(under_way.await.unwrap().ends_with("held"));
}

#[tokio::test]
async fn whoever_is_in_a_hurry_ends_the_grace() {
    let options = ServerOptions { shutdown_grace: LIMIT * 10, ..Default::default() };
    let (hurry, hurried) = oneshot::channel::<()>();
    let end = End {
        rest: std::future::ready(()),
        hurry: async {
            let _ = hurried.await;
        },
    };
    let running = start_with(options, end).await;
    let cut_off = running.ask_and_enter().await;
    running.stop.send(()).unwrap();
    refused(running.address).await;
    hurry.send(()).unwrap();
    tokio::time::timeout(LIMIT, running.server).await.unwrap().unwrap().unwrap();
    assert_eq!(cut_off.await.unwrap(), "");
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_with_a_problem_on_a_used_connection_too() {
    let running = start(ServerOptions::default()).await;
    let first = "GET / HTTP/1.1\r\nhost: test\r\n\r\n";
    for (broken, status) in [
        ("GET / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\ncontent-length: -1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\ntransfer-encoding: xchunked\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nx: a\r\n b\r\n\r\n", 400),
        ("GET / HTTP/9.9\r\n\r\n", 400),
        ("nonsense\r\n\r\n", 400),
        (&format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(70_000)), 414),
        (&format!("GET / HTTP/1.1\r\n{}\r\n", "x: a\r\n".repeat(401)), 431),
    ] {
        let mut stream = TcpStream::connect(running.address).await.unwrap();
        for used in [false, true] {
            if used {
                stream = TcpStream::connect(running.address).await.unwrap();
                stream.write_all(first.as_bytes()).await.unwrap();
                let mut answer = vec![0; 1_024];
                let read = stream.read(&mut answer).await.unwrap();
                assert!(String::from_utf8_lossy(&answer[..read]).ends_with("quick"));
            }
            let _ = stream.write_all(broken.as_bytes()).await;
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer).await;
            let answer = String::from_utf8_lossy(&answer).into_owned();
            let line = &broken[..broken.len().min(60)];
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {status} ")),
                "{line:?} {used}: {answer}"
            );
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            assert!(
                head.contains("application/problem+json") && head.contains("x-request-id"),
                "{head}"
            );
            assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
            let problem: serde_json::Value = serde_json::from_str(body).unwrap();
            assert_eq!(problem["status"], status);
        }
    }
}

#[tokio::test]
async fn a_flood_of_headers_is_refused() {
    let running = start(ServerOptions::default()).await;
    let large = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "a".repeat(1_100_000));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "x: a\r\n".repeat(401));
    for bytes in [large, many] {
        let answer = exchange(running.address, bytes.as_bytes()).await;
        assert!(answer.is_empty() || answer.contains(" 431 "), "{answer}");
    }
    assert!(exchange(running.address, &request("/")).await.ends_with("quick"));
}
