//! One served entity: its parts in the container, its routes, its read side for others.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::Method;
use secrecy::ExposeSecret as _;

use super::super::container::{
    Container, ContainerBuilder, ContainerError, Declaration, FactoryError, Resolver, instance,
    singleton,
};
use crate::adapters::http::cursor::CursorKey;
use crate::adapters::http::{Endpoints, EntityParts, Routes, entity_routes};
use crate::adapters::persistence::{Dialect, SqlStore};
use crate::application::batching_repository::BatchingRepository;
use crate::application::cache::EntityCache;
use crate::application::cached_repository::CachedRepository;
use crate::application::crud::CrudUseCase;
use crate::application::hooks::{Hooks, NoHooks};
use crate::application::mapper::{GeneratedMapper, Mapper};
use crate::application::policy::Policy;
use crate::application::relatives::{Relative, Relatives, ResourceRelative};
use crate::application::repository::Repository;
use crate::application::resource::Resource;
use crate::application::store::Store;
use crate::application::store_repository::StoreRepository;
use crate::application::unit_of_work::UnitOfWork;
use crate::application::use_case::UseCase;
use crate::domain::schema::EntitySchema;
use crate::infrastructure::config::Config;

/// An entity whose type is known only to itself.
#[async_trait]
pub(super) trait Registered: Send + Sync {
    fn schema(&self) -> &'static EntitySchema;

    /// The parts that were not registered explicitly.
    fn defaults(&self, builder: ContainerBuilder) -> ContainerBuilder;

    /// Declares what [`relative`](Self::relative) will resolve.
    fn needs(&self, declaration: Declaration<Relatives>) -> Declaration<Relatives>;

    /// The read side for other entities.
    async fn relative(&self, resolver: &Resolver) -> Result<Arc<dyn Relative>, ContainerError>;

    /// The routes, without those that the application answers itself.
    async fn routes(
        &self,
        container: &Container,
        own: &[(Method, String)],
    ) -> Result<Routes, ContainerError>;
}

/// [`Registered`] for a typed entity.
pub(super) struct EntityRegistration<E>(PhantomData<fn() -> E>);

impl<E> EntityRegistration<E> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }
}

#[async_trait]
impl<E: Resource> Registered for EntityRegistration<E> {
    fn schema(&self) -> &'static EntitySchema {
        E::schema()
    }

    fn defaults(&self, builder: ContainerBuilder) -> ContainerBuilder {
        let repository = singleton::<dyn Repository<E>>()
            .needs::<SqlStore>()
            .needs::<dyn Store>()
            .needs::<dyn EntityCache>();
        let use_case = singleton::<dyn UseCase<E>>()
            .needs::<dyn Repository<E>>()
            .needs::<dyn Policy<E>>()
            .needs::<dyn Hooks<E>>()
            .needs::<dyn Mapper<E>>()
            .needs::<Relatives>();
        let endpoints = singleton::<Endpoints<E>>()
            .needs::<dyn UseCase<E>>()
            .needs::<dyn Mapper<E>>()
            .needs::<UnitOfWork>()
            .needs::<Relatives>()
            .needs::<Config>();
        builder
            .register_default(instance::<dyn Hooks<E>>(Arc::new(NoHooks)))
            .register_default(instance::<dyn Mapper<E>>(Arc::new(GeneratedMapper)))
            .register_default(
                repository.make(|resolver| async move { repository_of(&resolver).await }),
            )
            .register_default(use_case.make(|resolver| async move {
                Ok(Arc::new(CrudUseCase::<E> {
                    repository: resolver.resolve().await?,
                    policy: resolver.resolve().await?,
                    hooks: resolver.resolve().await?,
                    mapper: resolver.resolve().await?,
                    relatives: resolver.resolve().await?,
                }) as Arc<dyn UseCase<E>>)
            }))
            .register_default(endpoints.make(|resolver| async move {
                let config = resolver.resolve::<Config>().await?;
                let secret = config.cursor_secret.expose_secret();
                Ok(Arc::new(Endpoints::new(EntityParts::<E> {
                    use_case: resolver.resolve().await?,
                    mapper: resolver.resolve().await?,
                    unit_of_work: resolver.resolve::<UnitOfWork>().await?.as_ref().clone(),
                    includes: resolver.resolve().await?,
                    cursor_key: CursorKey::from_secret(secret.as_bytes()),
                })))
            }))
    }

    fn needs(&self, declaration: Declaration<Relatives>) -> Declaration<Relatives> {
        declaration.needs::<dyn Policy<E>>().needs::<dyn Mapper<E>>()
    }

    async fn relative(&self, resolver: &Resolver) -> Result<Arc<dyn Relative>, ContainerError> {
        let (policy, mapper) = (resolver.resolve().await?, resolver.resolve().await?);
        Ok(Arc::new(ResourceRelative::<E>::new(policy, mapper)))
    }

    async fn routes(
        &self,
        container: &Container,
        own: &[(Method, String)],
    ) -> Result<Routes, ContainerError> {
        let endpoints = container.resolve::<Endpoints<E>>().await?;
        Ok(entity_routes(&endpoints, own))
    }
}

/// The rows, with what stands in front of them: batching where a read is a round trip, and the cache, if the entity declares one.
async fn repository_of<E: Resource>(
    resolver: &Resolver,
) -> Result<Arc<dyn Repository<E>>, FactoryError> {
    let store = resolver.resolve::<dyn Store>().await?;
    let mut repository: Arc<dyn Repository<E>> = Arc::new(StoreRepository::default());
    if resolver.resolve::<SqlStore>().await?.dialect() == Dialect::Postgres {
        repository = Arc::new(BatchingRepository::new(repository, Arc::clone(&store)));
    }
    if let Some(seconds) = E::schema().options.cache_seconds {
        let ttl = Duration::from_secs(u64::from(seconds));
        let cache = resolver.resolve().await?;
        repository = Arc::new(CachedRepository::new(repository, cache, store, ttl));
    }
    Ok(repository)
}
