//! Puts the parts together: container, migrations, router.

use std::sync::Arc;

use secrecy::ExposeSecret as _;
use serde_json::Value as Json;

use super::entity::Registered;
use super::prepare::prepare;
use super::{App, Application, Module, RunError, Seed, clashes};
use crate::adapters::cache::{MemoryCache, MemoryCacheOptions, RedisOptions, RedisTier};
use crate::adapters::http::openapi::{self, Version};
use crate::adapters::http::route::Route;
use crate::adapters::http::router::named_routes;
use crate::adapters::http::{PROBLEMS, Routes, Served, cors, layers};
use crate::adapters::messaging::MemoryBus;
use crate::adapters::persistence::{Dialect, PoolOptions, Preparing, SqlStore, ddl};
use crate::application::cache::EntityCache;
use crate::application::clock::{Clock, SystemClock};
use crate::application::event_bus::EventBus;
use crate::application::forgetting::Forgetting;
use crate::application::relatives::Relatives;
use crate::application::store::{Select, Store};
use crate::application::unit_of_work::UnitOfWork;
use crate::domain::error::{Error, chain};
use crate::domain::query::Deleted;
use crate::domain::schema::EntitySchema;
use crate::infrastructure::config::{Config, ConfigError, Environment, RedisConfig};
use crate::infrastructure::container::{Container, ContainerBuilder, Registration, singleton};
use crate::infrastructure::health::Health;
use crate::infrastructure::telemetry;

pub(super) async fn assemble(app: App) -> Result<Application, RunError> {
    start_log(&app.config);
    let documents = Documents::of(&app)?;
    let App { config, migrations, modules, seed, around, .. } = app;
    let mut parts = Parts::of(modules);
    parts.read_settings(&config)?;
    let entities: Arc<[Box<dyn Registered>]> = std::mem::take(&mut parts.entities).into();

    let store = connect(&config).await?;
    store.check_writable().await?;
    let schemas: Vec<&'static EntitySchema> = entities.iter().map(|it| it.schema()).collect();
    prepare(&store, migrations, &schemas, config.database.migrate).await?;
    let bus = Arc::new(MemoryBus::new());
    let cache = cache(&config)?;
    let given = builder(&config, &store, &bus, &cache);
    let container = wire(given, &mut parts, &entities)?;
    for subscribe in std::mem::take(&mut parts.subscriptions) {
        subscribe(container.clone(), Arc::clone(&bus)).await?;
    }
    if config.environment == Environment::Development {
        load_demo(seed, &store, &entities, &container).await?;
    }
    let health = health(&store, &cache, config.redis.url.is_some());
    let generated = generated(&container, &entities, &parts.routes).await?;
    let routes = routes(&config.http.prefix, generated, parts.routes, &documents);
    let served = [routes.served(), health.routes().served()].concat();
    let limits = config.request_limits();
    let router = layers::finish(routes.into_router(), limits, container.clone());
    let router = around.into_iter().fold(router, |router, wrap| wrap(router));
    let router = cors::allow(router, &config.http.cors_origins).merge(health.router());
    Ok(Application { config, container, router, served, store, bus, health })
}

/// Checks everything that can be checked without a database.
pub(super) fn check(app: App) -> Result<(), RunError> {
    clashes::check(&app)?;
    let mut parts = Parts::of(app.modules);
    parts.read_settings(&app.config)?;
    let entities: Arc<[Box<dyn Registered>]> = std::mem::take(&mut parts.entities).into();
    let given = Container::builder()
        .instance::<Config>(Arc::new(app.config))
        .register(
            singleton::<dyn Store>().make(|_| async { Err("the check needs no database".into()) }),
        )
        .register(
            singleton::<SqlStore>().make(|_| async { Err("the check needs no database".into()) }),
        )
        .instance::<dyn EntityCache>(Arc::new(crate::application::cache::NoCache))
        .instance::<dyn EventBus>(Arc::new(MemoryBus::new()));
    wire(given, &mut parts, &entities)?;
    Ok(())
}

pub(super) fn start_log(config: &Config) {
    // The filter was checked with the configuration; a second start in one process (tests) keeps the first.
    let _ = telemetry::init(config.log.format, &config.log.filter);
}

/// The modules, taken apart.
#[derive(Default)]
struct Parts {
    entities: Vec<Box<dyn Registered>>,
    services: Vec<Registration>,
    replacements: Vec<Registration>,
    subscriptions: Vec<super::module::Subscribe>,
    routes: Vec<Route>,
    settings: Vec<super::module::ReadSettings>,
}

impl Parts {
    fn of(modules: Vec<Module>) -> Self {
        let mut parts = Self::default();
        for module in modules {
            tracing::debug!(module = module.name, "registering");
            parts.entities.extend(module.entities);
            parts.services.extend(module.services);
            parts.replacements.extend(module.replacements);
            parts.subscriptions.extend(module.subscriptions);
            parts.routes.extend(module.routes);
            parts.settings.extend(module.settings);
        }
        parts
    }

