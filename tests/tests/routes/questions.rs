//! Questions that cannot be answered, and what the caller is told.

use framework::Json;
use framework::serde_json::json;
use framework::testing::Answer;

use crate::shop::{app, apps, errors, get, post, send};

fn details(answer: &Answer) -> Vec<String> {
    let errors = answer.json()["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| error["detail"].as_str().unwrap().to_owned()).collect()
}

fn hints(answer: &Answer) -> usize {
    details(answer).iter().filter(|detail| detail.contains("did you mean")).count()
}

#[tokio::test]
async fn an_address_of_nothing_but_unknown_names_is_refused_at_once() {
    let app = app().await;
    let names = |count: usize| {
        let names: Vec<_> = (0..count).map(|number| format!("amount{number}")).collect();
        format!("/api/purchases?{}", names.join("&"))
    };
    let many = get(&app, &names(4000)).await.expect(400);
    assert_eq!(errors(&many), [("amount256".to_owned(), "too_many".to_owned())]);
    let few = get(&app, &names(256)).await.expect(400);
    assert_eq!((errors(&few).len(), hints(&few)), (256, 20));
    let repeated = format!("/api/purchases?{}", "amount__in=1&".repeat(50));
    get(&app, &repeated).await.expect(200);
}

#[tokio::test]
async fn a_body_of_nothing_but_unknown_names_is_given_few_hints() {
    let app = app().await;
    let names = |word: &str| -> Json {
        (0..100).map(|number| (format!("{word}{number}"), json!(1))).collect()
    };
    let operators = json!({"filter": {"amount": names("between")}});
    for body in [names("cursor"), json!({"filter": names("amount")}), operators] {
        let refused = post(&app, "/api/purchases/search", &body).await.expect(422);
        assert_eq!((errors(&refused).len(), hints(&refused)), (100, 20));
    }
}

#[tokio::test]
async fn hints_name_what_the_list_takes() {
    let app = app().await;
    for (path, member, hint) in [
        ("purchases", "deletd", "; did you mean deleted?"),
        ("customers", "deletd", ""),
        ("purchases", "fliter", "; did you mean filter?"),
        ("customers", "includ", ""),
        ("purchases", "includ", "; did you mean include?"),
    ] {
        let body = json!({ member: 1 });
        let refused = post(&app, &format!("/api/{path}/search"), &body).await.expect(422);
        assert_eq!(details(&refused), [format!("there is no member {member}{hint}")], "{path}");
    }
}

#[tokio::test]
async fn a_bad_cursor_is_named_where_it_stands() {
    let app = app().await;
    let refused = get(&app, "/api/purchases?cursor=x").await.expect(400);
    assert_eq!(errors(&refused), [("cursor".to_owned(), "bad_cursor".to_owned())]);
    let body = json!({"cursor": "x"}).to_string();
    for (method, path) in [("POST", "/api/purchases/search"), ("QUERY", "/api/purchases")] {
        for accept in ["application/json", "application/x-ndjson"] {
            let headers = [("content-type", "application/json"), ("accept", accept)];
            let refused = send(&app, method, path, &headers, body.clone()).await.expect(400);
            assert_eq!(refused.json()["type"], "/problems/bad-cursor");
            assert_eq!(errors(&refused), [("#/cursor".to_owned(), "bad_cursor".to_owned())]);
        }
    }
}

#[tokio::test]
async fn a_cursor_belongs_to_its_conditions_in_whatever_order() {
    let app = app().await;
    for code in ["a", "b", "c"] {
        post(&app, "/api/customers", &json!({"code": code, "name": "Ann"})).await.expect(201);
    }
    let first = get(&app, "/api/customers?limit=1&name=Ann&code__ne=x&code__gte=a").await;
    let cursor = first.expect(200).json()["next_cursor"].as_str().unwrap().to_owned();
    let path = format!("/api/customers?limit=1&code__gte=a&name=Ann&code__ne=x&cursor={cursor}");
    assert_eq!(get(&app, &path).await.expect(200).json()["items"][0]["code"], "b");
    let other = path.replace("code__ne=x", "code__ne=y");
    get(&app, &other).await.expect(400);
}

#[tokio::test]
async fn operands_are_what_they_are_written_as_and_nothing_around() {
    let app = app().await;
    for (query, code) in [
        ("amount=%005%00", "type"),
        ("amount=1%0A", "type"),
        ("amount=+1", "type"),
        ("ratio=1.5%20", "type"),
        ("number=a%2", "encoding"),
        ("number=%zz", "encoding"),
        ("number=%+1", "encoding"),
        ("due=2026-01-31T13:30:00.1234567Z", "too_precise"),
    ] {
        let refused = get(&app, &format!("/api/purchases?{query}")).await.expect(400);
        let name = query.split('=').next().unwrap();
        assert_eq!(errors(&refused), [(name.to_owned(), code.to_owned())], "{query}");
    }
    get(&app, "/api/purchases?due=2026-01-31T13:30:00.123456000Z&number=100%25").await.expect(200);
    let fine = json!({"filter": {"due": {"gt": "2026-01-31T13:30:00.1234567Z"}}});
    let refused = post(&app, "/api/purchases/search", &fine).await.expect(422);
    assert_eq!(errors(&refused), [("#/filter/due/gt".to_owned(), "too_precise".to_owned())]);
}

#[tokio::test]
async fn an_empty_include_says_what_there_is_to_include() {
    let app = app().await;
    for query in ["include=", "include=customer,"] {
        let refused = get(&app, &format!("/api/purchases?{query}")).await.expect(400);
        assert_eq!(details(&refused), ["name some of customer, or leave the parameter out"]);
    }
    let refused = get(&app, "/api/customers?include=").await.expect(400);
    assert_eq!(details(&refused), ["leave the parameter out: there is nothing to name here"]);
}

#[tokio::test]
async fn json_that_is_too_much_is_not_called_invalid() {
    let app = app().await;
    let deep = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
    for (body, what) in [
        (deep, "the body cannot be read: recursion limit"),
        ("{\"limit\":1e999}".to_owned(), "the body cannot be read: number out of range"),
        ("{\"limit\":}".to_owned(), "the body is not valid JSON"),
    ] {
        let media = [("content-type", "application/json")];
        let refused = send(&app, "POST", "/api/purchases/search", &media, body).await.expect(400);
        let detail = refused.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.starts_with(what), "{detail}");
    }
}

