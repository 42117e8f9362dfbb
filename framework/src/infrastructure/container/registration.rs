//! How a service comes to be.

use std::any::{Any, TypeId, type_name};
use std::marker::PhantomData;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::sync::OnceCell;

use super::{ContainerError, FactoryError, Resolver};

/// An `Arc<T>` whose type is known only to those who ask for it.
pub(super) type AnyService = Arc<dyn Any + Send + Sync>;
pub(super) type Make =
    Arc<dyn Fn(Resolver) -> BoxFuture<'static, Result<AnyService, ContainerError>> + Send + Sync>;

/// One service and how it comes to be.
pub struct Registration {
    pub(super) id: TypeId,
    pub(super) name: &'static str,
    pub(super) needs: Arc<[(TypeId, &'static str)]>,
    pub(super) lifetime: Lifetime,
}

pub(super) enum Lifetime {
    Instance(AnyService),
    Singleton { cell: OnceCell<AnyService>, make: Make },
    Transient { make: Make },
}

/// A service that exists already.
pub fn instance<T: ?Sized + Send + Sync + 'static>(service: Arc<T>) -> Registration {
    Registration {
        id: TypeId::of::<T>(),
        name: type_name::<T>(),
        needs: Arc::new([]),
        lifetime: Lifetime::Instance(Arc::new(service)),
    }
}

/// A service that is made once, when first asked for.
pub fn singleton<T: ?Sized + Send + Sync + 'static>() -> Declaration<T> {
    Declaration { needs: Vec::new(), once: true, service: PhantomData }
}

/// A service that is made each time it is asked for.
pub fn transient<T: ?Sized + Send + Sync + 'static>() -> Declaration<T> {
    Declaration { needs: Vec::new(), once: false, service: PhantomData }
}

/// A service whose factory is still to be named.
#[must_use = "call `make`"]
pub struct Declaration<T: ?Sized> {
    needs: Vec<(TypeId, &'static str)>,
    once: bool,
    service: PhantomData<fn() -> Arc<T>>,
}

impl<T: ?Sized + Send + Sync + 'static> Declaration<T> {
    /// Declares that the factory resolves a `D`.
    pub fn needs<D: ?Sized + 'static>(mut self) -> Self {
        self.needs.push((TypeId::of::<D>(), type_name::<D>()));
        self
    }

    /// Names the factory.
    pub fn make<F, R>(self, factory: F) -> Registration
    where
        F: Fn(Resolver) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Arc<T>, FactoryError>> + Send + 'static,
    {
        let make: Make = Arc::new(move |resolver| {
            let service = factory(resolver);
            Box::pin(async move { service.await.map(erase).map_err(failed::<T>) })
        });
        let lifetime = if self.once {
            Lifetime::Singleton { cell: OnceCell::new(), make }
        } else {
            Lifetime::Transient { make }
        };
        Registration {
            id: TypeId::of::<T>(),
            name: type_name::<T>(),
            needs: self.needs.into(),
            lifetime,
        }
    }
}

impl Registration {
    /// The same registration, with a singleton unmade.
    pub(super) fn fresh(&self) -> Self {
        let lifetime = match &self.lifetime {
            Lifetime::Instance(service) => Lifetime::Instance(Arc::clone(service)),
            Lifetime::Singleton { make, .. } => {
                Lifetime::Singleton { cell: OnceCell::new(), make: Arc::clone(make) }
            }
            Lifetime::Transient { make } => Lifetime::Transient { make: Arc::clone(make) },
        };
        Self { id: self.id, name: self.name, needs: Arc::clone(&self.needs), lifetime }
    }

    pub(super) fn is_transient(&self) -> bool {
        matches!(self.lifetime, Lifetime::Transient { .. })
    }

    pub(super) fn is_singleton(&self) -> bool {
        matches!(self.lifetime, Lifetime::Singleton { .. })
    }
}

fn erase<T: ?Sized + Send + Sync + 'static>(service: Arc<T>) -> AnyService {
    Arc::new(service)
}

/// A fault further down names itself; anything else is a failure of this factory.
fn failed<T: ?Sized>(error: FactoryError) -> ContainerError {
    match error.downcast::<ContainerError>() {
        Ok(error) => *error,
        Err(source) => ContainerError::Failed { service: type_name::<T>(), source: source.into() },
    }
}
