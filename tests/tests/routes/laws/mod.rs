//! Laws of lists, for any question: pages by cursor are the list, both doors are one, and no refusal is an oracle.

mod questions;

use framework::Json;
use framework::serde_json::json;
use framework::testing::{Answer, TestApp};
use framework::tokio::runtime::Runtime;
use proptest::prelude::any;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use crate::shop::{apps, errors, get, post, send};

/// How many questions for each database.
const CASES: [(&str, u32); 2] = [("SQLite", 60), ("PostgreSQL", 20)];

/// Runs a law on every database.
fn holds<S: proptest::strategy::Strategy>(
    strategy: &S,
    law: impl AsyncFn(&TestApp, &[Json], S::Value) -> Result<(), TestCaseError>,
) where
    S::Value: Clone,
{
    let runtime = Runtime::new().unwrap();
    for (database, app) in runtime.block_on(apps()) {
        let rows = runtime.block_on(questions::rows(&app));
        let cases =
            CASES.iter().find(|(name, _)| *name == database).map_or(20, |(_, cases)| *cases);
        let config =
            Config { cases, failure_persistence: None, max_shrink_iters: 60, ..Config::default() };
        TestRunner::new(config)
            .run(strategy, |value| runtime.block_on(law(&app, &rows, value)))
            .unwrap_or_else(|error| panic!("{database}: {error}"));
    }
}

async fn search(app: &TestApp, body: &Json) -> Result<Json, TestCaseError> {
    let answer = post(app, "/api/purchases/search", body).await;
    proptest::prop_assert_eq!(answer.status.as_u16(), 200, "{}: {:?}", body, answer);
    Ok(answer.json())
}

fn numbers(page: &Json) -> Vec<String> {
    let items = page["items"].as_array().into_iter().flatten();
    items.map(|item| item["number"].as_str().unwrap_or_default().to_owned()).collect()
}

fn with(body: &Json, member: &str, value: Json) -> Json {
    let mut body = body.clone();
    body[member] = value;
    body
}

/// The rows that are there from beginning to end.
fn lasting(numbers: &[String]) -> Vec<&str> {
    numbers.iter().map(String::as_str).filter(|number| !number.starts_with("guest")).collect()
}

#[test]
fn pages_by_cursor_are_the_list_in_both_directions_whatever_is_written_meanwhile() {
    holds(&(questions::body(), 1_u64..=5), async |app, _, (body, limit)| {
        let mut whole = Vec::new();
        loop {
            let page = with(&with(&body, "limit", json!(5)), "offset", json!(whole.len()));
            let found = numbers(&search(app, &page).await?);
            if found.is_empty() {
                break;
            }
            whole.extend(found);
        }
        let body = with(&body, "limit", json!(limit));
        let mut guests = Guests::default();
        let mut forwards: Vec<String> = Vec::new();
        let mut page = search(app, &body).await?;
        loop {
            forwards.extend(numbers(&page));
            proptest::prop_assert!(forwards.len() < 200, "no end: {}", body);
            guests.come_and_go(app).await;
            if page["next_cursor"].is_null() {
                break;
            }
            page = search(app, &with(&body, "cursor", page["next_cursor"].clone())).await?;
        }
        proptest::prop_assert_eq!(lasting(&forwards), lasting(&whole), "forwards: {}", body);
        let mut once = forwards.clone();
        once.sort_unstable();
        once.dedup();
        proptest::prop_assert_eq!(once.len(), forwards.len(), "a row twice: {}", body);
        let mut backwards = vec![numbers(&page)];
        while !page["prev_cursor"].is_null() {
            proptest::prop_assert!(backwards.len() < 100, "no end: {}", body);
            guests.come_and_go(app).await;
            page = search(app, &with(&body, "cursor", page["prev_cursor"].clone())).await?;
            backwards.push(numbers(&page));
        }
        backwards.reverse();
        let backwards = backwards.concat();
        proptest::prop_assert_eq!(lasting(&backwards), lasting(&whole), "backwards: {}", body);
        guests.leave(app).await;
        Ok(())
    });
}

/// Rows that are made and deleted while others walk the list.
#[derive(Default)]
struct Guests {
    rows: Vec<String>,
    made: u64,
}

