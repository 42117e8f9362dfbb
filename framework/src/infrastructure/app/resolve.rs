//! The container as an axum extractor.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::adapters::http::ApiError;
use crate::domain::error::Error;
use crate::infrastructure::container::Container;

/// A service of the container, in a handler of a custom route.
pub struct Resolve<T: ?Sized>(pub Arc<T>);

impl<S: Sync, T: ?Sized + Send + Sync + 'static> FromRequestParts<S> for Resolve<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let container = parts.extensions.get::<Container>().cloned().ok_or_else(|| {
            Error::Configuration(
                "this router is not part of an application with a container".to_owned(),
            )
        })?;
        Ok(Self(container.resolve::<T>().await.map_err(Error::from)?))
    }
}

/// A service that cannot be had is a fault of the wiring, not of the caller.
impl From<crate::infrastructure::container::ContainerError> for Error {
    fn from(error: crate::infrastructure::container::ContainerError) -> Self {
        Self::infrastructure("resolving a service", error)
    }
}
