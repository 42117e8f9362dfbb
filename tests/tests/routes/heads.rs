//! Heads of requests on a real connection: what cannot be right is told at once, and as a problem.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use framework::infrastructure::server::{ServerOptions, serve_on};
use framework::serde_json::{self, Value as Json};
use framework::testing::TestApp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::shop::app;

async fn serve(app: &TestApp) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = app.application.router();
    tokio::spawn(async move {
        serve_on(listener, router, &ServerOptions::default(), std::future::pending()).await
    });
    address
}

/// Sends a head and reads what is answered: the status line, and the body if it is a problem.
async fn ask(address: SocketAddr, head: &str) -> (String, Json) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server may answer and close while this is still being written.
    let _ = stream.write_all(head.as_bytes()).await;
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    let _ = tokio::time::timeout(Duration::from_secs(20), read).await.expect("an answer");
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.lines().next().unwrap_or_default().to_owned();
    let problem = answer.contains("application/problem+json") && answer.contains("x-request-id");
    let body = answer.split("\r\n\r\n").nth(1).filter(|_| problem);
    (status, body.map_or(Json::Null, |body| serde_json::from_str(body).unwrap()))
}

#[tokio::test]
async fn a_request_says_for_which_host_it_is() {
    let app = app().await;
    let address = serve(&app).await;
    let get = |hosts: &str, version: &str| {
        format!("GET /api/customers HTTP/{version}\r\n{hosts}Connection: close\r\n\r\n")
    };
    for (hosts, version, sound) in [
        ("Host: localhost\r\n", "1.1", true),
        ("Host: [::1]:4701\r\n", "1.1", true),
        ("Host:\r\n", "1.1", true),
        ("", "1.0", true),
        ("", "1.1", false),
        ("Host: a\r\nHost: a\r\n", "1.1", false),
        ("Host: a\r\nHost: b\r\n", "1.0", false),
        ("Host: a b\r\n", "1.1", false),
        ("Host: user@a\r\n", "1.1", false),
        ("Host: a:b\r\n", "1.1", false),
    ] {
        let (status, problem) = ask(address, &get(hosts, version)).await;
        let wanted = if sound { " 200 " } else { " 400 " };
        assert!(status.contains(wanted), "{hosts:?} {version}: {status}");
        if !sound {
            assert_eq!(problem["errors"][0]["header"], "Host", "{problem}");
        }
    }
}

#[tokio::test]
async fn what_is_too_large_by_its_own_account_is_refused_at_once() {
    let app = app().await;
    let address = serve(&app).await;
    let post = |extra: &str| {
        format!(
            "POST /api/customers HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close\r\n{extra}\r\n"
        )
    };
    for extra in
        ["Content-Length: 999999999999\r\n", "Content-Length: 2000000\r\nExpect: 100-continue\r\n"]
    {
        let start = Instant::now();
        let (status, problem) = ask(address, &post(extra)).await;
        assert!(status.contains(" 413 "), "{extra:?}: {status}");
        assert_eq!(problem["type"], "/problems/too-large");
        assert!(start.elapsed() < Duration::from_secs(20), "{extra:?}");
    }
    let head = post("Content-Length: 24\r\nExpect: 100-continue\r\n");
    let (status, _) = ask(address, &format!("{head}{{\"code\":\"a\",\"name\":\"A\"}} ")).await;
    assert!(status.contains(" 100 "), "what fits is asked for: {status}");
}

#[tokio::test]
async fn heads_beyond_the_limits_are_problems() {
    let app = app().await;
    let address = serve(&app).await;
    let get = |path: &str, headers: &str| {
        format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}\r\n")
    };
    let long = get("/api/customers", &format!("X-A: {}\r\n", "a".repeat(100_000)));
    let many = get("/api/customers", &"X-A: a\r\n".repeat(200));
    let address_too_long = get(&format!("/api/customers?q={}", "x".repeat(60_000)), "");
    for (head, status, kind) in [
        (long, " 431 ", "/problems/headers-too-large"),
        (many, " 431 ", "/problems/headers-too-large"),
        (address_too_long, " 414 ", "/problems/uri-too-long"),
    ] {
        let (line, problem) = ask(address, &head).await;
        assert!(line.contains(status), "{line}");
        assert_eq!(problem["type"], kind);
    }
}