#[tokio::test]
async fn the_document_says_how_lists_are_conditional_and_that_bodies_may_be_late() {
    let app = app().await;
    let document = get(&app, "/openapi-3.2.json").await.expect(200).json();
    let paths = document["paths"].as_object().unwrap();
    for verb in ["get", "query"] {
        let operation = &paths["/purchases"][verb];
        let parameters = operation["parameters"].to_string();
        for name in ["IfMatchPage", "IfNoneMatch"] {
            assert!(parameters.contains(&format!("parameters/{name}\"")), "{verb} {name}");
        }
        for status in ["200", "304"] {
            assert!(operation["responses"][status]["headers"]["ETag"].is_object(), "{verb}");
        }
        assert!(operation["responses"]["412"].is_object(), "{verb}");
    }
    for (path, item) in paths.iter().filter(|(path, _)| path.starts_with("/purchases")) {
        let verbs = ["get", "post", "put", "patch", "delete", "query"];
        for operation in verbs.iter().filter_map(|verb| item.get(*verb)) {
            assert!(operation["responses"]["408"].is_object(), "{path}");
        }
    }
    // The server does what it says.
    let media = ("content-type", "application/json");
    let page = send(&app, "QUERY", "/api/purchases", &[media], "{}").await.expect(200);
    let same = [media, ("if-none-match", page.header("etag"))];
    send(&app, "QUERY", "/api/purchases", &same, "{}").await.expect(304);
    let other = [media, ("if-match", "\"other\"")];
    send(&app, "QUERY", "/api/purchases", &other, "{}").await.expect(412);
}

#[tokio::test]
async fn a_page_of_problems_varies_by_what_is_accepted() {
    let app = app().await;
    for path in ["/problems", "/problems/stale"] {
        for accept in ["application/json", "text/html"] {
            let page = send(&app, "GET", path, &[("accept", accept)], "").await.expect(200);
            let vary = page.header("vary").to_ascii_lowercase();
            assert!(vary.split(',').any(|name| name.trim() == "accept"), "{path}: {vary}");
        }
    }
}

#[tokio::test]
async fn as_many_conditions_as_are_allowed_are_answered_and_counted() {
    for (database, app) in apps().await {
        let one = json!({"amount": {"gte": 0}});
        let some = json!({"or": vec![one; 20]});
        let many = json!({"or": [{"or": vec![some.clone(); 20]}, {"and": vec![some; 5]}]});
        let body = json!({"filter": many, "limit": 1, "count": "exact"});
        let answer = post(&app, "/api/purchases/search", &body).await;
        assert_eq!(answer.status, 200, "{database}: {answer:?}");
        assert_eq!(answer.json()["total"], 0);
    }
}

#[tokio::test]
async fn what_a_list_says_itself_goes_over_a_preference() {
    let app = app().await;
    for (query, preference, counted) in
        [("count=exact", "count=none", true), ("count=none", "count=exact", false)]
    {
        let path = format!("/api/customers?{query}");
        let answer = send(&app, "GET", &path, &[("prefer", preference)], "").await.expect(200);
        assert_eq!(answer.json()["total"].is_number(), counted, "{query} {preference}");
        assert_eq!(answer.header("preference-applied"), "", "{query} {preference}");
    }
}
