//! Batches as imports: each line a row to be made.

use framework::adapters::persistence::ddl;
use framework::axum::body::{Body, Bytes};
use framework::infrastructure::config::Sources;
use framework::serde_json::{self, json};
use framework::testing::{Answer, TestApp};
use framework::{AllowAll, App, Config, Entity, Json, Module};

use crate::shop::{app, apps, errors, get, send};

async fn import(app: &TestApp, media: &str, path: &str, body: impl Into<Body>) -> Answer {
    send(app, "POST", path, &[("content-type", media)], body).await
}

async fn total(app: &TestApp, path: &str) -> u64 {
    get(app, &format!("{path}?count=exact&limit=1")).await.json()["total"].as_u64().unwrap()
}

/// Line and status of each entry of a report.
fn entries(answer: &Answer) -> Vec<(u64, u64)> {
    let report = answer.json();
    let results = report["results"].as_array().unwrap_or_else(|| panic!("no report: {report}"));
    let entry = |entry: &Json| (entry["line"].as_u64().unwrap(), entry["status"].as_u64().unwrap());
    results.iter().map(entry).collect()
}

/// A body that comes in pieces of so many bytes.
fn pieces(text: &str, size: usize) -> Body {
    let pieces: Vec<Result<Bytes, std::io::Error>> =
        text.as_bytes().chunks(size).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    Body::from_stream(futures_util::stream::iter(pieces))
}

#[tokio::test]
async fn lines_of_json_become_rows_and_bad_ones_are_named() {
    for (database, app) in apps().await {
        let body = "{\"code\":\"a\",\"name\":\"Ann\"}\n\r\n{\"code\":\"b\"}\n{\"code\":\n\
                    {\"code\":\"a\",\"name\":\"Again\"}\n{\"code\":\"c\",\"name\":\"Cid\",\"nmae\":1}\n\
                    {\"code\":\"d\",\"name\":\"Dee\"}";
        let path = "/api/customers/batch?atomic=false";
        let answer = import(&app, "application/x-ndjson", path, body).await;
        assert_eq!(answer.status, 207, "{database}: {answer:?}");
        let wanted = [(1, 201), (3, 422), (4, 400), (5, 409), (6, 422), (7, 201)];
        assert_eq!(entries(&answer), wanted, "{database}");
        let report = answer.json();
        assert_eq!(report["results"][0]["id"], "a");
        assert_eq!(report["results"][1]["problem"]["errors"][0]["pointer"], "#/name");
        assert_eq!(total(&app, "/api/customers").await, 2, "{database}");
    }
}

#[tokio::test]
async fn rows_of_csv_are_read_by_the_types_of_their_fields_however_they_arrive() {
    let text = "number,ratio,price,open,extra,tags,day,amount,customer_id,lines\r\n\
                \"a,\"\"b\"\"\",0.5,1.50,true,\"\"\"\"\"\",\"[\"\"x\"\"]\",2026-01-31,3,,\"[{\"\"quantity\"\":2}]\"\r\n\
                \"two\r\nlines\",,,,,,,,,[]\r\n\
                c,x,,maybe,nope,1,today,1e9,nobody,\r\n\
                d,1\r\n\
                e,,,,,,,4,,[]";
    for (database, app) in apps().await {
        for size in [1, 7, 4_096] {
            let path = "/api/purchases/batch?atomic=false";
            let answer = import(&app, "text/csv; charset=utf-8", path, pieces(text, size)).await;
            assert_eq!(answer.status, 207, "{database}: {answer:?}");
            let wanted = [(2, 201), (3, 201), (5, 422), (6, 422), (7, 201)];
            assert_eq!(entries(&answer), wanted, "{database}, {size} bytes at a time");
            let report = answer.json();
            let wrong = report["results"][2]["problem"]["errors"].to_string();
            for pointer in ["#/extra", "#/ratio", "#/open", "#/tags", "#/day", "#/amount"] {
                assert!(wrong.contains(pointer), "{pointer}: {wrong}");
            }
            let detail = report["results"][3]["problem"]["detail"].clone();
            assert_eq!(detail, "expected 10 cells, found 2");
            let found = get(&app, "/api/purchases?sort=number").await.json();
            let items = found["items"].as_array().unwrap();
            assert_eq!(items.len(), 3);
            let first = &items[0];
            assert_eq!(first["number"], "a,\"b\"");
            assert_eq!((&first["ratio"], &first["price"]), (&json!(0.5), &json!("1.5")));
            assert_eq!((&first["open"], &first["extra"]), (&json!(true), &json!("")));
            assert_eq!((&first["tags"], &first["amount"]), (&json!(["x"]), &json!(3)));
            assert_eq!(first["lines"][0]["quantity"], 2);
            assert_eq!(
                (&items[2]["number"], &items[2]["amount"]),
                (&json!("two\r\nlines"), &json!(7))
            );
            assert_eq!(items[2]["ratio"], Json::Null);
            for item in items {
                let id = item["id"].as_str().unwrap();
                for verb in ["", "/purge"] {
                    let method = if verb.is_empty() { "DELETE" } else { "POST" };
                    send(&app, method, &format!("/api/purchases/{id}{verb}"), &[], "").await;
                }
            }
        }
    }
}

