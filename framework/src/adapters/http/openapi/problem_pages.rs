//! A page for every kind of problem: the address that a problem's `type` names.

use axum::extract::Path;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use http::{HeaderMap, Method, header};
use serde_json::{Value as Json, json};

use crate::adapters::http::Routes;
use crate::adapters::http::problem::{NOT_FOUND, Problem, ProblemType};

/// `/problems` and `/problems/{slug}`: HTML for people, JSON for programs that ask for it.
pub(super) fn routes(catalogue: &'static [ProblemType]) -> Routes {
    let index = move |headers: HeaderMap| std::future::ready(index(catalogue, &headers));
    let page = move |Path(slug): Path<String>, headers: HeaderMap| {
        std::future::ready(page(catalogue, &slug, &headers))
    };
    let routes = Routes::default().add(Method::GET, "/problems", get(index));
    routes.add(Method::GET, "/problems/{slug}", get(page))
}

fn index(catalogue: &[ProblemType], headers: &HeaderMap) -> Response {
    if wants_json(headers) {
        let problems: Vec<_> = catalogue.iter().map(to_json).collect();
        return as_json(json!({ "problems": problems }));
    }
    let rows: String = catalogue
        .iter()
        .map(|problem| {
            let ProblemType { slug, title, status, .. } = problem;
            format!(
                "<li><a href=\"/problems/{}\"><b>{status}</b><span>{}</span><code>{}</code></a></li>",
                escape(slug), escape(title), escape(slug)
            )
        })
        .collect();
    html(
        "Problems",
        &format!(
            "<h1>Problems</h1><p class=\"lead\">Every error of this API is one of these kinds (RFC 9457).</p><ul>{rows}</ul>"
        ),
    )
}

fn page(catalogue: &[ProblemType], slug: &str, headers: &HeaderMap) -> Response {
    let Some(problem) = catalogue.iter().find(|problem| problem.slug == slug) else {
        let detail = "no such kind of problem; /problems lists them all";
        return Problem::new(NOT_FOUND, detail).into_response();
    };
    if wants_json(headers) {
        return as_json(to_json(problem));
    }
    let body = format!(
        "<nav><a href=\"/problems\">Problems</a></nav><p class=\"status\">{}</p><h1>{}</h1>\
         <h2>Cause</h2><p>{}</p><h2>Fix</h2><p>{}</p><h2>Type</h2><p><code>/problems/{}</code></p>",
        problem.status,
        escape(problem.title),
        prose(problem.cause),
        prose(problem.fix),
        escape(problem.slug),
    );
    html(problem.title, &body)
}

fn to_json(problem: &ProblemType) -> Json {
    json!({
        "type": format!("/problems/{}", problem.slug), "title": problem.title,
        "status": problem.status, "cause": problem.cause, "fix": problem.fix,
    })
}

fn as_json(answer: Json) -> Response {
    ([(header::VARY, "Accept")], axum::Json(answer)).into_response()
}

fn wants_json(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("");
    accept.contains("json") && !accept.contains("text/html")
}

fn html(title: &str, body: &str) -> Response {
    let page = include_str!("text/page.html")
        .replace("{{title}}", &escape(title))
        .replace("{{body}}", body);
    let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
    let headers = [(header::CONTENT_SECURITY_POLICY, policy), (header::VARY, "Accept")];
    (headers, Html(page)).into_response()
}

/// Text with words set as code between backticks.
fn prose(text: &str) -> String {
    let parts = escape(text);
    let parts = parts.split('`').enumerate();
    parts
        .map(
            |(at, part)| if at % 2 == 1 { format!("<code>{part}</code>") } else { part.to_owned() },
        )
        .collect()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
