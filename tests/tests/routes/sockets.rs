//! Streams on a real connection, whose client decides how fast they go.

use std::time::Duration;

use framework::infrastructure::server::{ServerOptions, serve_on};
use framework::sea_orm::ConnectionTrait as _;
use framework::testing::TestApp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::shop::app;
use crate::streams::customers;

/// Rows of a list that does not fit into the buffers of a connection.
const ROWS: usize = 200_000;
const END: &[u8] = b"0\r\n\r\n";

async fn asked(app: &TestApp) -> TcpStream {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = app.application.router();
    tokio::spawn(async move {
        serve_on(listener, router, &ServerOptions::default(), std::future::pending()).await
    });
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(8_192).unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    let request = "GET /api/customers?limit=200000 HTTP/1.1\r\nHost: x\r\nAccept: application/x-ndjson\r\n\
                   Connection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Waits until no more statements are run, and says how many were.
async fn at_rest(app: &TestApp) -> u64 {
    let mut last = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let now = app.application.store().statements();
        if now == last && now > 0 {
            return now;
        }
        last = now;
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_is_not_read_for() {
    let app = app().await;
    customers(&app, ROWS).await;
    let long = "UPDATE customers SET name = '0123456789012345678901234567890123456789'";
    app.application.store().connection().execute_unprepared(long).await.unwrap();
    let before = app.application.store().statements();
    let mut stream = asked(&app).await;
    let read = at_rest(&app).await - before;
    assert!(read < 300, "{read} of 400 pages were read for a client that took none");
    let mut some = vec![0; 100_000];
    stream.read_exact(&mut some).await.unwrap();
    assert!(some.starts_with(b"HTTP/1.1 200"));
    for table in ["lines", "purchases", "customers"] {
        let drop = format!("DROP TABLE {table}");
        app.application.store().connection().execute_unprepared(&drop).await.unwrap();
    }
    let mut rest = Vec::new();
    let ended = stream.read_to_end(&mut rest).await;
    assert!(!rest.ends_with(END), "a stream that failed must not look complete: {ended:?}");
    assert!(rest.len() + some.len() < 15_000_000, "{}", rest.len());
}

#[tokio::test]
async fn a_stream_that_was_read_to_its_end_says_so() {
    let app = app().await;
    customers(&app, 1_200).await;
    let mut stream = asked(&app).await;
    let mut whole = Vec::new();
    stream.read_to_end(&mut whole).await.unwrap();
    assert!(whole.ends_with(END));
    assert!(String::from_utf8_lossy(&whole).contains("c001200"));
}