    /// Reads the sections that modules declare; refuses what does not fit and what nobody reads, all at once.
    fn read_settings(&mut self, config: &Config) -> Result<(), ConfigError> {
        let mut problems = Vec::new();
        for read in std::mem::take(&mut self.settings) {
            match read(config) {
                Ok(service) => self.services.push(service),
                Err(ConfigError(wrong)) => problems.extend(wrong),
            }
        }
        problems.extend(config.unread());
        if problems.is_empty() { Ok(()) } else { Err(ConfigError(problems)) }
    }
}

pub(super) async fn connect(config: &Config) -> Result<SqlStore, RunError> {
    let options = PoolOptions {
        max_connections: config.database.pool_size,
        acquire_timeout: config.database.acquire_timeout,
        // Whoever asked has been answered by then.
        statement_timeout: config.server.request_timeout,
    };
    Ok(SqlStore::connect(config.database.url.expose_secret(), &options).await?)
}

fn cache(config: &Config) -> Result<MemoryCache, RunError> {
    let options = MemoryCacheOptions::default();
    let RedisConfig { url: Some(url), confirmation } = &config.redis else {
        return Ok(MemoryCache::new(&options));
    };
    let (prefix, confirmation) = (config.app.clone(), *confirmation);
    let redis = RedisOptions { prefix, confirmation, ..RedisOptions::default() };
    let tier = RedisTier::new(url.expose_secret(), redis)?;
    Ok(MemoryCache::with_redis(&options, tier))
}

/// What the process gives to every module.
fn builder(
    config: &Config,
    store: &SqlStore,
    bus: &Arc<MemoryBus>,
    cache: &MemoryCache,
) -> ContainerBuilder {
    Container::builder()
        .instance::<Config>(Arc::new(config.clone()))
        .instance::<SqlStore>(Arc::new(store.clone()))
        .instance::<dyn Store>(Arc::new(store.clone()))
        .instance::<dyn EntityCache>(Arc::new(cache.clone()))
        .instance::<dyn EventBus>(Arc::clone(bus) as Arc<dyn EventBus>)
}

/// Registers what the modules declare, then the defaults, then what replaces either.
fn wire(
    mut builder: ContainerBuilder,
    parts: &mut Parts,
    entities: &Arc<[Box<dyn Registered>]>,
) -> Result<Container, RunError> {
    for service in parts.services.drain(..) {
        builder = builder.register(service);
    }
    let unit_of_work = singleton::<UnitOfWork>()
        .needs::<dyn Store>()
        .needs::<dyn Clock>()
        .needs::<dyn EventBus>()
        .needs::<dyn EntityCache>()
        .needs::<Config>();
    let schemas: Vec<&'static EntitySchema> = entities.iter().map(|it| it.schema()).collect();
    builder = builder
        .register_default(crate::infrastructure::container::instance::<dyn Clock>(Arc::new(
            SystemClock,
        )))
        .register_default(unit_of_work.make(move |resolver| {
            let schemas = schemas.clone();
            async move {
                let (store, clock) = (resolver.resolve().await?, resolver.resolve().await?);
                let unit_of_work = UnitOfWork::new(store, clock, resolver.resolve().await?);
                let forgetting = Forgetting::new(resolver.resolve().await?, &schemas);
                let ttl = resolver.resolve::<Config>().await?.idempotency.ttl;
                Ok(Arc::new(unit_of_work.forgetting(forgetting).keeping_answers(ttl)))
            }
        }));
    let mut relatives = singleton::<Relatives>();
    for entity in entities.iter() {
        builder = entity.defaults(builder);
        relatives = entity.needs(relatives);
    }
    let served = Arc::clone(entities);
    builder = builder.register_default(relatives.make(move |resolver| {
        let served = Arc::clone(&served);
        async move {
            let mut relatives = Relatives::default();
            for entity in served.iter() {
                relatives.add(entity.relative(&resolver).await?);
            }
            Ok(Arc::new(relatives))
        }
    }));
    for service in parts.replacements.drain(..) {
        builder = builder.replace(service);
    }
    Ok(builder.build()?)
}

/// Loads the demo data if no table has a row: once, however many processes start together.
async fn load_demo(
    seed: Option<Seed>,
    store: &SqlStore,
    entities: &[Box<dyn Registered>],
    container: &Container,
) -> Result<(), RunError> {
    let Some(seed) = seed else { return Ok(()) };
    let _alone = Preparing::begin(store).await?;
    if has_rows(store, entities).await? {
        return Ok(());
    }
    match seed(container.clone()).await {
        Ok(()) => tracing::info!("loaded demo data into the empty database"),
        // Nobody is alone with a file: whoever was faster has taken the names and numbers.
        Err(error @ Error::Conflict(_))
            if store.dialect() == Dialect::Sqlite && has_rows(store, entities).await? =>
        {
            tracing::info!(error = chain(&error), "another process loaded the demo data");
        }
        Err(error) => return Err(Error::infrastructure("loading the demo data", error).into()),
    }
    Ok(())
}

