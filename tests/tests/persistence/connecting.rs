//! What an operator reads when a database cannot be reached.

use std::time::{Duration, Instant};

use framework::adapters::persistence::{PoolOptions, SqlStore};
use framework::domain::error::Error;
use tests::support::postgres;

async fn refused(url: &str, acquire_timeout: Duration) -> Error {
    let options = PoolOptions { acquire_timeout, ..PoolOptions::default() };
    SqlStore::connect(url, &options).await.map(drop).unwrap_err()
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_in_time_without_who_logs_in() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let start = Instant::now();
    let error =
        refused(&format!("postgres://me:hunter2@{free}/shop"), Duration::from_millis(300)).await;
    assert!(start.elapsed() < Duration::from_secs(10));
    let text = error.to_string();
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    assert!(text.contains(&format!("{free}/shop")) && text.contains("refused"), "{text}");
    assert!(!text.contains("hunter2") && !text.contains("me:"), "{text}");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_named_in_time() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    let error = refused(&format!("postgres://me@{address}/shop"), Duration::from_millis(300)).await;
    let text = error.to_string();
    assert!(text.contains(&format!("{address}/shop does not answer within 300ms")), "{text}");
}

#[tokio::test]
async fn a_server_that_is_just_starting_is_waited_for() {
    let Some(url) = postgres().await else { return };
    // A port that refuses first, and then leads to the server.
    let server = url.split('@').nth(1).unwrap().split('/').next().unwrap().to_owned();
    let door = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let through = url.replace(&server, &door.to_string());
    let opened = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let listener = tokio::net::TcpListener::bind(door).await.unwrap();
        loop {
            let (mut here, _) = listener.accept().await.unwrap();
            let mut there = tokio::net::TcpStream::connect(&server).await.unwrap();
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut here, &mut there).await });
        }
    });
    SqlStore::connect(&through, &PoolOptions::default()).await.unwrap();
    opened.abort();
}

#[tokio::test]
async fn a_database_that_is_not_there_is_told_at_once() {
    let Some(url) = postgres().await else { return };
    let (server, _) = url.rsplit_once('/').unwrap();
    let start = Instant::now();
    let error = refused(&format!("{server}/nowhere"), Duration::from_secs(60)).await;
    assert!(start.elapsed() < Duration::from_secs(30), "it was waited for");
    let text = error.to_string();
    assert!(matches!(error, Error::Configuration(_)), "{error:?}");
    assert!(text.contains("/nowhere cannot be used") && text.contains("does not exist"), "{text}");
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("no/such/shop.db");
    let error =
        refused(&format!("sqlite://{}?mode=rwc", file.display()), Duration::from_secs(5)).await;
    let text = error.to_string();
    assert!(
        text.contains(&file.display().to_string()) && text.contains("unable to open"),
        "{text}"
    );
}

#[tokio::test]
async fn a_url_without_a_file_is_refused() {
    for url in ["sqlite:", "sqlite://", "sqlite://?mode=rwc"] {
        let error = refused(url, Duration::from_secs(5)).await;
        assert!(error.to_string().contains("it names no file"), "{error}");
    }
}
