//! The application: what the modules declare, put together and run.

mod application;
mod assemble;
mod clashes;
mod command;
mod declarations;
mod entity;
mod module;
mod prepare;
mod resolve;

use std::sync::Arc;

use axum::Router;
use futures_util::future::BoxFuture;

pub use application::Application;
pub use command::RunError;
pub use module::Module;
pub use resolve::Resolve;

use super::config::{Config, ConfigError};
use super::container::Container;
use crate::adapters::http::openapi::ApiInfo;
use crate::adapters::persistence::{Dialect, Migration};
use crate::domain::error::Error;

/// Fills an empty database with demo data.
pub(super) type Seed =
    Arc<dyn Fn(Container) -> BoxFuture<'static, Result<(), Error>> + Send + Sync>;

/// Wraps the router in middleware of the application's own.
pub(super) type Around = Box<dyn FnOnce(Router) -> Router + Send>;

/// A program in the making: configuration, migrations, modules.
///
/// ```no_run
/// # async fn example() -> Result<(), framework::RunError> {
/// framework::App::from_env("my-shop")?.run().await
/// # }
/// ```
pub struct App {
    pub(super) config: Config,
    pub(super) about: ApiInfo,
    pub(super) migrations: &'static [Migration],
    pub(super) modules: Vec<Module>,
    pub(super) seed: Option<Seed>,
    pub(super) around: Vec<Around>,
}

impl App {
    /// An application configured from defaults, file, environment and secrets. `name` is the program's name.
    ///
    /// # Errors
    /// Every wrong setting at once.
    pub fn from_env(name: &str) -> Result<Self, ConfigError> {
        Ok(Self::new(name, Config::load(name)?))
    }

    /// An application with this configuration: for tests.
    pub fn new(name: &str, config: Config) -> Self {
        let about = ApiInfo::new(name, "0.1.0");
        Self { config, about, migrations: &[], modules: Vec::new(), seed: None, around: Vec::new() }
    }

    /// Names the API in its document.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.about.title = title.into();
        self
    }

    /// States the version of the API in its document.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.about.version = version.into();
        self
    }

    /// Describes the API in its document, as Markdown.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.about.description = description.into();
        self
    }

    /// States whatever else the document says about the API: contact, licence, audience, id, public address.
    ///
    /// ```
    /// # fn example(app: framework::App) -> framework::App {
    /// app.about(|api| {
    ///     api.contact.email = "shop@example.org".to_owned();
    ///     api.audience = "external-public".to_owned();
    /// })
    /// # }
    /// ```
    #[must_use]
    pub fn about(mut self, describe: impl FnOnce(&mut ApiInfo)) -> Self {
        describe(&mut self.about);
        self
    }

    /// The migrations, from [`migrations!`](crate::migrations).
    ///
    /// An application without any can be tried out: where migrations are applied at the start (`database.migrate = "auto"`,
    /// the default in development), it creates the tables that its entities declare and the database lacks. It never
    /// changes them again; production refuses to start without them. What `schema` prints is the first migration, and
    /// wants an empty database.
    #[must_use]
    pub fn migrations(mut self, migrations: &'static [Migration]) -> Self {
        self.migrations = migrations;
        self
    }

    /// Adds a module: entities, hooks, handlers, routes, services. What two modules register is refused at the start;
    /// [`Module::replace`] takes the place of what another one registers.
    #[must_use]
    pub fn module(mut self, module: impl Into<Module>) -> Self {
        self.modules.push(module.into());
        self
    }

    /// Demo data for an empty database; used only in development.
    #[must_use]
    pub fn seed<F>(mut self, seed: impl Fn(Container) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), Error>> + Send + 'static,
    {
        self.seed = Some(Arc::new(move |container| Box::pin(seed(container))));
        self
    }

    /// Puts middleware of your own around every route but the health checks, the last one outermost: one that finds out
    /// who calls, for instance, and tells policies and hooks by a [`Context`](crate::Context).
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use framework::axum::{extract::Request, middleware::{Next, from_fn}, response::Response};
    /// # use framework::{App, Context};
    /// async fn who(mut request: Request, next: Next) -> Response {
    ///     // Set by the gateway in front, which has checked it and lets nobody else set it.
    ///     let user = request.headers().get("x-user").and_then(|user| user.to_str().ok());
    ///     let context = Context { actor: user.map(str::to_owned), ..Context::anonymous() };
    ///     request.extensions_mut().insert(Arc::new(context));
    ///     next.run(request).await
    /// }
    ///
    /// fn with_callers(app: App) -> App {
    ///     app.around(|router| router.layer(from_fn(who)))
    /// }
    /// ```
    #[must_use]
    pub fn around(mut self, wrap: impl FnOnce(Router) -> Router + Send + 'static) -> Self {
        self.around.push(Box::new(wrap));
        self
    }

    /// The path below which the API is mounted.
    pub fn prefix(&self) -> &str {
        &self.config.http.prefix
    }

    /// The same application on another database, without demo data and without Redis.
    #[cfg(feature = "testing")]
    pub(crate) fn for_tests(mut self, database_url: &str) -> Self {
        self.config.database.url = database_url.to_owned().into();
        self.config.database.migrate = super::config::Migrate::Auto;
        self.config.redis.url = None;
        self.config.log.filter = "warn".to_owned();
        self.seed = None;
        self
    }

    /// Does what the command line says: `serve` (the default), `migrate up|down|status`, `schema`, `openapi`,
    /// `routes`, `check-config`, `help`.
    ///
    /// # Errors
    /// What went wrong, in words for the operator.
    pub async fn run(self) -> Result<(), RunError> {
        command::run(self, std::env::args().skip(1).collect()).await
    }

    /// The tables that the entities declare, as SQL: what `schema` prints.
    pub fn schema(&self, dialect: Dialect) -> String {
        assemble::tables(self, dialect)
    }

    /// Connects, checks the wiring and builds the router, without listening.
    ///
    /// # Errors
    /// When a part is missing, miswired or cannot be reached.
    pub async fn build(self) -> Result<Application, RunError> {
        assemble::assemble(self).await
    }
}
