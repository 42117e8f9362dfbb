//! The routes that show the API: `/docs`, the documents, and the pages of problems.

use axum::response::IntoResponse;
use axum::routing::get;
use bytes::Bytes;
use http::Method;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use serde_json::Value as Json;
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::problem_pages;
use crate::adapters::http::Routes;
use crate::adapters::http::problem::ProblemType;

/// The paths that Swagger UI makes.
const SWAGGER_UI: [&str; 3] = ["/docs", "/docs/", "/docs/{*rest}"];

/// Swagger UI at `/docs` (its files are part of the program), the documents at `/openapi.json` and
/// `/openapi-3.2.json`, and the catalogue of problems at `/problems`.
pub fn docs_routes(v3_1: &Json, v3_2: &Json, problems: &'static [ProblemType]) -> Routes {
    // Swagger UI reads 3.1 only; the 3.2 document is for tools.
    let config = Config::from("/openapi.json")
        .display_operation_id(true)
        .filter(true)
        .try_it_out_enabled(true)
        .use_base_layout()
        // The validator's badge would be fetched from another site.
        .validator_url("none");
    Routes::default()
        .add_router(SwaggerUi::new("/docs").config(config).into(), &SWAGGER_UI)
        .add(Method::GET, "/openapi.json", document(v3_1))
        .add(Method::GET, "/openapi-3.2.json", document(v3_2))
        .merge(problem_pages::routes(problems))
}

/// Serialised once, served as bytes.
fn document(document: &Json) -> axum::routing::MethodRouter {
    let body = Bytes::from(document.to_string());
    let headers: [(HeaderName, &str); 2] =
        [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-cache")];
    get(move || std::future::ready((headers, body).into_response()))
}
