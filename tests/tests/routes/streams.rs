//! Lists as streams.

use framework::Json;
use framework::sea_orm::ConnectionTrait as _;
use framework::serde_json::{self, json};
use framework::testing::{Answer, TestApp};

use crate::shop::{app, apps, errors, get, post, send};

/// A row of everything that CSV could mistake.
async fn purchase(app: &TestApp) {
    let body = json!({
        "number": "a,\"b\"", "ratio": 0.5, "price": "1.50", "open": true, "extra": "", "tags": ["x", "y,z"],
        "day": "2026-01-31", "lines": [{"quantity": 2}],
    });
    assert_eq!(post(app, "/api/purchases", &body).await.status, 201);
    let body = json!({"number": "=1+1", "extra": {"a": [1]}, "lines": []});
    assert_eq!(post(app, "/api/purchases", &body).await.status, 201);
}

const NDJSON: [(&str, &str); 1] = [("accept", "application/x-ndjson")];
const CSV: [(&str, &str); 1] = [("accept", "text/csv")];

fn lines(answer: &Answer) -> Vec<Json> {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    let text = std::str::from_utf8(&answer.body).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'), "every line is ended");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// So many customers, `c000001` and on.
pub(crate) async fn customers(app: &TestApp, count: usize) {
    let store = app.application.store();
    let number = if store.dialect() == framework::adapters::persistence::Dialect::Sqlite {
        "printf('%06d', n)"
    } else {
        "lpad(n::text, 6, '0')"
    };
    let insert = format!(
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count}) \
         INSERT INTO customers (code, name) SELECT 'c' || {number}, 'Name' FROM numbers"
    );
    store.connection().execute_unprepared(&insert).await.unwrap();
}

#[tokio::test]
async fn a_stream_has_the_rows_of_the_list_in_its_order() {
    for (database, app) in apps().await {
        customers(&app, 1_234).await;
        let all = lines(&send(&app, "GET", "/api/customers?sort=-code", &NDJSON, "").await);
        assert_eq!(all.len(), 1_234, "{database}: no limit is the whole list");
        let codes: Vec<&str> = all.iter().map(|row| row["code"].as_str().unwrap()).collect();
        assert!(codes.windows(2).all(|pair| pair[0] > pair[1]), "{database}");
        let some = send(&app, "GET", "/api/customers?sort=-code&limit=777", &NDJSON, "").await;
        assert_eq!(lines(&some), all[..777], "{database}: a limit is the most in total");
        let page = get(&app, "/api/customers?sort=-code&limit=3").await.json();
        assert_eq!(page["items"], json!(all[..3]));
        let cursor = page["next_cursor"].as_str().unwrap();
        let path = format!("/api/customers?sort=-code&cursor={cursor}");
        assert_eq!(lines(&send(&app, "GET", &path, &NDJSON, "").await), all[3..], "{database}");
        let path = "/api/customers?sort=-code&offset=1000";
        assert_eq!(lines(&send(&app, "GET", path, &NDJSON, "").await), all[1_000..]);
        let path = "/api/customers?code__in=c000001,c000002,c9&code__startswith=c00";
        assert_eq!(lines(&send(&app, "GET", path, &NDJSON, "").await).len(), 0);
        let headers = [("content-type", "application/json"), NDJSON[0]];
        for (method, path) in [("POST", "/api/customers/search"), ("QUERY", "/api/customers")] {
            let body = json!({"filter": {"code": {"in": ["c000001"]}}, "fields": ["name"]});
            let found = send(&app, method, path, &headers, body.to_string()).await;
            assert_eq!(lines(&found), [json!({"name": "Name"})], "{database} {method}");
        }
    }
}

#[tokio::test]
async fn a_page_is_read_only_when_the_one_before_was_taken() {
    for (database, app) in apps().await {
        customers(&app, 200_000).await;
        let store = app.application.store();
        let before = store.statements();
        let mut stream = app.client.open("GET", "/api/customers", &CSV, "").await;
        assert_eq!(store.statements() - before, 1, "{database}: the first page, for the status");
        let mut rows = 0;
        for taken in 1..=8_u64 {
            let piece = stream.piece().await.unwrap().unwrap();
            rows += piece.iter().filter(|byte| **byte == b'\n').count();
            assert!(piece.len() < 100_000, "{database}: {} bytes at once", piece.len());
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            assert_eq!(store.statements() - before, taken, "{database}: nothing is read ahead");
        }
        assert_eq!(rows, 8 * 500 + 1);
        while let Some(piece) = stream.piece().await {
            let piece = piece.unwrap();
            rows += piece.iter().filter(|byte| **byte == b'\n').count();
        }
        assert_eq!(rows, 200_001, "{database}: every row and the names");
        assert_eq!(store.statements() - before, 400, "{database}");
    }
}