/// Whether any table has a row.
async fn has_rows(store: &SqlStore, entities: &[Box<dyn Registered>]) -> Result<bool, Error> {
    for entity in entities {
        let mut select = Select::new(entity.schema(), &[]);
        select.limit = Some(1);
        select.deleted = Deleted::Include;
        if !store.autocommit().select(&select).await?.rows.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn health(store: &SqlStore, cache: &MemoryCache, redis: bool) -> Health {
    let store = store.clone();
    let mut health = Health::builder().required("database", move || {
        let store = store.clone();
        async move { store.ping().await }
    });
    if redis {
        let cache = cache.clone();
        // Without Redis reads are slower, not wrong: the process stays ready.
        health = health.optional("redis", move || {
            let cache = cache.clone();
            async move { cache.ping().await }
        });
    }
    health.build()
}

/// The documents of the API, made before the application is taken apart.
pub(super) struct Documents {
    pub(super) v3_1: Json,
    pub(super) v3_2: Json,
}

impl Documents {
    /// # Errors
    /// When two parts claim the same: nothing could be said of both.
    pub(super) fn of(app: &App) -> Result<Self, RunError> {
        clashes::check(app)?;
        let mut info = app.about.clone();
        info.prefix.clone_from(&app.config.http.prefix);
        let entities = app.modules.iter().flat_map(|module| &module.entities);
        let schemas: Vec<&'static EntitySchema> = entities.map(|entity| entity.schema()).collect();
        let routes = app.modules.iter().flat_map(|module| &module.routes);
        let extra: Vec<Json> = routes.map(Route::fragment).collect();
        let document = |version| openapi::document(&info, version, &schemas, &extra);
        Ok(Self { v3_1: document(Version::V3_1), v3_2: document(Version::V3_2) })
    }
}

/// The document as text, ending in a newline when printed.
pub(super) fn document_text(app: &App) -> Result<String, RunError> {
    Ok(format!("{:#}", Documents::of(app)?.v3_1))
}

/// The tables that the entities declare, owned children included, as SQL.
pub(super) fn tables(app: &App, dialect: Dialect) -> String {
    let entities = app.modules.iter().flat_map(|module| &module.entities);
    let schemas: Vec<&'static EntitySchema> = entities.map(|entity| entity.schema()).collect();
    let statements: Vec<String> = ddl::in_dependency_order(&schemas)
        .into_iter()
        .flat_map(|schema| ddl::create_table(schema, dialect))
        .map(|statement| format!("{statement};"))
        .collect();
    statements.join("\n\n")
}

/// Every method and path that is served, a line each, with what the document says of it.
pub(super) fn route_list(app: App) -> Result<String, RunError> {
    let documents = Documents::of(&app)?;
    let App { config, modules, .. } = app;
    let Parts { entities, routes: own, .. } = Parts::of(modules);
    let taken: Vec<_> = own.iter().map(Route::address).collect();
    let generated = entities.iter().map(|entity| named_routes(entity.schema(), &taken));
    let generated = generated.fold(Routes::default(), Routes::merge);
    let prefix = config.http.prefix.as_str();
    let routes = routes(prefix, generated, own, &documents);
    let health = Health::builder().build().routes();
    let line = |served: &Served| {
        let operation = served.path.strip_prefix(prefix).and_then(|path| {
            documents.v3_2["paths"].get(path)?.get(served.method.as_str().to_lowercase())
        });
        let summary = operation.and_then(|operation| operation["summary"].as_str());
        format!("{:<7} {:<44} {}", served.method.as_str(), served.path, summary.unwrap_or_default())
    };
    let lines = routes.served().iter().chain(health.served()).map(line);
    Ok(lines.map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n"))
}

/// The API under its prefix, and the pages beside it.
fn routes(prefix: &str, generated: Routes, own: Vec<Route>, documents: &Documents) -> Routes {
    let api = own.into_iter().fold(generated, |api, route| {
        let (method, path) = route.address();
        api.add(method, &path, layers::remembered(route.handler))
    });
    api.into_api(prefix).merge(openapi::docs_routes(&documents.v3_1, &documents.v3_2, PROBLEMS))
}

async fn generated(
    container: &Container,
    entities: &[Box<dyn Registered>],
    own: &[Route],
) -> Result<Routes, RunError> {
    let taken: Vec<_> = own.iter().map(Route::address).collect();
    let mut generated = Routes::default();
    for entity in entities {
        generated = generated.merge(entity.routes(container, &taken).await?);
    }
    Ok(generated)
}
