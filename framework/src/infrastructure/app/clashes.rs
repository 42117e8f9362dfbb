//! What two parts of an application claim: found before anything starts, and all of it at once.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::{App, RunError, declarations};
use crate::adapters::http::openapi;
use crate::adapters::http::route::Route;
use crate::adapters::http::router::named_routes;
use crate::adapters::http::{PROBLEMS, Served};
use crate::infrastructure::health::Health;

/// Fails where declarations are wrong, or two of them want one address or one name in the document.
pub(super) fn check(app: &App) -> Result<(), RunError> {
    let entities = app.modules.iter().flat_map(|module| &module.entities);
    let schemas: Vec<_> = entities.map(|entity| entity.schema()).collect();
    let mut faults = declarations::check(&schemas);
    faults.extend(of_addresses(&claims(app)));
    faults.extend(openapi::name_clashes(&schemas));
    if faults.is_empty() { Ok(()) } else { Err(RunError::Declarations(faults)) }
}

/// An address, and who wants it.
struct Claim {
    served: Served,
    owner: String,
}

fn claims(app: &App) -> Vec<Claim> {
    let own: Vec<_> =
        app.modules.iter().flat_map(|module| &module.routes).map(Route::address).collect();
    let below_prefix = |method, path: &str, owner: &str| Claim {
        served: Served { method, path: format!("{}{path}", app.prefix()), api: true },
        owner: owner.to_owned(),
    };
    let mut claims = Vec::new();
    for module in &app.modules {
        for schema in module.entities.iter().map(|entity| entity.schema()) {
            let owner = format!("the entity {} of the module {}", schema.name, module.name);
            let routes = named_routes(schema, &own);
            let claim = |served: &Served| below_prefix(served.method.clone(), &served.path, &owner);
            claims.extend(routes.served().iter().map(claim));
        }
        let owner = format!("a route of the module {}", module.name);
        let routes = module.routes.iter().map(Route::address);
        claims.extend(routes.map(|(method, path)| below_prefix(method, &path, &owner)));
    }
    let pages = openapi::docs_routes(&Json::Null, &Json::Null, PROBLEMS);
    let health = Health::builder().build().routes();
    for served in pages.served().iter().chain(health.served()).cloned() {
        claims.push(Claim { served, owner: "the framework's own pages".to_owned() });
    }
    claims
}

/// One sentence for each set of claimants, however many addresses they share.
fn of_addresses(claims: &[Claim]) -> Vec<String> {
    let mut paths: BTreeMap<String, Vec<&Claim>> = BTreeMap::new();
    for claim in claims {
        paths.entry(shape(&claim.served.path)).or_default().push(claim);
    }
    let mut told = BTreeSet::new();
    let mut clashes = Vec::new();
    for claims in paths.into_values() {
        for (position, second) in claims.iter().enumerate() {
            let clashing = |first: &&&Claim| {
                let (one, other) = (&first.served, &second.served);
                one.method == other.method || one.path != other.path
            };
            let Some(first) = claims.iter().take(position).find(clashing) else { continue };
            if told.insert((&first.owner, &second.owner)) {
                clashes.push(sentence(first, second));
            }
        }
    }
    clashes
}

fn sentence(first: &Claim, second: &Claim) -> String {
    let (one, other) = (&first.served, &second.served);
    if one.path == other.path {
        let address = format!("{} {}", one.method, one.path);
        return format!("`{address}` is claimed by {} and by {}", first.owner, second.owner);
    }
    format!(
        "`{}` of {} and `{}` of {} are one path: call its parameters the same",
        one.path, first.owner, other.path, second.owner
    )
}

/// The path without the names of its parameters, which do not tell paths apart.
fn shape(path: &str) -> String {
    let part = |part| if str::starts_with(part, '{') { "{}" } else { part };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infrastructure::app::Module;
    use crate::infrastructure::config::{Config, Sources};

    async fn nothing() {}

    fn clashes_of(prefix: &str, routes: Vec<Route>) -> String {
        let config =
            Config::from_sources("test", &Sources::variables([("APP__HTTP__PREFIX", prefix)]))
                .unwrap();
        let module = routes.into_iter().fold(Module::new("own"), Module::route);
        check(&App::new("test", config).module(module))
            .map_or_else(|e| e.to_string(), |()| String::new())
    }

    #[test]
    fn routes_at_one_address_are_all_told_before_the_start() {
        let told = clashes_of(
            "/api",
            vec![Route::get("/a/{id}", nothing), Route::get("/a/{id}", nothing)],
        );
        assert_eq!(
            told,
            "what the application declares cannot be served:\n  - `GET /api/a/{id}` is claimed by a route of the module own \
             and by a route of the module own"
        );
    }

    #[test]
    fn one_path_under_two_names_is_told() {
        let told = clashes_of(
            "/api",
            vec![Route::get("/a/{id}", nothing), Route::post("/a/{key}", nothing)],
        );
        assert!(told.contains("are one path: call its parameters the same"), "{told}");
    }

    #[test]
    fn a_route_at_the_pages_of_the_framework_is_told() {
        let told = clashes_of(
            "",
            vec![Route::get("/docs/{page}", nothing), Route::get("/livez", nothing)],
        );
        assert!(
            told.contains("/docs/{page}") && told.contains("the framework's own pages"),
            "{told}"
        );
    }

    #[test]
    fn methods_of_one_path_are_no_clash() {
        assert_eq!(
            clashes_of(
                "/api",
                vec![Route::get("/a/{id}", nothing), Route::post("/a/{id}", nothing)]
            ),
            ""
        );
    }
}
