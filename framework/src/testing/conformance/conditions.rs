//! Conditions and codings: what is read or written only where the row is as the caller knows it.

use serde_json::json;

use super::Suite;

const GZIP: (&str, &str) = ("accept-encoding", "gzip");
const JSON: (&str, &str) = ("content-type", "application/json");

pub(super) async fn check(suite: &mut Suite) {
    codings_have_tags_of_their_own(suite).await;
    no_coding_costs_a_write_its_answer(suite).await;
    reads_are_conditional(suite).await;
    named_rows_are_not_written(suite).await;
    no_condition_is_lost(suite).await;
}

async fn codings_have_tags_of_their_own(suite: &mut Suite) {
    let client = suite.client.clone();
    let row = suite.row().await;
    let path = suite.row_path(&row);
    let plain = client.get(&path).await;
    let zipped = client.send("GET", &path, &[GZIP], "").await;
    if zipped.header("content-encoding") != "gzip" {
        return;
    }
    for answer in [&plain, &zipped] {
        let varies = answer.headers.get_all("vary").iter();
        let varies = varies.filter_map(|value| value.to_str().ok());
        let varies =
            varies.flat_map(|value| value.split(',')).any(|name| name.trim() == "accept-encoding");
        suite.promise(varies, "whatever could be compressed varies with Accept-Encoding", answer);
    }
    let distinct = zipped.header("etag") != plain.header("etag");
    suite.promise(distinct, "a compressed answer has a tag of its own", &zipped);
    let head = client.send("HEAD", &path, &[GZIP], "").await;
    let same = ["etag", "vary", "content-encoding", "content-type", "content-length"]
        .iter()
        .all(|name| head.header(name) == zipped.header(name));
    suite.promise(same, "HEAD has the headers of GET, compressed or not", &head);
    let known = [("if-none-match", zipped.header("etag")), GZIP];
    let fresh = client.send("GET", &path, &known, "").await;
    let holds = fresh.status == 304 && fresh.header("etag") == zipped.header("etag");
    suite.promise(holds, "a compressed answer that the caller has is 304", &fresh);
}

async fn no_coding_costs_a_write_its_answer(suite: &mut Suite) {
    let body = suite.body().await.to_string();
    let path = suite.path.clone();
    let headers = [JSON, ("accept-encoding", "identity;q=0, *;q=0")];
    let made = suite.client.send("POST", &path, &headers, body).await;
    suite.promise(made.status == 201, "no coding is a reason to refuse a write", &made);
    let body = suite.body().await.to_string();
    let coded = [JSON, ("content-encoding", "gzip")];
    let refused = suite.client.send("POST", &path, &coded, body).await;
    suite.promise_problem(415, "a compressed body is refused", &refused);
    let told = refused.header("accept-encoding") == "identity";
    suite.promise(told, "415 says which codings are read", &refused);
}

async fn reads_are_conditional(suite: &mut Suite) {
    let client = suite.client.clone();
    let row = suite.row().await;
    let path = suite.row_path(&row);
    let tag = client.get(&path).await.header("etag").to_owned();
    let same = client.send("GET", &path, &[("if-match", &tag)], "").await;
    suite.promise(
        same.status == 200,
        "a read at the version that If-Match names is answered",
        &same,
    );
    let other = client.send("GET", &path, &[("if-match", "\"77\"")], "").await;
    suite.promise_problem(412, "a read at another version than If-Match names is refused", &other);
}

async fn named_rows_are_not_written(suite: &mut Suite) {
    let client = suite.client.clone();
    let row = suite.row().await;
    let path = suite.row_path(&row);
    let read = client.get(&path).await;
    for named in ["*", read.header("etag")] {
        let headers = [JSON, ("if-none-match", named)];
        for (method, body) in [("PATCH", json!({}).to_string()), ("DELETE", String::new())] {
            let refused = client.send(method, &path, &headers, body).await;
            let promise = format!("{method} of a row that If-None-Match names is refused");
            suite.promise_problem(412, &promise, &refused);
        }
    }
    let after = client.get(&path).await;
    let same = after.header("etag") == read.header("etag") && after.json() == read.json();
    suite.promise(same, "a refused condition changes nothing", &after);
}

async fn no_condition_is_lost(suite: &mut Suite) {
    let id = suite.schema.id().name;
    let body = format!(r#"{{"limit": 1, "fields": ["{id}"], "limit": 2}}"#);
    for (method, path) in
        [("POST", format!("{}/search", suite.path)), ("QUERY", suite.path.clone())]
    {
        let refused = suite.client.send(method, &path, &[JSON], body.clone()).await;
        suite.promise_problem(422, "a member that is given twice is refused", &refused);
        let named = refused.status == 422 && refused.pointers() == ["#/limit"];
        suite.promise(named, "a member that is given twice is named", &refused);
    }
}
