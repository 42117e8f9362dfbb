//! Streams and imports: the same rows as the list, line by line.

use serde_json::Value as Json;

use super::Suite;

pub(super) async fn check(suite: &mut Suite) {
    streams_agree_with_the_list(suite).await;
    a_page_that_is_known_is_not_sent_again(suite).await;
    imports_name_the_wrong_line(suite).await;
}

/// Every row of the list, page after page.
async fn walked(suite: &mut Suite) -> Vec<Json> {
    let mut rows = Vec::new();
    let mut path = format!("{}?limit=100", suite.path);
    loop {
        let answer = suite.client.get(&path).await;
        suite.promise(answer.status == 200, "a list can be walked to its end", &answer);
        if answer.status != 200 {
            return rows;
        }
        let page = answer.json();
        rows.extend(page["items"].as_array().cloned().unwrap_or_default());
        let Some(next) = page["next_cursor"].as_str() else { return rows };
        path = format!("{}?limit=100&cursor={next}", suite.path);
    }
}

async fn streams_agree_with_the_list(suite: &mut Suite) {
    let rows = walked(suite).await;
    let client = suite.client.clone();
    let accept = [("accept", "application/x-ndjson")];
    let answer = client.send("GET", &suite.path, &accept, "").await;
    let lines = answer.body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let streamed: Vec<Json> =
        lines.map(|line| serde_json::from_slice(line).unwrap_or_default()).collect();
    suite.promise(
        answer.status == 200 && streamed == rows,
        "a stream of JSON has exactly the rows of the list, in their order",
        &answer,
    );
    let answer = client.send("GET", &suite.path, &[("accept", "text/csv")], "").await;
    suite.promise(
        answer.status == 200 && records(&answer.body) == rows.len() + 1,
        "CSV has a line of names and one for each row of the list",
        &answer,
    );
    let path = format!("{}?count=exact", suite.path);
    let answer = client.send("GET", &path, &accept, "").await;
    suite.promise_problem(400, "a stream has no total", &answer);
}

/// How many records a table has.
fn records(mut table: &[u8]) -> usize {
    let mut reader = csv_core::Reader::new();
    let (mut text, mut ends, mut records) = ([0; 1_024], [0; 64], 0);
    loop {
        let (result, read, _, _) = reader.read_record(table, &mut text, &mut ends);
        table = table.get(read..).unwrap_or_default();
        match result {
            csv_core::ReadRecordResult::Record => records += 1,
            csv_core::ReadRecordResult::End => return records,
            _ => {}
        }
    }
}

async fn a_page_that_is_known_is_not_sent_again(suite: &mut Suite) {
    let client = suite.client.clone();
    let page = client.get(&suite.path).await;
    let known = [("if-none-match", page.header("etag"))];
    let answer = client.send("GET", &suite.path, &known, "").await;
    suite.promise(
        answer.status == 304 && answer.body.is_empty(),
        "a page with the tag that the caller names is 304",
        &answer,
    );
}

async fn imports_name_the_wrong_line(suite: &mut Suite) {
    if suite.schema.options.require_idempotency_key {
        return;
    }
    let client = suite.client.clone();
    let media = [("content-type", "application/x-ndjson")];
    let path = format!("{}/batch", suite.path);
    let before = walked(suite).await.len();
    let body = format!("{}\n\n[]\n", suite.body().await);
    let answer = client.send("POST", &format!("{path}?atomic=false"), &media, body).await;
    let report = answer.json();
    let entry = |index: usize| {
        let entry = &report["results"][index];
        (entry["line"].as_u64(), entry["status"].as_u64())
    };
    suite.promise(
        answer.status == 207
            && entry(0) == (Some(1), Some(201))
            && entry(1) == (Some(3), Some(422)),
        "an import makes the rows of right lines and names the wrong ones",
        &answer,
    );
    let body = format!("{}\n[]\n", suite.body().await);
    let answer = client.send("POST", &path, &media, body).await;
    let line = answer.json()["errors"][0]["line"].as_u64();
    suite.promise(
        answer.status == 422 && line == Some(2),
        "an atomic import with a wrong line is a problem that names it",
        &answer,
    );
    let after = walked(suite).await.len();
    suite.promise(after == before + 1, "a refused import leaves nothing behind", &answer);
}
