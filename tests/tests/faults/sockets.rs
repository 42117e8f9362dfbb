//! Limits of the server as they are configured, seen from a socket.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use framework::axum::Extension;
use framework::axum::body::{Body, Bytes};
use framework::http::{Deadline, Route};
use framework::infrastructure::config::Sources;
use framework::infrastructure::server::serve_on;
use framework::testing::TestApp;
use framework::{App, Config, Module};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};

use super::client::{read, request, send};

const CUSTOMER: &str = r#"{"name": "Ada", "email": "ada@example.org"}"#;

/// The shop with short deadlines, and routes that are slow in their own ways.
async fn start() -> (TestApp, String) {
    start_with(&[
        ("APP__SERVER__REQUEST_TIMEOUT", "1200ms"),
        ("APP__SERVER__BODY_TIMEOUT", "1s"),
        ("APP__SERVER__HEADER_TIMEOUT", "300ms"),
    ])
    .await
}

async fn start_with(settings: &[(&str, &str)]) -> (TestApp, String) {
    let settings = settings.iter().copied();
    let config = Config::from_sources("sockets", &Sources::variables(settings)).unwrap();
    let options = config.server.options();
    let slow = Module::new("slow")
        .route(Route::get("/sleep", sleep))
        .route(Route::get("/stream", stream))
        .route(Route::post("/upload", upload));
    let shop = example_app::assemble(App::new("sockets", config)).module(slow);
    let app = TestApp::start(shop).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let router = app.application.router();
    tokio::spawn(async move { serve_on(listener, router, &options, std::future::pending()).await });
    (app, address)
}

async fn sleep() -> &'static str {
    tokio::time::sleep(Duration::from_secs(60)).await;
    "late"
}

async fn stream() -> Body {
    let (mut sender, body) = pipe();
    tokio::spawn(async move {
        for _ in 0..4 {
            tokio::time::sleep(Duration::from_millis(500)).await;
            sender.push();
        }
    });
    body
}

/// Counts the bytes of a body, however long it takes to arrive.
async fn upload(Extension(deadline): Extension<Deadline>, body: Body) -> String {
    deadline.lift();
    let bytes = framework::axum::body::to_bytes(body, 10_000).await;
    bytes.map_or_else(|_| "broken off".to_owned(), |bytes| bytes.len().to_string())
}

struct Pipe(tokio::sync::mpsc::UnboundedSender<()>);

impl Pipe {
    fn push(&mut self) {
        let _ = self.0.send(());
    }
}

fn pipe() -> (Pipe, Body) {
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let frames = futures_util::stream::poll_fn(move |context| {
        receiver
            .poll_recv(context)
            .map(|more| more.map(|()| Ok::<_, Infallible>(Bytes::from_static(b"part;"))))
    });
    (Pipe(sender), Body::from_stream(frames))
}

#[tokio::test]
async fn an_answer_that_does_not_begin_in_time_is_a_503_problem() {
    let (_app, address) = start().await;
    let started = Instant::now();
    let answer = send(&address, "GET", "/api/sleep", &[], "").await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(30));
    assert_eq!(answer.status, 503, "{answer:?}");
    assert_eq!(answer.json()["type"], "/problems/unavailable");
    assert_eq!(answer.json()["instance"], "/api/sleep");
    assert!(answer.head.contains("retry-after: 1"), "{answer:?}");
}

#[tokio::test]
async fn an_answer_that_has_begun_may_stream_beyond_the_deadline() {
    let (_app, address) = start().await;
    let answer = send(&address, "GET", "/api/stream", &[], "").await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body.matches("part;").count(), 4, "{answer:?}");
}

#[tokio::test]
async fn a_body_that_pauses_is_a_408_problem() {
    let (_app, address) = start().await;
    let whole = request("POST", "/api/customers", &[], CUSTOMER);
    let mut stream = TcpStream::connect(&address).await.unwrap();
    stream.write_all(&whole.as_bytes()[..whole.len() - 5]).await.unwrap();
    let answer = read(&mut stream).await.unwrap();
    assert_eq!(answer.status, 408, "{answer:?}");
    assert_eq!(answer.json()["type"], "/problems/request-timeout");
    assert!(answer.head.contains("connection: close"), "{answer:?}");
}

#[tokio::test]
async fn a_body_that_drips_without_a_pause_is_a_408_problem_too() {
    let (_app, address) = start().await;
    let whole = request("POST", "/api/customers", &[], CUSTOMER);
    let (now, later) = whole.as_bytes().split_at(whole.len() - 20);
    let mut stream = TcpStream::connect(&address).await.unwrap();
    stream.write_all(now).await.unwrap();
    let (mut reader, mut writer) = stream.split();
    let drip = async {
        for byte in later {
            tokio::time::sleep(Duration::from_millis(100)).await;
            if writer.write_all(&[*byte]).await.is_err() {
                break;
            }
        }
    };
    let (answer, ()) = tokio::join!(read(&mut reader), drip);
    assert_eq!(answer.unwrap().status, 408);
}

#[tokio::test]
async fn a_handler_that_lifts_the_deadline_reads_a_long_upload_but_no_pause() {
    let (_app, address) = start().await;
    for (pause, expected) in [(200, "8"), (3_000, "broken off")] {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        let head = "POST /api/upload HTTP/1.1\r\nhost: t\r\nconnection: close\r\ncontent-length: 8";
        stream.write_all(format!("{head}\r\n\r\n").as_bytes()).await.unwrap();
        for _ in 0..8 {
            tokio::time::sleep(Duration::from_millis(pause)).await;
            if stream.write_all(b"x").await.is_err() || pause > 1_000 {
                break;
            }
        }
        assert_eq!(read(&mut stream).await.unwrap().body, expected);
    }
}

#[tokio::test]
async fn a_body_beyond_the_configured_limit_is_413_and_one_within_it_is_read() {
    let (_app, address) = start_with(&[("APP__SERVER__BODY_LIMIT", "2KiB")]).await;
    let body =
        |name: usize| format!(r#"{{"name": "{}", "email": "a@example.org"}}"#, "n".repeat(name));
    let large = send(&address, "POST", "/api/customers", &[], &body(2_048)).await.unwrap();
    assert_eq!(large.status, 413);
    assert!(large.body.contains("2048 bytes"), "{large:?}");
    assert_eq!(send(&address, "POST", "/api/customers", &[], &body(20)).await.unwrap().status, 201);
}

#[tokio::test]
async fn a_connection_that_idles_between_requests_is_closed() {
    let (_app, address) = start().await;
    let mut stream = TcpStream::connect(&address).await.unwrap();
    stream.write_all(b"GET /livez HTTP/1.1\r\nhost: t\r\n\r\n").await.unwrap();
    // Ends only when the server closes.
    let answer = tokio::time::timeout(Duration::from_secs(30), read(&mut stream)).await.unwrap();
    assert_eq!(answer.unwrap().status, 200);
}
