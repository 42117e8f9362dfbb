//! Services by type: instances, singletons made once when first asked for, and transients made each time.
//!
//! ```
//! use std::sync::Arc;
//! use framework::application::clock::{Clock, SystemClock};
//! use framework::infrastructure::container::{Container, singleton};
//!
//! struct Report(Arc<dyn Clock>);
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let container = Container::builder()
//!     .instance::<dyn Clock>(Arc::new(SystemClock))
//!     .register(singleton::<Report>().needs::<dyn Clock>().make(|resolver| async move {
//!         Ok(Arc::new(Report(resolver.resolve().await?)))
//!     }))
//!     .build()?;
//! let report = container.resolve::<Report>().await?;
//! # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
//! # }).unwrap();
//! ```
//!
//! What a factory needs is declared, so that [`ContainerBuilder::build`] finds every fault of the wiring without
//! running a factory.

mod error;
mod registration;
mod validate;

use std::any::{TypeId, type_name};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

pub use error::{ContainerError, FactoryError, WiringError};
pub use registration::{Declaration, Registration, instance, singleton, transient};

use registration::Lifetime;

/// Services by type. A clone is the same container.
#[derive(Clone)]
pub struct Container {
    services: Arc<HashMap<TypeId, Registration>>,
}

/// Collects registrations.
#[derive(Default)]
pub struct ContainerBuilder {
    services: HashMap<TypeId, Registration>,
    faults: Vec<ContainerError>,
}

/// What a factory resolves its needs with.
#[derive(Clone)]
pub struct Resolver {
    container: Container,
    by: &'static str,
    needs: Arc<[(TypeId, &'static str)]>,
}

impl Container {
    /// Starts a container.
    pub fn builder() -> ContainerBuilder {
        ContainerBuilder::default()
    }

    /// The service of this type. A singleton is made now if nobody asked for it before.
    ///
    /// # Errors
    /// When nothing is registered for the type, or its factory fails. A failed singleton is tried again by the next
    /// caller.
    pub async fn resolve<T: ?Sized + Send + Sync + 'static>(
        &self,
    ) -> Result<Arc<T>, ContainerError> {
        let name = type_name::<T>();
        let registration = self
            .services
            .get(&TypeId::of::<T>())
            .ok_or(ContainerError::NotRegistered { service: name })?;
        let resolver = || Resolver {
            container: self.clone(),
            by: registration.name,
            needs: Arc::clone(&registration.needs),
        };
        let service = match &registration.lifetime {
            Lifetime::Instance(service) => Arc::clone(service),
            Lifetime::Singleton { cell, make } => {
                Arc::clone(cell.get_or_try_init(|| make(resolver())).await?)
            }
            Lifetime::Transient { make } => make(resolver()).await?,
        };
        // The map is keyed by the type that was stored, so the second error cannot happen.
        service
            .downcast_ref::<Arc<T>>()
            .cloned()
            .ok_or(ContainerError::NotRegistered { service: name })
    }

    /// Whether something is registered for the type.
    pub fn contains<T: ?Sized + 'static>(&self) -> bool {
        self.services.contains_key(&TypeId::of::<T>())
    }

    /// A builder that starts from everything registered here, with singletons unmade: for tests that override a port.
    pub fn to_builder(&self) -> ContainerBuilder {
        let services = self.services.iter().map(|(id, service)| (*id, service.fresh())).collect();
        ContainerBuilder { services, faults: Vec::new() }
    }
}

impl ContainerBuilder {
    /// Registers a service; a second registration of the same type is a fault.
    #[must_use]
    pub fn register(mut self, registration: Registration) -> Self {
        match self.services.entry(registration.id) {
            Entry::Occupied(_) => {
                self.faults.push(ContainerError::Duplicate { service: registration.name });
            }
            Entry::Vacant(place) => {
                place.insert(registration);
            }
        }
        self
    }

    /// Registers a service in place of an earlier one; it is a fault if there is none.
    #[must_use]
    pub fn replace(mut self, registration: Registration) -> Self {
        let name = registration.name;
        if self.services.insert(registration.id, registration).is_none() {
            self.faults.push(ContainerError::ReplacesNothing { service: name });
        }
        self
    }

    /// Registers a service unless there is one already: for defaults.
    #[must_use]
    pub fn register_default(mut self, registration: Registration) -> Self {
        self.services.entry(registration.id).or_insert(registration);
        self
    }

    /// Registers a service that exists already.
    #[must_use]
    pub fn instance<T: ?Sized + Send + Sync + 'static>(self, service: Arc<T>) -> Self {
        self.register(instance(service))
    }

    /// Whether something is registered for the type.
    pub fn contains<T: ?Sized + 'static>(&self) -> bool {
        self.services.contains_key(&TypeId::of::<T>())
    }

    /// Checks the wiring without running a factory.
    ///
    /// # Errors
    /// Every fault: duplicates, missing, cyclic and captive dependencies, each with its chain.
    pub fn build(mut self) -> Result<Container, WiringError> {
        self.faults.extend(validate::faults(&self.services));
        if self.faults.is_empty() {
            Ok(Container { services: Arc::new(self.services) })
        } else {
            Err(WiringError(self.faults))
        }
    }
}

impl Resolver {
    /// A service that the factory declared to need.
    ///
    /// # Errors
    /// As [`Container::resolve`], and when the need was not declared.
    pub async fn resolve<T: ?Sized + Send + Sync + 'static>(
        &self,
    ) -> Result<Arc<T>, ContainerError> {
        if self.needs.iter().any(|(id, _)| *id == TypeId::of::<T>()) {
            // Boxed, because a factory that resolves is itself part of a resolution.
            Box::pin(self.container.resolve::<T>()).await
        } else {
            Err(ContainerError::Undeclared { service: self.by, needed: type_name::<T>() })
        }
    }
}

#[cfg(test)]
mod tests;
