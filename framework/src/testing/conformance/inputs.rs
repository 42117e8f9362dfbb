//! Bad input: every kind of it, on every route, answered by a problem that names the place.

use serde_json::{Value as Json, json};

use super::Suite;
use crate::testing::strategy::broken;

pub(super) async fn check(suite: &mut Suite) {
    malformed_bodies(suite).await;
    broken_members(suite).await;
    bad_addresses(suite).await;
    unwanted_bodies(suite).await;
    bad_parameters(suite).await;
    wrong_methods(suite).await;
}

async fn malformed_bodies(suite: &mut Suite) {
    let client = suite.client.clone();
    let path = suite.path.clone();
    let json = [("content-type", "application/json")];
    let deep = "[".repeat(10_000);
    for (what, body, status) in [
        ("an empty body is 400", String::new(), 400),
        ("a broken body is 400", "{\"a\":".to_owned(), 400),
        ("10,000 levels of nesting are 400", deep, 400),
        ("a lone surrogate is 400", r#"{"a":"\ud800"}"#.to_owned(), 400),
        ("a list instead of an object is 422", "[]".to_owned(), 422),
        ("a body over the limit is 413", format!("{{\"a\":\"{}\"}}", "x".repeat(1_100_000)), 413),
    ] {
        let answer = client.send("POST", &path, &json, body).await;
        suite.promise_problem(status, what, &answer);
    }
    let answer = client.send("POST", &path, &[("content-type", "text/plain")], "{}").await;
    suite.promise_problem(415, "a body that is not JSON is 415", &answer);

    let mut body = suite.body().await;
    body["no_such_member"] = json!(1);
    let answer = client.post(&path, &body).await;
    suite.promise_problem(422, "an unknown member is 422", &answer);
    let named = answer.pointers().iter().any(|pointer| pointer.ends_with("/no_such_member"));
    suite.promise(named, "an unknown member is named", &answer);
}

async fn broken_members(suite: &mut Suite) {
    let client = suite.client.clone();
    let path = suite.path.clone();
    let valid = suite.body().await;
    let fields = suite.schema.fields.iter().enumerate();
    for (position, field) in fields.filter(|(_, field)| field.access.create) {
        for wrong in broken(field) {
            let mut body = valid.clone();
            body[field.name] = wrong.clone();
            let answer = client.post(&path, &body).await;
            suite.promise_problem(
                422,
                &format!("{} = {} is 422", field.name, short(&wrong)),
                &answer,
            );
            let named = answer
                .pointers()
                .iter()
                .any(|pointer| pointer.ends_with(&format!("/{}", field.name)));
            suite.promise(named, &format!("{} is named when it is wrong", field.name), &answer);
        }
        if suite.schema.requires(position) {
            let mut body = valid.clone();
            if let Some(members) = body.as_object_mut() {
                members.remove(field.name);
            }
            let answer = client.post(&path, &body).await;
            suite.promise_problem(422, &format!("leaving out {} is 422", field.name), &answer);
        }
    }
    for field in suite.schema.fields.iter().filter(|field| !field.access.create) {
        let mut body = valid.clone();
        body[field.name] = json!("x");
        let answer = client.post(&path, &body).await;
        suite.promise_problem(422, &format!("{} cannot be set by a create", field.name), &answer);
    }
}

async fn bad_addresses(suite: &mut Suite) {
    let client = suite.client.clone();
    for id in ["not-a-uuid", "%00", "%ff", "..%2f..", "1"] {
        let answer = client.get(&format!("{}/{id}", suite.path)).await;
        let refused = matches!(answer.status.as_u16(), 400 | 404);
        suite.promise(refused, &format!("the id {id} is refused"), &answer);
    }
    let answer = client.get(&format!("{}/{}", suite.path, uuid::Uuid::now_v7())).await;
    suite.promise_problem(404, "an unknown id is 404", &answer);
    let answer = client.get(&format!("{}/a/b/c", suite.path)).await;
    suite.promise_problem(404, "an unknown route is 404", &answer);
}

/// What a body says where none is taken would be passed over in silence.
async fn unwanted_bodies(suite: &mut Suite) {
    let client = suite.client.clone();
    let row = suite.row().await;
    let item = suite.row_path(&row);
    let mut routes =
        vec![("GET", suite.path.clone()), ("GET", item.clone()), ("DELETE", item.clone())];
    if suite.schema.roles.deleted_at.is_some() {
        routes.push(("POST", format!("{item}/restore")));
        routes.push(("POST", format!("{item}/purge")));
    }
    for (method, path) in routes {
        for body in [r#"{"name":"other"}"#, "garbage"] {
            let json = [("content-type", "application/json")];
            let answer = client.send(method, &path, &json, body).await;
            suite.promise_problem(400, &format!("{method} {path} with a body is 400"), &answer);
        }
    }
    let answer = client.get(&item).await;
    suite.promise(answer.status == 200, "a refused deletion deletes nothing", &answer);
}

async fn bad_parameters(suite: &mut Suite) {
    let client = suite.client.clone();
    for query in [
        "no_such_parameter=1",
        "sort=no_such_field",
        "sort=",
        "fields=",
        "fields=no_such_field",
        "include=no_such_relation",
        "limit=0",
        "limit=-1",
        "limit=many",
        "offset=-1",
        "cursor=tampered",
        "count=roughly",
        "id__no_such_operator=1",
        "limit=1&limit=2",
    ] {
        let answer = client.get(&format!("{}?{query}", suite.path)).await;
        suite.promise_problem(400, &format!("?{query} is 400"), &answer);
    }
    for field in suite.schema.fields.iter().filter(|field| !field.access.read) {
        let hidden = client.get(&format!("{}?{}=1", suite.path, field.name)).await;
        suite.promise_problem(400, &format!("{} is hidden from filters", field.name), &hidden);
        let sorted = client.get(&format!("{}?sort={}", suite.path, field.name)).await;
        suite.promise_problem(400, &format!("{} is hidden from sorts", field.name), &sorted);
    }
    let answer = client.get(&format!("{}?q={}", suite.path, "x".repeat(60_000))).await;
    let refused = matches!(answer.status.as_u16(), 400 | 414);
    suite.promise(refused, "a query string of 60 kB is refused", &answer);
}

async fn wrong_methods(suite: &mut Suite) {
    let client = suite.client.clone();
    for (method, path) in [("PATCH", suite.path.clone()), ("TRACE", suite.path.clone())] {
        let answer = client.send(method, &path, &[], "").await;
        suite.promise_problem(405, &format!("{method} on the list is 405"), &answer);
        let allow = answer.header("allow").to_owned();
        suite.promise(
            allow.contains("GET") && allow.contains("POST"),
            "405 names what is allowed",
            &answer,
        );
    }
}

fn short(value: &Json) -> String {
    value.to_string().chars().take(40).collect()
}
