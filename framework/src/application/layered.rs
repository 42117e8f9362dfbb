//! Repositories in front of repositories.

/// Implements [`Repository`](super::repository::Repository) for a layer: its own methods as written, the named others
/// handed on to `self.inner`.
macro_rules! layered {
    (impl $layer:ident hands on ($($method:ident),*) { $($own:tt)* }) => {
        layered!(@ $layer [$($own)*] $($method)*);
    };
    (@ $layer:ident [$($all:tt)*]) => {
        #[async_trait::async_trait]
        impl<E: Entity> Repository<E> for $layer<E> { $($all)* }
    };
    (@ $layer:ident [$($all:tt)*] find $($rest:ident)*) => {
        layered!(@ $layer [$($all)* async fn find(
            &self,
            session: &mut Session,
            scope: &Scope<E>,
            id: &E::Id,
            deleted: Deleted,
        ) -> Result<Option<E>, Error> {
            self.inner.find(session, scope, id, deleted).await
        }] $($rest)*);
    };
    (@ $layer:ident [$($all:tt)*] lock $($rest:ident)*) => {
        layered!(@ $layer [$($all)* async fn lock(
            &self,
            session: &mut Session,
            scope: &Scope<E>,
            ids: &[E::Id],
        ) -> Result<(), Error> {
            self.inner.lock(session, scope, ids).await
        }] $($rest)*);
    };
    (@ $layer:ident [$($all:tt)*] list $($rest:ident)*) => {
        layered!(@ $layer [$($all)* async fn list(
            &self,
            session: &mut Session,
            scope: &Scope<E>,
            query: &Query<E>,
        ) -> Result<Page<E>, Error> {
            self.inner.list(session, scope, query).await
        }] $($rest)*);
    };
    (@ $layer:ident [$($all:tt)*] project $($rest:ident)*) => {
        layered!(@ $layer [$($all)* async fn project(
            &self,
            session: &mut Session,
            scope: &Scope<E>,
            query: &Query<E>,
            columns: &[usize],
        ) -> Result<Page<Row>, Error> {
            self.inner.project(session, scope, query, columns).await
        }] $($rest)*);
    };
    (@ $layer:ident [$($all:tt)*] insert $($rest:ident)*) => {
        layered!(@ $layer [$($all)* async fn insert(
            &self,
            session: &mut Session,
            entities: Vec<E>,
        ) -> Result<Vec<E>, Error> {
            self.inner.insert(session, entities).await
        }] $($rest)*);
    };
    (@ $layer:ident [$($all:tt)*] update $($rest:ident)*) => {
        layered!(@ $layer [$($all)* async fn update(
            &self,
            session: &mut Session,
            scope: &Scope<E>,
            entities: Vec<E>,
        ) -> Result<Vec<Option<E>>, Error> {
            self.inner.update(session, scope, entities).await
        }] $($rest)*);
    };
    (@ $layer:ident [$($all:tt)*] patch $($rest:ident)*) => {
        layered!(@ $layer [$($all)* async fn patch(
            &self,
            session: &mut Session,
            scope: &Scope<E>,
            target: &Target<'_, E>,
            set: Vec<(usize, Value)>,
        ) -> Result<Option<E>, Error> {
            self.inner.patch(session, scope, target, set).await
        }] $($rest)*);
    };
    (@ $layer:ident [$($all:tt)*] delete $($rest:ident)*) => {
        layered!(@ $layer [$($all)* async fn delete(
            &self,
            session: &mut Session,
            scope: &Scope<E>,
            targets: &[(E::Id, Option<Vec<i64>>)],
            deleted: Deleted,
        ) -> Result<Vec<E>, Error> {
            self.inner.delete(session, scope, targets, deleted).await
        }] $($rest)*);
    };
}
pub(super) use layered;
