//! Creating, changing, deleting.

use serde_json::{Value as Json, json};

use super::{Suite, set_once};

pub(super) async fn check(suite: &mut Suite) {
    created_rows_are_found(suite).await;
    patches_change_only_what_they_name(suite).await;
    stale_writes_are_refused(suite).await;
    dry_runs_keep_nothing(suite).await;
    deleted_rows_are_gone(suite).await;
    batches_are_atomic(suite).await;
    batches_keep_their_order(suite).await;
    puts_repeat_what_is_set_once(suite).await;
    duplicates_are_refused(suite).await;
    rows_that_are_there_are_not_made_again(suite).await;
}

async fn rows_that_are_there_are_not_made_again(suite: &mut Suite) {
    let row = suite.row().await;
    let body = suite.replacement_of(&row).await;
    let new = [("content-type", "application/json"), ("if-none-match", "*")];
    let answer = suite.client.send("PUT", &suite.row_path(&row), &new, body.to_string()).await;
    suite.promise_problem(412, "a row that is there is not made again", &answer);
    let said = answer.json()["type"] == "/problems/exists";
    suite.promise(said, "412 for a row that is there says so", &answer);
}

async fn created_rows_are_found(suite: &mut Suite) {
    let client = suite.client.clone();
    for _ in 0..5 {
        let body = suite.body().await;
        let answer = client.post(&suite.path.clone(), &body).await;
        suite.promise(answer.status == 201, &format!("a valid body is created: {body}"), &answer);
        if answer.status != 201 {
            continue;
        }
        let made = answer.json();
        let location = answer.header("location").to_owned();
        suite.promise(location.ends_with(&suite.row_path(&made)), "201 has a Location", &answer);
        suite.promise(
            !suite.versioned() || answer.header("etag") == "\"1\"",
            "201 has the ETag of version 1",
            &answer,
        );
        for (name, value) in body.as_object().into_iter().flatten() {
            let Some(field) = suite.schema.field(name) else { continue };
            if field.access.read {
                let same = made[name] == *value || is_same_number(&made[name], value);
                suite.promise(
                    same,
                    &format!("{name} comes back as it was sent ({value})"),
                    &answer,
                );
            }
        }
        for field in suite.schema.fields.iter().filter(|field| !field.access.read) {
            suite.promise(
                made.get(field.name).is_none(),
                &format!("{} is never shown", field.name),
                &answer,
            );
        }
        let read = client.get(&suite.row_path(&made)).await;
        suite.promise(
            read.status == 200 && read.json() == made,
            "a created row reads as it was answered",
            &read,
        );
    }
}

/// `1` and `1.0` are one number in JSON.
fn is_same_number(a: &Json, b: &Json) -> bool {
    a.as_f64().is_some() && a.as_f64() == b.as_f64()
}

async fn patches_change_only_what_they_name(suite: &mut Suite) {
    let client = suite.client.clone();
    let row = suite.row().await;
    let path = suite.row_path(&row);
    let other = suite.body().await;
    for field in
        suite.schema.fields.iter().filter(|field| field.access.update && field.reference.is_none())
    {
        let value = other.get(field.name).cloned().unwrap_or(if field.nullable {
            Json::Null
        } else {
            row[field.name].clone()
        });
        let before = client.get(&path).await.json();
        let answer = client.patch(&path, &json!({ field.name: value })).await;
        suite.promise(
            answer.status == 200,
            &format!("{} can be patched with {value}", field.name),
            &answer,
        );
        if answer.status != 200 {
            continue;
        }
        let after = answer.json();
        for unchanged in
            suite.schema.fields.iter().filter(|other| {
                other.name != field.name && other.access.update && other.access.read
            })
        {
            let same = before[unchanged.name] == after[unchanged.name];
            suite.promise(
                same,
                &format!("patching {} leaves {} alone", field.name, unchanged.name),
                &answer,
            );
        }
        if !field.nullable {
            let answer = client.patch(&path, &json!({ field.name: null })).await;
            suite.promise_problem(
                422,
                &format!("{} cannot be patched to null", field.name),
                &answer,
            );
        }
    }
    let answer = client.patch(&path, &json!({})).await;
    suite.promise(answer.status == 200, "an empty patch is accepted", &answer);
    let answer = client.patch(&path, &json!({"no_such_member": 1})).await;
    suite.promise_problem(422, "an unknown member of a patch is 422", &answer);
}

