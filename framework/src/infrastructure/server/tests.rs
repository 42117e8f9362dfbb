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
async fn a_flood_of_headers_is_refused() {
    let running = start(ServerOptions::default()).await;
    let large = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "a".repeat(1_100_000));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "x: a\r\n".repeat(101));
    for bytes in [large, many] {
        let answer = exchange(running.address, bytes.as_bytes()).await;
        assert!(answer.is_empty() || answer.contains(" 431 "), "{answer}");
    }
    assert!(exchange(running.address, &request("/")).await.ends_with("quick"));
}
