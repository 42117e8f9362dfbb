use std::time::Instant;

use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::*;

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<io::Result<()>>,
}

async fn start(options: ServerOptions) -> Running {
    let slow = get(async || {
        tokio::time::sleep(Duration::from_millis(400)).await;
        "slow"
    });
    let router = Router::new().route("/", get(async || "quick")).route("/slow", slow);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(async move {
        let shutdown = async {
            let _ = stopped.await;
        };
        serve_on(listener, router, &options, shutdown).await
    });
    Running { address, stop, server }
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
        let answer = tokio::time::timeout(Duration::from_secs(5), answer).await.unwrap();
        assert!(!answer.contains("200 OK"), "{bytes:?}: {answer}");
        assert!(start.elapsed() >= Duration::from_millis(150), "{bytes:?} was cut off at once");
    }
}

#[tokio::test]
async fn a_slow_answer_is_not_cut_off_by_the_deadline_for_headers() {
    let header_timeout = Duration::from_millis(100);
    let running = start(ServerOptions { header_timeout, ..Default::default() }).await;
    assert!(exchange(running.address, &request("/slow")).await.ends_with("slow"));
}

#[tokio::test]
async fn requests_under_way_end_and_new_connections_are_refused() {
    let running = start(ServerOptions::default()).await;
    let under_way = tokio::spawn({
        let address = running.address;
        async move { exchange(address, &request("/slow")).await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    running.stop.send(()).unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(TcpStream::connect(running.address).await.is_err(), "still accepting");
    assert!(under_way.await.unwrap().ends_with("slow"));
    running.server.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_grace_is_the_longest_wait() {
    let shutdown_grace = Duration::from_millis(50);
    let running = start(ServerOptions { shutdown_grace, ..Default::default() }).await;
    let cut_off = tokio::spawn({
        let address = running.address;
        async move { exchange(address, &request("/slow")).await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    running.stop.send(()).unwrap();
    running.server.await.unwrap().unwrap();
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