#[tokio::test]
async fn a_wrong_header_line_refuses_the_file() {
    let app = app().await;
    for (head, wanted) in [
        ("code,nmae", vec![("#/nmae", "unknown"), ("#/name", "required")]),
        ("code,code,name", vec![("#/code", "duplicate")]),
        ("name", vec![("#/code", "required")]),
    ] {
        let body = format!("{head}\na,b\n");
        for mode in ["true", "false"] {
            let path = format!("/api/customers/batch?atomic={mode}");
            let answer = import(&app, "text/csv", &path, body.clone()).await;
            assert_eq!(answer.status, 422, "{head}: {answer:?}");
            let found = errors(&answer);
            for (pointer, code) in &wanted {
                let is_there = found.iter().any(|(at, what)| at == pointer && what == code);
                assert!(is_there, "{head}: {found:?}");
            }
            assert_eq!(answer.json()["errors"][0]["line"], 1);
        }
    }
    let answer = import(&app, "text/csv", "/api/purchases/batch", "number,version\n").await;
    assert!(errors(&answer).contains(&("#/version".to_owned(), "read_only".to_owned())));
}

#[tokio::test]
async fn an_atomic_import_is_all_or_nothing_and_names_every_line_to_blame() {
    for (database, app) in apps().await {
        let path = "/api/customers/batch";
        let body = "code,name\na,Ann\nb,\nc,Cid\nd,\n";
        let answer = import(&app, "text/csv", path, body).await;
        assert_eq!(answer.status, 422, "{database}: {answer:?}");
        let lines: Vec<_> = answer.json()["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| error["line"].clone())
            .collect();
        assert_eq!(lines, [3, 5], "{database}");
        let mut body = String::from("code,name\n");
        for number in 0..250 {
            body.push_str(&format!("c{number:03},Name\n"));
        }
        let twice = format!("{body}c007,Again\nc249,Again\n");
        let answer = import(&app, "text/csv", path, twice).await;
        assert_eq!(answer.status, 409, "{database}: {answer:?}");
        let wrong = answer.json();
        assert_eq!(
            (&wrong["errors"][0]["line"], &wrong["errors"][1]["line"]),
            (&json!(252), &json!(253))
        );
        assert_eq!(total(&app, "/api/customers").await, 0, "{database}: nothing was kept");
        let dry = [("content-type", "text/csv"), ("prefer", "tx=rollback")];
        let answer = send(&app, "POST", path, &dry, body.clone()).await;
        assert_eq!((answer.status.as_u16(), entries(&answer).len()), (200, 250));
        assert_eq!(answer.header("preference-applied"), "tx=rollback");
        assert_eq!(total(&app, "/api/customers").await, 0, "{database}: a dry run keeps nothing");
        let headers = [("content-type", "text/csv"), ("accept", "application/x-ndjson")];
        let answer = send(&app, "POST", path, &headers, body).await;
        assert_eq!(answer.status, 200, "{database}: {answer:?}");
        let text = std::str::from_utf8(&answer.body).unwrap();
        let last: Json = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        assert_eq!(last, json!({"line": 251, "status": 201, "id": "c249"}), "{database}");
        assert_eq!(total(&app, "/api/customers").await, 250);
    }
}

#[tokio::test]
async fn an_import_is_read_in_slices_of_few_statements() {
    for (database, app) in apps().await {
        let body = |count: usize, offset: usize| {
            let row = |number| format!("{{\"code\":\"c{number:06}\",\"name\":\"Name\"}}\n");
            (offset..offset + count).map(row).collect::<String>()
        };
        let path = "/api/customers/batch?atomic=false";
        let mut costs = Vec::new();
        for (count, offset) in [(100, 0), (1_000, 10_000), (5_000, 20_000)] {
            let before = app.application.store().statements();
            let sent = pieces(&body(count, offset), 10_000);
            let answer = import(&app, "application/x-ndjson", path, sent).await;
            assert_eq!(entries(&answer).len(), count, "{database}");
            assert!(entries(&answer).iter().all(|(_, status)| *status == 201));
            costs.push((app.application.store().statements() - before) / (count as u64 / 100));
        }
        assert!(costs.iter().all(|cost| *cost == costs[0] && *cost <= 5), "{database}: {costs:?}");
        assert_eq!(total(&app, "/api/customers").await, 6_100);
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_told_behind_what_was_done() {
    let app = app().await;
    let mut rows = String::new();
    for number in 0..150 {
        rows.push_str(&format!("{{\"code\":\"c{number:03}\",\"name\":\"Name\"}}\n"));
    }
    let broken = || {
        let lost = std::io::Error::other("lost");
        let pieces = vec![Ok(Bytes::from(rows.clone())), Err(lost)];
        Body::from_stream(futures_util::stream::iter(pieces))
    };
    let atomic = import(&app, "application/x-ndjson", "/api/customers/batch", broken()).await;
    assert_eq!(atomic.status, 400, "{atomic:?}");
    assert_eq!(total(&app, "/api/customers").await, 0);
    let path = "/api/customers/batch?atomic=false";
    let answer = import(&app, "application/x-ndjson", path, broken()).await;
    assert_eq!(answer.status, 207);
    assert_eq!(entries(&answer).last(), Some(&(151, 400)), "the end that was not its own");
    assert_eq!(total(&app, "/api/customers").await, 150);
}

#[tokio::test]
async fn what_is_no_import_is_refused() {
    let app = app().await;
    let path = "/api/customers/batch";
    let answer = import(&app, "text/plain", path, "x").await;
    assert_eq!(answer.status, 415);
    for media in ["application/json", "application/x-ndjson", "text/csv"] {
        assert!(answer.header("accept").contains(media), "{}", answer.header("accept"));
    }
    for (path, body, status) in [
        ("/api/customers/batch?atomic=maybe", "{}", 400),
        ("/api/customers/batch?nonsense=1", "{}", 400),
        (path, "", 400),
        ("/api/customers/batch?atomic=false", "\n\n", 400),
    ] {
        let answer = import(&app, "application/x-ndjson", path, body).await;
        assert_eq!(answer.status.as_u16(), status, "{path} {body:?}: {answer:?}");
    }
    let long = format!("{{\"code\":\"{}\"}}", "x".repeat(1_100_000));
    let answer = import(&app, "application/x-ndjson", path, long).await;
    assert_eq!(answer.status, 413, "a line has an end");
    let names = import(&app, "text/csv", path, "code,name\n").await;
    assert_eq!((names.status.as_u16(), entries(&names).len()), (200, 0), "names alone are no rows");
}

/// Texts, nulls and documents that a table could mix up.
#[derive(Debug, Clone, PartialEq, Entity)]
pub(crate) struct Sheet {
    #[entity(id(client), sort)]
    pub code: String,
    pub note: Option<String>,
    #[entity(default = "none")]
    pub text: String,
    pub extra: Option<Json>,
}

#[tokio::test]
async fn what_was_exported_can_be_imported_again() {
    let module = Module::new("sheets").entity::<Sheet>(AllowAll);
    let app = TestApp::start(App::from_env("sheets").unwrap().module(module)).await;
    let mut rows = Vec::new();
    let texts = ["", " ", "null", "1", "\"", "\"\"", "a\r\nb", "\n", ",", "=1+1", "\u{feff}é"];
    for (number, text) in texts.iter().enumerate() {
        for (letter, extra) in [("a", json!(text)), ("b", json!([text])), ("c", json!(1.5))] {
            rows.push(json!({"code": format!("{number:02}{letter}"), "note": text, "text": text, "extra": extra}));
        }
    }
    rows.push(json!({"code": "z", "note": null, "text": "", "extra": null}));
    for row in &rows {
        assert_eq!(app.client.post("/api/sheets", row).await.status, 201, "{row}");
    }
    for media in ["application/x-ndjson", "text/csv"] {
        let export = send(&app, "GET", "/api/sheets", &[("accept", media)], "").await;
        for row in &rows {
            let code = row["code"].as_str().unwrap();
            app.client.delete(&format!("/api/sheets/{code}")).await.expect(204);
        }
        assert_eq!(total(&app, "/api/sheets").await, 0);
        let path = "/api/sheets/batch";
        let answer = import(&app, media, path, export.body.clone()).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let page = get(&app, "/api/sheets?limit=100").await.json();
        assert_eq!(page["items"], json!(rows), "{media}");
    }
}

#[tokio::test]
async fn an_import_refuses_a_key_that_it_could_not_honour() {
    let app = app().await;
    let headers = [("content-type", "application/x-ndjson"), ("idempotency-key", "k-1")];
    let body = "{\"code\":\"a\",\"name\":\"Ann\"}";
    let answer = send(&app, "POST", "/api/customers/batch", &headers, body).await;
    assert_eq!(answer.status, 400, "{answer:?}");
    assert_eq!(answer.json()["errors"][0]["header"], "Idempotency-Key");
    assert_eq!(total(&app, "/api/customers").await, 0);
}

#[tokio::test]
async fn a_file_that_was_cut_off_within_quotes_is_not_taken_for_a_whole_one() {
    let text = "code,name\nq1,Ann\n\"q2\",\"Bo\nq3,Cy\n";
    for (database, app) in apps().await {
        for size in [1, 4_096] {
            let whole = import(&app, "text/csv", "/api/customers/batch", pieces(text, size)).await;
            assert_eq!(whole.status, 422, "{database}: {whole:?}");
            let error = &whole.json()["errors"][0];
            assert_eq!((&error["line"], &error["code"]), (&json!(3), &json!("unclosed_quote")));
            assert_eq!(total(&app, "/api/customers").await, 0, "{database}: nothing was written");
        }
        let path = "/api/customers/batch?atomic=false";
        let each = import(&app, "text/csv", path, text).await;
        assert_eq!(entries(&each), [(2, 201), (3, 422)], "{database}");
        let whole = "code,name\nq4,\"a \"\"b\"\"\"\nq5,\"\"\"\"";
        let whole = import(&app, "text/csv", "/api/customers/batch", pieces(whole, 1)).await;
        assert_eq!(whole.status, 200, "{database}: closed quotes at the end: {whole:?}");
    }
}

#[tokio::test]
async fn lines_are_counted_whatever_ends_them() {
    let app = app().await;
    for end in ["\n", "\r\n", "\r"] {
        let text = ["code,name", "", "a,\"x", "y\"", "b", ""].join(end);
        for size in [1, 4_096] {
            let path = "/api/customers/batch?atomic=false";
            let prefer = [("content-type", "text/csv"), ("prefer", "tx=rollback")];
            let answer = send(&app, "POST", path, &prefer, pieces(&text, size)).await;
            assert_eq!(entries(&answer), [(3, 201), (5, 422)], "{end:?}, {size} bytes at a time");
        }
    }
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(plural = "records")]
pub(crate) struct Record {
    /// Chosen by the caller.
    #[entity(id(client))]
    pub(crate) code: String,
}

#[tokio::test]
async fn an_import_may_cost_what_the_server_is_set_up_for() {
    let settings = Sources::variables([
        ("RUST_LOG", "warn"),
        ("APP__IMPORT__BODY_LIMIT", "200"),
        ("APP__IMPORT__ATOMIC_BODY_LIMIT", "100"),
        ("APP__IMPORT__ROW_LIMIT", "3"),
    ]);
    let config = Config::from_sources("imports", &settings).expect("right");
    let module = Module::new("records").entity::<Record>(AllowAll);
    let app = TestApp::start(App::new("imports", config).module(module)).await;
    ddl::create_all(&[Record::schema()], app.application.store()).await.expect("a table");
    let lines = |count: usize, padding: usize| {
        let line = |number| format!("{{\"code\":\"{number}\"}}{}\n", " ".repeat(padding));
        (0..count).map(line).collect::<String>()
    };
    let media = "application/x-ndjson";
    for (mode, body, status, detail) in [
        ("true", lines(4, 0), 413, "an import may have at most 3 rows"),
        ("true", lines(3, 30), 413, "the body may have at most 100 bytes"),
        ("false", lines(3, 80), 413, "the body may have at most 200 bytes"),
        ("true", lines(3, 0), 200, ""),
    ] {
        let answer = import(&app, media, &format!("/api/records/batch?atomic={mode}"), body).await;
        let answer = answer.expect(status);
        assert_eq!(answer.json()["detail"].as_str().unwrap_or_default(), detail);
    }
    assert_eq!(total(&app, "/api/records").await, 3);
}