impl Guests {
    async fn come_and_go(&mut self, app: &TestApp) {
        self.made += 1;
        if self.made > 12 {
            return; // Were there always another, a list by id would have no end.
        }
        let amount = self.made * 7 % 11;
        let mut number = format!("guest{}", framework::Uuid::new_v4().simple());
        number.truncate(20);
        let price = self.made.is_multiple_of(2).then(|| format!("{amount}.5"));
        let row = json!({"number": number, "amount": amount, "price": price, "lines": []});
        let made = post(app, "/api/purchases", &row).await.expect(201).json();
        self.rows.push(made["id"].as_str().unwrap().to_owned());
        if self.rows.len() > 3 {
            let id = self.rows.remove(1);
            Self::remove(app, &id).await;
        }
    }

    async fn leave(&mut self, app: &TestApp) {
        for id in self.rows.drain(..) {
            Self::remove(app, &id).await;
        }
    }

    async fn remove(app: &TestApp, id: &str) {
        let path = format!("/api/purchases/{id}");
        app.client.delete(&path).await.expect(204);
        send(app, "POST", &format!("{path}/purge"), &[], "").await.expect(204);
    }
}

#[test]
fn a_stream_of_any_question_is_its_list() {
    holds(&questions::body(), async |app, _, body| {
        let mut listed = Vec::new();
        let mut page = search(app, &body).await?;
        loop {
            listed.extend(page["items"].as_array().cloned().unwrap_or_default());
            if page["next_cursor"].is_null() {
                break;
            }
            page = search(app, &with(&body, "cursor", page["next_cursor"].clone())).await?;
        }
        let headers = [("content-type", "application/json"), ("accept", "application/x-ndjson")];
        let stream = send(app, "QUERY", "/api/purchases", &headers, body.to_string()).await;
        let lines = std::str::from_utf8(&stream.body).unwrap().lines();
        let streamed: Vec<Json> =
            lines.map(|line| framework::serde_json::from_str(line).unwrap()).collect();
        proptest::prop_assert_eq!(streamed, listed, "{}", body);
        Ok(())
    });
}

#[test]
fn a_filter_in_the_address_and_in_the_body_find_the_same_rows() {
    holds(&questions::flat(), async |app, _, conditions| {
        let mut filter = json!({});
        let mut query = String::from("/api/purchases?limit=5&sort=number");
        for (field, operator, operands) in &conditions {
            filter[field][operator] = match operator.as_str() {
                "in" | "not_in" | "between" => json!(operands),
                _ => operands[0].clone(),
            };
        }
        for (field, operators) in filter.as_object().unwrap() {
            for (operator, operand) in operators.as_object().unwrap() {
                let name =
                    if operator == "eq" { field.clone() } else { format!("{field}__{operator}") };
                for value in operand.as_array().cloned().unwrap_or_else(|| vec![operand.clone()]) {
                    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    query.push_str(&format!("&{name}={}", encoded(&text)));
                }
            }
        }
        let by_address = get(app, &query).await;
        proptest::prop_assert_eq!(by_address.status.as_u16(), 200, "{}: {:?}", query, by_address);
        let body = json!({"filter": filter, "limit": 5, "sort": ["number"]});
        let by_body = search(app, &body).await?;
        proptest::prop_assert_eq!(&by_address.json()["items"], &by_body["items"], "{}", query);
        Ok(())
    });
}

/// Every byte as a percent-encoded one.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// What a problem says, without what names the request.
fn said(answer: &Answer) -> (u16, Json) {
    let mut problem = answer.json();
    for member in ["trace_id", "instance"] {
        problem.as_object_mut().unwrap().remove(member);
    }
    (answer.status.as_u16(), problem)
}

#[test]
fn every_cursor_that_was_not_made_for_the_list_is_refused_in_the_same_words() {
    let strategy = (any::<proptest::sample::Index>(), 1_u8..=63, any::<bool>());
    holds(&strategy, async |app, _, (place, shift, cut)| {
        const DIGITS: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let page = get(app, "/api/purchases?limit=2&sort=amount").await.json();
        let cursor = page["next_cursor"].as_str().unwrap();
        let place = place.index(cursor.len());
        let tampered = if cut {
            cursor[..place].to_owned()
        } else {
            let mut bytes = cursor.as_bytes().to_vec();
            let digit = DIGITS.iter().position(|digit| *digit == bytes[place]).unwrap();
            bytes[place] = DIGITS[(digit + usize::from(shift)) % 64];
            String::from_utf8(bytes).unwrap()
        };
        let strange = get(app, "/api/purchases?limit=2&sort=amount&cursor=AAAA").await;
        let wanted = said(&strange);
        proptest::prop_assert_eq!(wanted.0, 400);
        for query in [
            format!("sort=amount&cursor={tampered}"),
            format!("sort=-amount&cursor={cursor}"),
            format!("sort=amount&amount__gte=0&cursor={cursor}"),
            format!("sort=amount&deleted=include&cursor={cursor}"),
        ] {
            let answer = get(app, &format!("/api/purchases?limit=2&{query}")).await;
            proptest::prop_assert_eq!(said(&answer), wanted.clone(), "{}", query);
        }
        let foreign = get(app, &format!("/api/customers?cursor={cursor}")).await;
        proptest::prop_assert_eq!(said(&foreign), wanted, "the cursor of another entity");
        Ok(())
    });
}

