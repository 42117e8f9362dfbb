//! A built application: ready to serve, or to be tested.

use std::io::Write as _;
use std::sync::Arc;

use axum::Router;
use tokio::net::TcpListener;

use super::RunError;
use crate::adapters::http::Served;
use crate::adapters::messaging::MemoryBus;
use crate::adapters::persistence::SqlStore;
use crate::application::cache::EntityCache;
use crate::application::unit_of_work::UnitOfWork;
use crate::infrastructure::config::Config;
use crate::infrastructure::container::Container;
use crate::infrastructure::health::Health;
use crate::infrastructure::housekeeping;
use crate::infrastructure::server;
use crate::infrastructure::telemetry::LogFormat;

/// What [`App::build`](super::App::build) makes.
pub struct Application {
    pub(super) config: Config,
    pub(super) container: Container,
    pub(super) router: Router,
    pub(super) served: Vec<Served>,
    pub(super) store: SqlStore,
    pub(super) bus: Arc<MemoryBus>,
    pub(super) health: Health,
}

impl Application {
    /// Every service, for tests and for programs that do more than serve.
    pub fn container(&self) -> &Container {
        &self.container
    }

    /// Every route, with its middleware.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Every method and path that the router serves, as they were added to it.
    pub fn routes(&self) -> &[Served] {
        &self.served
    }

    /// The database.
    pub fn store(&self) -> &SqlStore {
        &self.store
    }

    /// Waits until every event published so far was handled: for tests.
    pub async fn settle(&self) {
        self.bus.drain().await;
    }

    /// Listens until the process is told to stop, then lets requests in flight end.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn serve(self) -> Result<(), RunError> {
        let listener = listen(&self.config).await?;
        self.serve_on(listener).await
    }

    pub(super) async fn serve_on(self, listener: TcpListener) -> Result<(), RunError> {
        let (host, port) = (self.config.server.host.as_str(), self.config.server.port);
        let local =
            listener.local_addr().map_or(format!("{host}:{port}"), |local| local.to_string());
        let prefix = &self.config.http.prefix;
        let (api, docs) = (format!("http://{local}{prefix}"), format!("http://{local}/docs"));
        let document = format!("http://{local}/openapi.json");
        if self.config.log.format == LogFormat::Pretty {
            tracing::info!(address = %local, "serving");
            welcome(&api, &docs, &document);
        } else {
            tracing::info!(address = %local, api, docs, document, "serving");
        }
        let unit_of_work = self.container.resolve::<UnitOfWork>().await?;
        let cache = self.container.resolve::<dyn EntityCache>().await?;
        let housekeeping = tokio::spawn(housekeeping::run(Arc::clone(&unit_of_work)));
        // Units of work whose callers have gone away may still be at it. Their events have handlers, which need the
        // database; all of them change rows that other processes keep.
        let rest = async {
            unit_of_work.settle().await;
            self.bus.drain().await;
            cache.close().await;
            self.store.close().await;
        };
        let options = self.config.server.options();
        let served = server::serve(listener, self.router, &options, &self.health, rest).await;
        housekeeping.abort();
        served.map_err(|source| RunError::Io { doing: "serving".to_owned(), source })
    }
}

/// Takes the address that the configuration names.
pub(super) async fn listen(config: &Config) -> Result<TcpListener, RunError> {
    let (host, port) = (config.server.host.as_str(), config.server.port);
    // Brackets are for URLs; a socket takes an address without.
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    TcpListener::bind((bare, port)).await.map_err(|source| {
        let doing = format!("listening on {host}, port {port}");
        RunError::Io { doing, source }
    })
}

/// Says where everything is, to people who start it by hand. The log says it to machines.
fn welcome(api: &str, docs: &str, document: &str) {
    // Whether anybody reads it is not ours to judge.
    let _ = writeln!(std::io::stderr(), "API       {api}\ndocs      {docs}\ndocument  {document}");
}
