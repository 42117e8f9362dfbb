//! Routes that can be named: a router keeps its paths to itself.

use std::fmt;

use axum::Router;
use axum::routing::MethodRouter;
use http::Method;

/// One method of one path that is served.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Served {
    /// The method. `GET` means `HEAD`, too.
    pub method: Method,
    /// The path with its parameters in braces, below the prefix of the API where it is part of that.
    pub path: String,
    /// Part of the API that the document describes, not of what surrounds it, such as the document itself.
    pub api: bool,
}

impl fmt::Display for Served {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:<7} {}", self.method.as_str(), self.path)
    }
}

/// A router and the names of all that it serves: the only door by which a route gets into an application.
#[derive(Debug, Clone, Default)]
pub struct Routes {
    router: Router,
    served: Vec<Served>,
}

impl Routes {
    /// Adds what answers one method of one path.
    #[must_use]
    pub fn add(mut self, method: Method, path: &str, handler: MethodRouter) -> Self {
        self.router = self.router.route(path, handler);
        self.served.push(Served { method, path: path.to_owned(), api: false });
        self
    }

    /// Adds a router that was made elsewhere; these are the paths at which it answers `GET`.
    #[must_use]
    pub fn add_router(mut self, router: Router, paths: &[&str]) -> Self {
        self.router = self.router.merge(router);
        let served =
            |path: &&str| Served { method: Method::GET, path: (*path).to_owned(), api: false };
        self.served.extend(paths.iter().map(served));
        self
    }

    /// Adds all of these.
    #[must_use]
    pub fn merge(mut self, others: Self) -> Self {
        self.router = self.router.merge(others.router);
        self.served.extend(others.served);
        self
    }

    /// Makes these the API, under a prefix, which may be empty.
    #[must_use]
    pub fn into_api(mut self, prefix: &str) -> Self {
        if !prefix.is_empty() {
            self.router = Router::new().nest(prefix, self.router);
        }
        for served in &mut self.served {
            served.path.insert_str(0, prefix);
            served.api = true;
        }
        self
    }

    /// Everything that was added.
    pub fn served(&self) -> &[Served] {
        &self.served
    }

    /// What answers.
    pub fn into_router(self) -> Router {
        self.router
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeSet;

    use axum::routing::{get, post};

    use super::*;

    /// The paths that a router has, which axum tells to nobody but the debugger.
    pub(crate) fn paths_within(router: &Router) -> BTreeSet<String> {
        let text = format!("{router:?}");
        let (_, paths) = text.split_once("paths: {").unwrap();
        let (paths, _) = paths.split_once("} }").unwrap();
        paths.split('"').skip(1).step_by(2).map(str::to_owned).collect()
    }

    /// Fails unless the names are the paths of the router.
    pub(crate) fn assert_all_named(routes: &Routes) {
        let named: BTreeSet<_> = routes.served().iter().map(|served| served.path.clone()).collect();
        assert_eq!(named, paths_within(&routes.router));
    }

    #[test]
    fn every_path_of_the_router_is_named() {
        let elsewhere = Router::new().route("/page", get(async || ()));
        let api = Routes::default().add(Method::GET, "/rows", get(async || ()));
        let api = api.add(Method::POST, "/rows", post(async || ()));
        let api = api.merge(Routes::default().add(Method::GET, "/rows/{id}", get(async || ())));
        let routes = api.into_api("/api").add_router(elsewhere, &["/page"]);
        assert_all_named(&routes);
        let lines: Vec<_> = routes.served().iter().map(ToString::to_string).collect();
        assert_eq!(
            lines,
            ["GET     /api/rows", "POST    /api/rows", "GET     /api/rows/{id}", "GET     /page"]
        );
        assert!(routes.served().iter().all(|served| served.api == (served.path != "/page")));
    }

    #[test]
    #[should_panic = "assertion"]
    fn a_path_that_is_not_named_is_found() {
        let elsewhere =
            Router::new().route("/page", get(async || ())).route("/more", get(async || ()));
        assert_all_named(&Routes::default().add_router(elsewhere, &["/page"]));
    }
}