/// The same problem with this name and what was suggested instead left out.
fn unnamed(answer: &Answer, name: &str) -> (u16, String) {
    let (status, problem) = said(answer);
    let text = problem.to_string().replace(name, "NAME");
    let parts: Vec<&str> = text.split("; did you mean").collect();
    let kept = parts.iter().enumerate().map(|(index, part)| match index {
        0 => *part,
        _ => part.find('"').map_or("", |end| &part[end..]),
    });
    (status, kept.collect())
}

#[test]
fn what_is_hidden_is_refused_exactly_as_what_does_not_exist() {
    let operator = proptest::sample::select(vec![
        "",
        "__ne",
        "__in",
        "__gt",
        "__contains",
        "__icontains",
        "__isnull",
        "__between",
        "__x",
    ]);
    holds(&(operator, "[a-z]{1,8}"), async |app, _, (operator, value)| {
        for name in ["zzzzzzzz", "qqqqqq"] {
            for pattern in [
                format!("NAME{operator}={value}"),
                format!("sort=NAME&q={value}"),
                "sort=-NAME".to_owned(),
                "fields=id,NAME".to_owned(),
                "include=NAME".to_owned(),
            ] {
                let ask = async |name: &str| {
                    let query = pattern.replace("NAME", name);
                    unnamed(&get(app, &format!("/api/purchases?{query}")).await, name)
                };
                let hidden = ask("secret").await;
                proptest::prop_assert_eq!(hidden.0, 400, "{}", pattern);
                proptest::prop_assert_eq!(hidden, ask(name).await, "{}", pattern);
            }
            let operator = operator.strip_prefix("__").unwrap_or("eq");
            for pattern in [
                json!({"filter": {"NAME": {operator: value}}}),
                json!({"filter": {"or": [{"not": {"NAME": {operator: [value]}}}]}}),
                json!({"filter": {"NAME": value}}),
                json!({"sort": ["NAME"]}),
                json!({"fields": ["NAME"]}),
                json!({"include": ["NAME"]}),
            ] {
                let pattern = pattern.to_string();
                let ask = async |name: &str| {
                    let body = pattern.replace("NAME", name);
                    let media = [("content-type", "application/json")];
                    let path = "/api/purchases/search";
                    unnamed(&send(app, "POST", path, &media, body).await, name)
                };
                let hidden = ask("secret").await;
                proptest::prop_assert_eq!(hidden.0, 422, "{}", pattern);
                proptest::prop_assert_eq!(hidden, ask(name).await, "{}", pattern);
            }
        }
        Ok(())
    });
}

#[test]
fn an_operator_that_a_type_lacks_is_unknown() {
    let lacking = [
        ("open", "gt"),
        ("open", "contains"),
        ("status", "gt"),
        ("status", "contains"),
        ("amount", "contains"),
        ("amount", "isnull"),
        ("number", "isnull"),
        ("due", "startswith"),
        ("id", "gt"),
        ("price", "icontains"),
    ];
    holds(&proptest::sample::select(lacking.to_vec()), async |app, _, (field, operator)| {
        let answer = get(app, &format!("/api/purchases?{field}__{operator}=1")).await;
        let wanted = [(format!("{field}__{operator}"), "unknown".to_owned())];
        proptest::prop_assert_eq!(answer.status.as_u16(), 400);
        proptest::prop_assert_eq!(errors(&answer), wanted);
        let body = json!({"filter": {field: {operator: 1}}});
        let answer = post(app, "/api/purchases/search", &body).await;
        let wanted = [(format!("#/filter/{field}/{operator}"), "unknown".to_owned())];
        proptest::prop_assert_eq!(answer.status.as_u16(), 422);
        proptest::prop_assert_eq!(errors(&answer), wanted);
        Ok(())
    });
}