#[tokio::test]
async fn csv_names_its_columns_and_writes_lists_and_documents_as_json() {
    for (database, app) in apps().await {
        purchase(&app).await;
        let path =
            "/api/purchases?sort=-number&fields=number,ratio,price,open,extra,tags,day,amount";
        let answer = send(&app, "GET", path, &CSV, "").await;
        assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8; header=present");
        assert_eq!(
            std::str::from_utf8(&answer.body).unwrap(),
            "number,ratio,price,open,extra,tags,day,amount\r\n\
             \"a,\"\"b\"\"\",0.5,1.5,true,\"\"\"\"\"\",\"[\"\"x\"\",\"\"y,z\"\"]\",2026-01-31,7\r\n\
             =1+1,,,,\"{\"\"a\"\":[1]}\",,,7\r\n",
            "{database}"
        );
        let whole = send(&app, "GET", "/api/purchases?number__startswith=%3D", &CSV, "").await;
        let text = String::from_utf8(whole.body.to_vec()).unwrap();
        let names = text.split("\r\n").next().unwrap();
        assert!(names.starts_with("id,number,amount"), "{names}");
        assert!(names.ends_with("version,lines") && !names.contains("secret"), "{names}");
        let nothing = send(&app, "GET", "/api/purchases?amount=1&fields=id", &CSV, "").await;
        assert_eq!(nothing.body, "id\r\n", "a list without rows still names its columns");
    }
}