async fn stale_writes_are_refused(suite: &mut Suite) {
    if !suite.versioned() {
        return;
    }
    let client = suite.client.clone();
    let row = suite.row().await;
    let path = suite.row_path(&row);
    let patch = [("content-type", "application/merge-patch+json"), ("if-match", "\"1\"")];
    let first = client.send("PATCH", &path, &patch, "{}").await;
    suite.promise(
        first.status == 200 && first.header("etag") == "\"2\"",
        "a write counts the version up",
        &first,
    );
    let second = client.send("PATCH", &path, &patch, "{}").await;
    suite.promise_problem(412, "a write on a stale version is 412", &second);
    suite.promise(second.header("etag") == "\"2\"", "412 carries the current ETag", &second);
    let third = client.send("DELETE", &path, &[("if-match", "\"1\"")], "").await;
    suite.promise_problem(412, "a delete on a stale version is 412", &third);
    let fourth = client.send("PATCH", &path, &patch, r#"{"no_such_member":1}"#).await;
    suite.promise_problem(422, "validation comes before preconditions", &fourth);
}

async fn dry_runs_keep_nothing(suite: &mut Suite) {
    let client = suite.client.clone();
    let body = suite.body().await;
    let headers = [("content-type", "application/json"), ("prefer", "tx=rollback")];
    let answer = client.send("POST", &suite.path.clone(), &headers, body.to_string()).await;
    suite.promise(answer.status == 201, "a dry run answers like the real thing", &answer);
    let tried = answer.json();
    if tried[suite.schema.id().name].is_string() {
        let read = client.get(&suite.row_path(&tried)).await;
        suite.promise_problem(404, "a dry run keeps nothing", &read);
    }
}

async fn deleted_rows_are_gone(suite: &mut Suite) {
    let client = suite.client.clone();
    let row = suite.row().await;
    let path = suite.row_path(&row);
    let answer = client.delete(&path).await;
    suite.promise(
        answer.status == 204 && answer.body.is_empty(),
        "a delete is 204 without a body",
        &answer,
    );
    let again = client.delete(&path).await;
    suite.promise_problem(404, "deleting twice is 404", &again);
    if suite.schema.roles.deleted_at.is_none() {
        let read = client.get(&path).await;
        suite.promise_problem(404, "a deleted row is 404", &read);
        return;
    }
    let restored = client.send("POST", &format!("{path}/restore"), &[], "").await;
    suite.promise(restored.status == 200, "a deleted row can be restored", &restored);
    let read = client.get(&path).await;
    suite.promise(read.status == 200, "a restored row is back", &read);
    client.delete(&path).await;
    let purged = client.send("POST", &format!("{path}/purge"), &[], "").await;
    suite.promise(purged.status == 204, "a deleted row can be purged", &purged);
    let restored = client.send("POST", &format!("{path}/restore"), &[], "").await;
    suite.promise_problem(404, "a purged row cannot be restored", &restored);
}

async fn batches_are_atomic(suite: &mut Suite) {
    let client = suite.client.clone();
    let path = format!("{}/batch", suite.path);
    let (first, second) = (suite.body().await, suite.body().await);
    let answer = client
        .post(
            &path,
            &json!({"atomic": true, "operations": [
                {"op": "create", "value": first},
                {"op": "create", "value": {"no_such_member": 1}},
            ]}),
        )
        .await;
    suite.promise_problem(422, "an atomic batch with one bad item is refused", &answer);
    let named = answer.pointers().iter().all(|pointer| pointer.contains("/operations/1/"));
    suite.promise(
        named && !answer.pointers().is_empty(),
        "the bad item of a batch is named",
        &answer,
    );
    let answer = client
        .post(
            &path,
            &json!({"atomic": false, "operations": [
                {"op": "create", "value": second},
                {"op": "delete", "id": super::unknown_id()},
            ]}),
        )
        .await;
    suite.promise(answer.status == 207, "a batch of single items is 207", &answer);
    if answer.status == 207 {
        let results = answer.json()["results"].clone();
        let statuses = (results[0]["status"].as_u64(), results[1]["status"].as_u64());
        suite.promise(statuses == (Some(201), Some(404)), "each item has its own status", &answer);
    }
}

async fn batches_keep_their_order(suite: &mut Suite) {
    if suite.schema.options.require_if_match {
        return;
    }
    let client = suite.client.clone();
    let row = suite.row().await;
    let id = &row[suite.schema.id().name];
    let operations = json!([
        {"op": "update", "id": id, "value": {}},
        {"op": "delete", "id": id},
        {"op": "update", "id": id, "value": {}},
    ]);
    let body = json!({"atomic": false, "operations": operations});
    let answer = client.post(&format!("{}/batch", suite.path), &body).await;
    let results = answer.json()["results"].as_array().cloned().unwrap_or_default();
    let statuses: Vec<_> = results.iter().filter_map(|result| result["status"].as_u64()).collect();
    let in_order = statuses == [200, 204, 404];
    suite.promise(in_order, "operations of a batch are done one after another", &answer);
}

async fn puts_repeat_what_is_set_once(suite: &mut Suite) {
    let client = suite.client.clone();
    for name in set_once(suite.schema) {
        let row = suite.row().await;
        let (mut body, other) = (suite.replacement_of(&row).await, suite.body().await);
        if other[name] == row[name] {
            continue;
        }
        body[name] = other[name].clone();
        let answer = client.put(&suite.row_path(&row), &body).await;
        suite.promise_problem(409, &format!("a PUT that changes {name} is refused"), &answer);
        let named = answer.pointers().iter().any(|pointer| pointer.ends_with(&format!("/{name}")));
        suite.promise(named, &format!("the refused change of {name} is named"), &answer);
    }
}

async fn duplicates_are_refused(suite: &mut Suite) {
    let client = suite.client.clone();
    for field in suite
        .schema
        .fields
        .iter()
        .filter(|field| field.unique && field.access.create && field.access.read)
    {
        let row = suite.row().await;
        if row[field.name].is_null() {
            continue;
        }
        let mut body = suite.body().await;
        body[field.name] = row[field.name].clone();
        let answer = client.post(&suite.path.clone(), &body).await;
        suite.promise_problem(
            409,
            &format!("a second row with the same {} is 409", field.name),
            &answer,
        );
        let named =
            answer.pointers().iter().any(|pointer| pointer.ends_with(&format!("/{}", field.name)));
        suite.promise(named, &format!("409 names {}", field.name), &answer);
    }
}
