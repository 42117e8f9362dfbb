//! A built application: ready to serve, or to be tested.

use std::sync::Arc;

use axum::Router;

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
        let address = format!("{}:{}", self.config.server.host, self.config.server.port);
        let listener = tokio::net::TcpListener::bind(&address)
            .await
            .map_err(|source| RunError::Io { doing: format!("listening on {address}"), source })?;
        let local = listener.local_addr().map_or(address, |address| address.to_string());
        let prefix = &self.config.http.prefix;
        // For people who start it by hand; the log carries the same for machines.
        tracing::info!(address = %local, "serving");
        eprintln!("API       http://{local}{prefix}");
        eprintln!("docs      http://{local}/docs");
        eprintln!("document  http://{local}/openapi.json");
        let unit_of_work = self.container.resolve::<UnitOfWork>().await?;
        let cache = self.container.resolve::<dyn EntityCache>().await?;
        let housekeeping = tokio::spawn(housekeeping::run(Arc::clone(&unit_of_work)));
        let served =
            server::serve(listener, self.router, &self.config.server.options(), &self.health)
                .await
                .map_err(|source| RunError::Io { doing: "serving".to_owned(), source });
        housekeeping.abort();
        served?;
        // Units of work whose callers have gone away may still be at it. Their events have handlers, which need the
        // database; all of them change rows that other processes keep.
        let rest = async {
            unit_of_work.settle().await;
            self.bus.drain().await;
            cache.close().await;
            self.store.close().await;
        };
        if tokio::time::timeout(self.config.server.shutdown_grace, rest).await.is_err() {
            tracing::warn!("some work did not end in time and is cut off");
        }
        Ok(())
    }
}