#[tokio::test]
async fn what_a_stream_cannot_do_is_refused_before_it_begins() {
    let app = app().await;
    customers(&app, 5).await;
    let page = get(&app, "/api/customers?limit=2&offset=2").await.json();
    let back = page["prev_cursor"].as_str().unwrap();
    for (headers, query, place) in [
        (NDJSON, "count=exact", "count"),
        (CSV, &format!("cursor={back}"), "cursor"),
        (NDJSON, "cursor=x", "cursor"),
        (CSV, "nonsense=1", "nonsense"),
        (NDJSON, "limit=0", "limit"),
    ] {
        let path = format!("/api/customers?{query}");
        let answer = send(&app, "GET", &path, &headers, "").await;
        assert_eq!(answer.status, 400, "{query}: {answer:?}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(errors(&answer)[0].0, place, "{query}");
    }
    let answer = send(&app, "GET", "/api/purchases?include=customer", &CSV, "").await;
    assert_eq!(errors(&answer), [("include".to_owned(), "not_in_a_stream".to_owned())]);
    let headers = [("content-type", "application/json"), CSV[0]];
    let body = json!({"count": "exact"}).to_string();
    let answer = send(&app, "POST", "/api/customers/search", &headers, body).await;
    assert_eq!(errors(&answer), [("#/count".to_owned(), "not_in_a_stream".to_owned())]);
    let answer = send(&app, "GET", "/api/customers", &[("accept", "text/html")], "").await;
    let detail = answer.json()["detail"].clone();
    assert_eq!(detail, "this route answers application/json, application/x-ndjson, text/csv");
    let answer = send(&app, "GET", "/api/customers/c1", &CSV, "").await;
    assert_eq!(answer.status, 406, "one row is JSON");
}

#[tokio::test]
async fn related_rows_cost_one_statement_a_page() {
    for (database, app) in apps().await {
        customers(&app, 2).await;
        for number in 0..3 {
            let body =
                json!({"number": format!("n{number}"), "customer_id": "c000001", "lines": []});
            assert_eq!(post(&app, "/api/purchases", &body).await.status, 201);
        }
        let before = app.application.store().statements();
        let path = "/api/purchases?include=customer&fields=number&sort=number";
        let rows = lines(&send(&app, "GET", path, &NDJSON, "").await);
        assert_eq!(rows[2]["customer"]["name"], "Name", "{database}");
        let cost = app.application.store().statements() - before;
        assert!(cost <= 3, "{database}: {cost} statements: rows, their lines, their customers");
    }
}

#[tokio::test]
async fn a_failure_in_the_middle_breaks_the_transfer_off() {
    for (database, app) in apps().await {
        customers(&app, 2_000).await;
        let mut stream = app.client.open("GET", "/api/customers", &NDJSON, "").await;
        assert_eq!(stream.status, 200);
        assert!(stream.piece().await.unwrap().is_ok());
        let store = app.application.store();
        store.connection().execute_unprepared("DROP TABLE lines").await.unwrap();
        store.connection().execute_unprepared("DROP TABLE purchases").await.unwrap();
        store.connection().execute_unprepared("DROP TABLE customers").await.unwrap();
        let broken = stream.piece().await.unwrap();
        assert!(broken.is_err(), "{database}: a part must not look like the whole");
        assert!(!broken.unwrap_err().to_string().contains("customers"), "and nothing leaks");
    }
}

#[tokio::test]
async fn streams_vary_with_accept_are_not_compressed_and_answer_head() {
    let app = app().await;
    customers(&app, 600).await;
    let zipped = ("accept-encoding", "gzip");
    for accept in [NDJSON[0], CSV[0]] {
        let answer = send(&app, "GET", "/api/customers", &[accept, zipped], "").await;
        assert_eq!(answer.header("content-encoding"), "", "a compressor would hold pages back");
        assert!(answer.header("vary").contains("accept"), "{}", answer.header("vary"));
        let head = send(&app, "HEAD", "/api/customers", &[accept], "").await;
        assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
        assert_eq!(head.header("content-type"), answer.header("content-type"));
    }
    let page = send(&app, "GET", "/api/customers?limit=100", &[zipped], "").await;
    assert_eq!(page.header("content-encoding"), "gzip", "a page is");
}

#[tokio::test]
async fn rows_written_meanwhile_neither_hide_nor_repeat_a_row() {
    for (database, app) in apps().await {
        customers(&app, 3_000).await;
        let store = app.application.store();
        let path = "/api/customers?sort=-code";
        let mut stream = app.client.open("GET", path, &NDJSON, "").await;
        let mut codes: Vec<String> = Vec::new();
        let mut round = 0;
        while let Some(piece) = stream.piece().await {
            let piece = piece.unwrap();
            for line in std::str::from_utf8(&piece).unwrap().lines() {
                let row: Json = serde_json::from_str(line).unwrap();
                codes.push(row["code"].as_str().unwrap().to_owned());
            }
            // Around the place where the stream is: rows that come, and every third row that goes.
            round += 1;
            let last = codes.last().unwrap();
            for write in [
                format!("INSERT INTO customers (code, name) VALUES ('{last}-{round}', 'New')"),
                format!("DELETE FROM customers WHERE code = '{last}'"),
                format!("DELETE FROM customers WHERE code LIKE 'c00{round}__3'"),
            ] {
                store.connection().execute_unprepared(&write).await.unwrap();
            }
        }
        let mut once = codes.clone();
        once.dedup();
        assert_eq!(codes, once, "{database}: no row twice");
        let still = get(&app, "/api/customers?count=exact&limit=1").await.json();
        assert!(still["total"].as_u64().unwrap() > 2_000);
        let there = lines(&send(&app, "GET", path, &NDJSON, "").await);
        for row in there.iter().filter(|row| row["name"] == "Name") {
            let code = row["code"].as_str().unwrap();
            assert!(codes.iter().any(|known| known == code), "{database}: {code} is missing");
        }
    }
}

#[tokio::test]
async fn a_strict_caller_learns_that_a_stream_is_not_counted() {
    let app = app().await;
    customers(&app, 3).await;
    for accept in [NDJSON[0], CSV[0]] {
        let strict = [accept, ("prefer", "handling=strict, count=exact")];
        let refused = send(&app, "GET", "/api/customers", &strict, "").await;
        assert_eq!(refused.status, 400, "{refused:?}");
        assert_eq!(errors(&refused), [("Prefer".to_owned(), "unknown".to_owned())]);
        let lenient = [accept, ("prefer", "count=exact")];
        let answer = send(&app, "GET", "/api/customers", &lenient, "").await;
        assert_eq!((answer.status.as_u16(), answer.header("preference-applied")), (200, ""));
    }
    let strict = [("prefer", "handling=strict, count=exact")];
    let page = send(&app, "GET", "/api/customers", &strict, "").await;
    assert_eq!(page.expect(200).header("preference-applied"), "count=exact, handling=strict");
}

#[tokio::test]
async fn a_page_that_the_caller_has_is_304() {
    let app = app().await;
    customers(&app, 5).await;
    let page = get(&app, "/api/customers").await;
    let tag = page.header("etag").to_owned();
    assert!(tag.starts_with("W/\""), "{tag}");
    for method in ["GET", "HEAD"] {
        let known = [("if-none-match", tag.as_str())];
        let answer = send(&app, method, "/api/customers", &known, "").await;
        assert_eq!((answer.status.as_u16(), answer.body.len()), (304, 0));
        assert_eq!(answer.header("etag"), tag);
        assert!(answer.header("vary").contains("accept"));
    }
    post(&app, "/api/customers", &json!({"code": "z", "name": "Zoe"})).await;
    let known = [("if-none-match", tag.as_str())];
    let changed = send(&app, "GET", "/api/customers", &known, "").await;
    assert_eq!(changed.status, 200, "a new row changes the page");
}
