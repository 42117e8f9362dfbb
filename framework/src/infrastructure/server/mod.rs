//! The accept loop: deadlines for slow clients, limits for greedy ones, and an orderly end.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use futures_util::TryFutureExt as _;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tower::ServiceExt;

use self::explained::{Answering, Explained, Turns};
use crate::infrastructure::health::Health;

mod explained;

/// Limits of the server.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// Longest time that a client may take to send the head of a request.
    pub header_timeout: Duration,
    /// Most header fields of a request (HTTP/1) that are read at all; fewer are allowed, and the rest is a problem.
    pub max_headers: usize,
    /// Most bytes of a request's head that are read at all; fewer are allowed, and the rest is a problem.
    pub max_header_bytes: u32,
    /// Most requests at a time on one connection (HTTP/2).
    pub max_streams: u32,
    /// Time between the signal and the end of accepting, for load balancers to notice the failing readiness.
    pub drain_delay: Duration,
    /// Longest time for requests under way to end.
    pub shutdown_grace: Duration,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            header_timeout: Duration::from_secs(10),
            max_headers: 400,
            max_header_bytes: 256 * 1024,
            max_streams: 200,
            drain_delay: Duration::ZERO,
            shutdown_grace: Duration::from_secs(20),
        }
    }
}

/// Serves until SIGTERM or ctrl-c, then fails readiness, stops accepting, lets requests end and does the `rest`: all of
/// it within the grace, which a second signal cuts short.
///
/// # Errors
/// When the listener fails for good.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    options: &ServerOptions,
    health: &Health,
    rest: impl Future<Output = ()>,
) -> io::Result<()> {
    let again = Notify::new();
    let shutdown = async {
        shutdown_signal().await;
        tracing::info!("shutting down; a second signal ends it at once");
        health.start_draining();
        tokio::select! {
            () = tokio::time::sleep(options.drain_delay) => {}
            () = shutdown_signal() => again.notify_one(),
        }
    };
    let hurry = async {
        tokio::select! {
            () = again.notified() => {}
            () = shutdown_signal() => {}
        }
    };
    serve_until(listener, router, options, shutdown, End { rest, hurry }).await
}

/// Serves until `shutdown` is ready, then stops accepting and lets requests end within the grace.
///
/// # Errors
/// When the listener fails for good.
pub async fn serve_on(
    listener: TcpListener,
    router: Router,
    options: &ServerOptions,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let end = End { rest: std::future::ready(()), hurry: std::future::pending() };
    serve_until(listener, router, options, shutdown, end).await
}

/// What belongs to the end of serving.
struct End<R, H> {
    /// What is done after the last request.
    rest: R,
    /// When nobody wants to wait any longer.
    hurry: H,
}

async fn serve_until(
    listener: TcpListener,
    router: Router,
    options: &ServerOptions,
    shutdown: impl Future<Output = ()>,
    end: End<impl Future<Output = ()>, impl Future<Output = ()>>,
) -> io::Result<()> {
    let server = Arc::new(Server {
        builder: builder(options),
        router,
        header_timeout: options.header_timeout,
    });
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(Arc::clone(&server).connection(stream, peer, graceful.watcher()));
                }
                Err(error) => wait_out(error).await?,
            },
            // Ended connections are only taken off the list.
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    let orderly = async {
        graceful.shutdown().await;
        end.rest.await;
    };
    let reason = tokio::select! {
        biased;
        () = orderly => None,
        () = end.hurry => Some("a second signal came"),
        () = tokio::time::sleep(options.shutdown_grace) => Some("it did not end in time"),
    };
    if let Some(reason) = reason {
        // Ended connections are still on the list.
        while connections.try_join_next().is_some() {}
        let connections = connections.len();
        tracing::warn!(connections, reason, "what is still under way is cut off");
    }
    connections.shutdown().await;
    Ok(())
}

/// Ready at the next SIGTERM or ctrl-c.
pub async fn shutdown_signal() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            // Without a handler the default one ends the process.
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}

struct Server {
    builder: Builder<TokioExecutor>,
    router: Router,
    header_timeout: Duration,
}

fn builder(options: &ServerOptions) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(options.header_timeout)
        .max_headers(options.max_headers)
        // The least that hyper accepts.
        .max_buf_size(
            usize::try_from(options.max_header_bytes).unwrap_or(usize::MAX).max(8 * 1024),
        );
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(options.max_header_bytes)
        .max_concurrent_streams(options.max_streams)
        .keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(20));
    builder
}

impl Server {
    async fn connection(self: Arc<Self>, stream: TcpStream, peer: SocketAddr, watcher: Watcher) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%peer, %error, "a connection was lost at once");
            return;
        }
        let asked = Arc::new(AtomicBool::new(false));
        let turns = Turns::new();
        let service = hyper::service::service_fn({
            let (router, asked, turns) =
                (self.router.clone(), Arc::clone(&asked), Arc::clone(&turns));
            move |mut request: hyper::Request<hyper::body::Incoming>| {
                asked.store(true, Ordering::Relaxed);
                request.extensions_mut().insert(ConnectInfo(peer));
                let turn = turns.begin();
                let answer = router.clone().oneshot(request.map(Body::new));
                answer.map_ok(|response| response.map(|body| Answering { body, _turn: turn }))
            }
        });
        let stream = TokioIo::new(Explained::new(stream, turns));
        let connection = self.builder.serve_connection_with_upgrades(stream, service);
        let connection = watcher.watch(connection.into_owned());
        tokio::select! {
            ended = connection => if let Err(error) = ended {
                tracing::debug!(%peer, error, "a connection ended with an error");
            },
            () = no_request(self.header_timeout, &asked) => {
                tracing::debug!(%peer, "a connection without a request is closed");
            }
        }
    }
}

/// Ready if no request came in time. Hyper's own deadline starts only once it knows the version of HTTP.
async fn no_request(limit: Duration, asked: &AtomicBool) {
    tokio::time::sleep(limit).await;
    if asked.load(Ordering::Relaxed) {
        std::future::pending().await
    }
}

/// Whether accepting can go on: a connection that is lost already is no trouble, a lack of file handles passes.
async fn wait_out(error: io::Error) -> io::Result<()> {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, InvalidInput};
    match error.kind() {
        ConnectionAborted | ConnectionRefused | ConnectionReset => Ok(()),
        InvalidInput => Err(error),
        _ => {
            tracing::error!(%error, "accepting a connection failed");
            tokio::time::sleep(Duration::from_millis(200)).await;
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests;
