//! Lists: pages, counts, filters, sorts.

use serde_json::Value as Json;

use super::Suite;
use crate::domain::schema::{Kind, Operator};

pub(super) async fn check(suite: &mut Suite) {
    for _ in 0..7 {
        suite.row().await;
    }
    limits_are_capped(suite).await;
    pages_show_every_row_once(suite).await;
    filters_agree_with_the_rows(suite).await;
    cursors_belong_to_their_list(suite).await;
}

/// Every row, read in one page.
async fn all(suite: &mut Suite, query: &str) -> Vec<Json> {
    let answer = suite.client.clone().get(&format!("{}?limit=100&{query}", suite.path)).await;
    suite.promise(answer.status == 200, &format!("?{query} is a list"), &answer);
    if answer.status != 200 {
        return Vec::new();
    }
    answer.json()["items"].as_array().cloned().unwrap_or_default()
}

/// More than a page can hold is not wrong, it is just not given.
async fn limits_are_capped(suite: &mut Suite) {
    let most = suite.schema.options.max_limit;
    for limit in ["2147483648", "18446744073709551616", &"9".repeat(40)] {
        let answer = suite.client.clone().get(&format!("{}?limit={limit}", suite.path)).await;
        let promise = format!("limit={limit} is taken as {most}");
        suite.promise(answer.status == 200, &promise, &answer);
    }
}

async fn pages_show_every_row_once(suite: &mut Suite) {
    let client = suite.client.clone();
    let sorts: Vec<String> = suite
        .schema
        .fields
        .iter()
        .filter(|field| field.sort && field.access.read)
        .flat_map(|field| [field.name.to_owned(), format!("-{}", field.name)])
        .collect();
    for sort in sorts {
        let whole = all(suite, &format!("sort={sort}")).await;
        if whole.len() == suite.schema.options.max_limit as usize {
            continue; // more rows than one page shows: nothing to compare with
        }
        let mut walked = Vec::new();
        let mut path = format!("{}?limit=3&sort={sort}&count=exact", suite.path);
        let mut last = None;
        for _ in 0..100 {
            let answer = client.get(&path).await;
            suite.promise(answer.status == 200, "a cursor that was handed out works", &answer);
            if answer.status != 200 {
                return;
            }
            let page = answer.json();
            let total = page["total"].as_u64();
            suite.promise(
                total == Some(whole.len() as u64),
                "count=exact counts the rows",
                &answer,
            );
            walked.extend(page["items"].as_array().cloned().unwrap_or_default());
            last = page["prev_cursor"].as_str().map(str::to_owned);
            let Some(next) = page["next_cursor"].as_str() else { break };
            path = format!("{}?limit=3&sort={sort}&count=exact&cursor={next}", suite.path);
        }
        let answer = client.get(&path).await;
        suite.promise(
            walked == whole,
            &format!("pages by cursor equal the list, sorted by {sort}"),
            &answer,
        );
        if let Some(previous) = last {
            let answer =
                client.get(&format!("{}?limit=3&sort={sort}&cursor={previous}", suite.path)).await;
            let page = answer.json()["items"].as_array().cloned().unwrap_or_default();
            let behind = walked.windows(page.len().max(1)).any(|window| window == page.as_slice());
            suite.promise(
                !page.is_empty() && behind,
                "the previous page is part of the list",
                &answer,
            );
        }
    }
}

async fn filters_agree_with_the_rows(suite: &mut Suite) {
    let rows = all(suite, "").await;
    for field in suite
        .schema
        .fields
        .iter()
        .filter(|field| field.access.read && field.filter.contains(Operator::Eq))
    {
        let Some(value) = rows.iter().map(|row| &row[field.name]).find(|value| !value.is_null())
        else {
            continue;
        };
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let encoded =
            percent_encoding::utf8_percent_encode(&text, percent_encoding::NON_ALPHANUMERIC);
        let found = all(suite, &format!("{}={encoded}", field.name)).await;
        let wanted: Vec<Json> =
            rows.iter().filter(|row| row[field.name] == *value).cloned().collect();
        let answer = suite
            .client
            .clone()
            .get(&format!("{}?limit=100&{}={encoded}", suite.path, field.name))
            .await;
        let agrees = rows.len() == suite.schema.options.max_limit as usize || found == wanted;
        suite.promise(
            agrees,
            &format!("{}={text} finds exactly the rows that have it", field.name),
            &answer,
        );
        if matches!(field.kind, Kind::Int { .. } | Kind::Date | Kind::Uuid) {
            let answer =
                suite.client.clone().get(&format!("{}?{}=nonsense", suite.path, field.name)).await;
            suite.promise_problem(400, &format!("{}=nonsense is 400", field.name), &answer);
        }
    }
}

async fn cursors_belong_to_their_list(suite: &mut Suite) {
    let client = suite.client.clone();
    let answer = client.get(&format!("{}?limit=2", suite.path)).await;
    let Some(cursor) = answer.json()["next_cursor"].as_str().map(str::to_owned) else { return };
    let mut tampered = cursor.clone();
    tampered.replace_range(5..6, if &cursor[5..6] == "A" { "B" } else { "A" });
    for (what, query) in [
        ("a tampered cursor is 400", format!("limit=2&cursor={tampered}")),
        ("a truncated cursor is 400", format!("limit=2&cursor={}", &cursor[..cursor.len() / 2])),
    ] {
        let answer = client.get(&format!("{}?{query}", suite.path)).await;
        suite.promise_problem(400, what, &answer);
    }
    let sortable = suite.schema.fields.iter().find(|field| field.sort && field.access.read);
    if let Some(field) = sortable.filter(|field| field.name != suite.schema.id().name) {
        let answer = client
            .get(&format!("{}?limit=2&sort={}&cursor={cursor}", suite.path, field.name))
            .await;
        suite.promise_problem(400, "a cursor of another order is 400", &answer);
    }
}
