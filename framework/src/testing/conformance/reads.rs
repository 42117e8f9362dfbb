//! Reading one row: conditional requests, projections, HEAD.

use super::Suite;

pub(super) async fn check(suite: &mut Suite) {
    let client = suite.client.clone();
    let row = suite.row().await;
    let path = suite.row_path(&row);

    let read = client.get(&path).await;
    suite.promise(read.status == 200 && read.json() == row, "a row reads as it was created", &read);
    let json = read.header("content-type").starts_with("application/json");
    suite.promise(json, "a row is application/json", &read);

    let head = client.send("HEAD", &path, &[], "").await;
    let same =
        head.status == 200 && head.body.is_empty() && head.header("etag") == read.header("etag");
    suite.promise(same, "HEAD is GET without a body", &head);

    let tag = read.header("etag").to_owned();
    if !tag.is_empty() {
        let fresh = client.send("GET", &path, &[("if-none-match", &tag)], "").await;
        let holds = fresh.status == 304 && fresh.body.is_empty() && fresh.header("etag") == tag;
        suite.promise(holds, "an unchanged row is 304 with its ETag", &fresh);
        let changed = client.send("GET", &path, &[("if-none-match", "\"0\"")], "").await;
        suite.promise(changed.status == 200, "a changed row is sent", &changed);
    }

    let id = suite.schema.id().name;
    let sparse = client.get(&format!("{path}?fields={id}")).await;
    let members = sparse.json().as_object().map_or(0, serde_json::Map::len);
    suite.promise(
        sparse.status == 200 && members == 1,
        "fields= leaves only what it names",
        &sparse,
    );
    let distinct = tag.is_empty() || sparse.header("etag") != tag;
    suite.promise(distinct, "another representation has another ETag", &sparse);

    let options = client.send("OPTIONS", &path, &[], "").await;
    let allow = options.header("allow").to_owned();
    let holds = options.status.is_success()
        && ["GET", "HEAD", "PATCH", "DELETE"].iter().all(|m| allow.contains(m));
    suite.promise(holds, "OPTIONS names the methods", &options);

    for relation in suite.schema.relations.iter().filter(|relation| !relation.owned) {
        let included = client.get(&format!("{path}?include={}", relation.name)).await;
        let body = if included.status == 200 { included.json() } else { serde_json::Value::Null };
        let holds = body
            .get(relation.name)
            .is_some_and(|value| value.is_array() == relation.link.is_many());
        suite.promise(holds, &format!("include={} brings it along", relation.name), &included);
    }
}
