//! A part of an application: entities and everything that belongs to them.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::de::DeserializeOwned;

use super::super::config::{Config, ConfigError};
use super::super::container::{Container, ContainerError, Registration, instance};
use super::entity::{EntityRegistration, Registered};
use crate::adapters::http::route::Route;
use crate::adapters::messaging::MemoryBus;
use crate::application::event_bus::EventHandler;
use crate::application::hooks::Hooks;
use crate::application::mapper::Mapper;
use crate::application::policy::Policy;
use crate::application::repository::Repository;
use crate::application::resource::Resource;
use crate::application::use_case::UseCase;
use crate::domain::entity::Entity;

pub(super) type Subscribe = Box<
    dyn FnOnce(Container, Arc<MemoryBus>) -> BoxFuture<'static, Result<(), ContainerError>> + Send,
>;

/// Reads a section and makes it a service.
pub(super) type ReadSettings = Box<dyn FnOnce(&Config) -> Result<Registration, ConfigError> + Send>;

/// A named part of an application.
///
/// ```no_run
/// # use framework::{Module, AllowAll};
/// # fn module<E: framework::Resource>(rules: impl framework::Hooks<E>) -> Module {
/// Module::new("reviews").entity::<E>(AllowAll).hooks::<E>(rules)
/// # }
/// ```
#[derive(Default)]
pub struct Module {
    pub(super) name: &'static str,
    pub(super) entities: Vec<Box<dyn Registered>>,
    pub(super) services: Vec<Registration>,
    pub(super) replacements: Vec<Registration>,
    pub(super) subscriptions: Vec<Subscribe>,
    pub(super) routes: Vec<Route>,
    pub(super) settings: Vec<ReadSettings>,
}

impl Module {
    /// An empty module.
    pub fn new(name: &'static str) -> Self {
        Self { name, ..Self::default() }
    }

    /// Serves an entity under this policy. There is no default: [`AllowAll`](crate::AllowAll) is a choice.
    #[must_use]
    pub fn entity<E: Resource>(mut self, policy: impl Policy<E>) -> Self {
        self.entities.push(Box::new(EntityRegistration::<E>::new()));
        self.add(instance::<dyn Policy<E>>(Arc::new(policy)))
    }

    /// A section of the configuration, such as `[payment]` or `APP__PAYMENT__KEY`, read at the start and then resolved
    /// by its type. Sections that no module declares are refused. Use `#[serde(default)]` for optional settings and
    /// `#[serde(deny_unknown_fields)]` to refuse unknown ones.
    ///
    /// ```no_run
    /// # use framework::Module;
    /// #[derive(serde::Deserialize)]
    /// #[serde(deny_unknown_fields)]
    /// struct Payment {
    ///     key: String,
    /// }
    /// Module::new("payment").settings::<Payment>("payment");
    /// ```
    #[must_use]
    pub fn settings<T: DeserializeOwned + Send + Sync + 'static>(
        mut self,
        section: &'static str,
    ) -> Self {
        self.settings.push(Box::new(move |config| {
            Ok(instance::<T>(Arc::new(config.section::<T>(section)?)))
        }));
        self
    }

    /// The business rules of an entity.
    #[must_use]
    pub fn hooks<E: Entity>(self, hooks: impl Hooks<E>) -> Self {
        self.add(instance::<dyn Hooks<E>>(Arc::new(hooks)))
    }

    /// Another mapping between inputs, entities and views.
    #[must_use]
    pub fn mapper<E: Resource>(self, mapper: impl Mapper<E>) -> Self {
        self.add(instance::<dyn Mapper<E>>(Arc::new(mapper)))
    }

    /// Another repository. No cache is put in front of it.
    #[must_use]
    pub fn repository<E: Entity>(self, repository: impl Repository<E>) -> Self {
        self.add(instance::<dyn Repository<E>>(Arc::new(repository)))
    }

    /// Another use case.
    #[must_use]
    pub fn use_case<E: Resource>(self, use_case: impl UseCase<E>) -> Self {
        self.add(instance::<dyn UseCase<E>>(Arc::new(use_case)))
    }

    /// Adds a service to the container; registering a type twice is a fault at start.
    #[must_use]
    #[expect(
        clippy::should_implement_trait,
        reason = "it adds to a list; nobody expects `module + service`"
    )]
    pub fn add(mut self, service: Registration) -> Self {
        self.services.push(service);
        self
    }

    /// Takes the place of a service that is registered elsewhere: for tests, and for parts of an entity.
    #[must_use]
    pub fn replace(mut self, service: Registration) -> Self {
        self.replacements.push(service);
        self
    }

    /// Reacts to events.
    #[must_use]
    pub fn on<T: Send + Sync + 'static>(mut self, handler: impl EventHandler<T>) -> Self {
        self.subscriptions.push(Box::new(move |_, bus| {
            Box::pin(async move {
                bus.subscribe(handler);
                Ok(())
            })
        }));
        self
    }

    /// Reacts to events with a handler that the container makes: register `H` with [`add`](Self::add).
    #[must_use]
    pub fn on_service<T: Send + Sync + 'static, H: EventHandler<T>>(mut self) -> Self {
        self.subscriptions.push(Box::new(move |container, bus| {
            Box::pin(async move {
                bus.subscribe::<T, _>(container.resolve::<H>().await?);
                Ok(())
            })
        }));
        self
    }

    /// Adds a route of its own. One with the method and path of a generated route takes its place.
    #[must_use]
    pub fn route(mut self, route: Route) -> Self {
        self.routes.push(route);
        self
    }
}
