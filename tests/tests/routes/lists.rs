//! Filters, sorts, pages, shapes, and both doors to them.

use framework::Json;
use framework::serde_json::json;
use framework::testing::TestApp;

use crate::shop::{app, errors, get, post, send};

async fn shop() -> TestApp {
    let app = app().await;
    for (code, name) in [("ann", "Ann"), ("bob", "Bob")] {
        post(&app, "/api/customers", &json!({"code": code, "name": name})).await;
    }
    for (number, amount, customer) in [
        ("a", 1, "ann"),
        ("b", 2, "ann"),
        ("c", 2, "bob"),
        ("d,e", 3, "bob"),
        ("f", 9, "bob"),
        ("g", 9, "ann"),
        ("h", 9, "ann"),
    ] {
        let body = json!({"number": number, "amount": amount, "customer_id": customer, "lines": [{"quantity": 1}]});
        assert_eq!(post(&app, "/api/purchases", &body).await.status, 201);
    }
    app
}

fn numbers(page: &Json) -> Vec<String> {
    let items = page["items"].as_array().unwrap_or_else(|| panic!("no page: {page}"));
    items.iter().map(|item| item["number"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn both_doors_find_the_same_rows() {
    let app = shop().await;
    for (query, filter, wanted) in [
        ("amount=2", json!({"amount": {"eq": 2}}), "b c"),
        ("amount__gte=2&amount__lt=9", json!({"amount": {"gte": 2, "lt": 9}}), "b c d,e"),
        ("amount__between=2,3", json!({"amount": {"between": [2, 3]}}), "b c d,e"),
        ("amount__in=1,3", json!({"amount": {"in": [1, 3]}}), "a d,e"),
        ("amount__in=1&amount__in=3", json!({"amount": {"in": [1, 3]}}), "a d,e"),
        ("number__in=d,e", json!({"number": {"in": ["d,e"]}}), "d,e"),
        ("number__icontains=D%2CE", json!({"number": {"icontains": "D,E"}}), "d,e"),
        (
            "customer__name=Bob&amount__ne=9",
            json!({"customer": {"name": {"eq": "Bob"}}, "amount": {"ne": 9}}),
            "c d,e",
        ),
        ("ratio__isnull=false", json!({"ratio": {"isnull": false}}), ""),
        ("q=D", json!({"number": {"icontains": "d"}}), "d,e"),
    ] {
        let listed = get(&app, &format!("/api/purchases?sort=number&limit=50&{query}")).await;
        assert_eq!(listed.status.as_u16(), 200, "{query}: {listed:?}");
        assert_eq!(numbers(&listed.json()).join(" "), wanted, "{query}");
        let body = json!({"filter": filter, "sort": ["number"]});
        for (method, path) in [("POST", "/api/purchases/search"), ("QUERY", "/api/purchases")] {
            let media = [("content-type", "application/json")];
            let found = send(&app, method, path, &media, body.to_string()).await;
            assert_eq!(found.status.as_u16(), 200, "{filter}: {found:?}");
            assert_eq!(found.header("allow"), "");
            let wanted: Vec<_> =
                wanted.split(' ').filter(|name| !name.is_empty()).take(3).collect();
            assert_eq!(numbers(&found.json()), wanted, "{filter}");
        }
    }
    let mixed = json!({"filter": {"or": [{"amount": {"eq": 1}}, {"not": {"amount": {"lte": 3}}}]}, "sort": ["number"], "limit": 50});
    let found = post(&app, "/api/purchases/search", &mixed).await;
    assert_eq!(numbers(&found.json()), ["a", "f", "g", "h"]);
}

#[tokio::test]
async fn cursors_walk_the_whole_list_in_both_directions() {
    let app = shop().await;
    let all = numbers(&get(&app, "/api/purchases?sort=-amount,number&limit=5").await.json());
    assert_eq!(all, ["f", "g", "h", "d,e", "b"], "the limit is capped, not refused");
    let mut seen = Vec::new();
    let mut path = "/api/purchases?sort=-amount,number&limit=2&count=exact".to_owned();
    let mut previous = None;
    loop {
        let page = get(&app, &path).await.json();
        assert_eq!(page["total"], 7);
        seen.extend(numbers(&page));
        previous = page["prev_cursor"].as_str().map(str::to_owned).or(previous);
        let Some(next) = page["next_cursor"].as_str() else { break };
        path = format!("/api/purchases?sort=-amount,number&limit=2&count=exact&cursor={next}");
    }
    assert_eq!(seen, ["f", "g", "h", "d,e", "b", "c", "a"]);
    let back = format!("/api/purchases?sort=-amount,number&limit=2&cursor={}", previous.unwrap());
    assert_eq!(numbers(&get(&app, &back).await.json()), ["b", "c"]);
    let offset = get(&app, "/api/purchases?sort=-amount,number&limit=2&offset=5").await;
    assert_eq!(numbers(&offset.json()), ["c", "a"]);
}

#[tokio::test]
async fn a_limit_is_capped_however_many_digits_it_has() {
    let app = shop().await;
    for limit in ["2147483648", "18446744073709551616", &"9".repeat(60)] {
        let page = get(&app, &format!("/api/purchases?limit={limit}")).await.expect(200);
        assert_eq!(numbers(&page.json()).len(), 5);
        let body = serde_json::from_str(&format!("{{\"limit\":{limit}}}")).unwrap();
        let page = post(&app, "/api/purchases/search", &body).await.expect(200);
        assert_eq!(numbers(&page.json()).len(), 5);
    }
    get(&app, &format!("/api/purchases?offset={}", "9".repeat(60))).await.expect(400);
}

#[tokio::test]
async fn a_list_of_names_without_names_says_what_there_is_to_name() {
    let app = shop().await;
    for (query, names) in
        [("sort=", "name some of number, amount"), ("sort=-", "number"), ("fields=", "id, number")]
    {
        let refused = get(&app, &format!("/api/purchases?{query}")).await.expect(400).json();
        let detail = refused["errors"][0]["detail"].as_str().unwrap();
        assert!(detail.contains(names) && detail.contains("leave the parameter out"), "{detail}");
    }
}

#[tokio::test]
async fn a_cursor_of_another_list_is_refused() {
    let app = shop().await;
    let page = get(&app, "/api/purchases?sort=number&limit=2").await.json();
    let cursor = page["next_cursor"].as_str().unwrap();
    let tampered = format!("{}A", &cursor[..cursor.len() - 1]);
    for query in [
        format!("sort=-number&cursor={cursor}"),
        format!("sort=number&amount=1&cursor={cursor}"),
        format!("sort=number&deleted=include&cursor={cursor}"),
        format!("sort=number&cursor={tampered}B"),
        "sort=number&cursor=".to_owned(),
        "sort=number&cursor=%00".to_owned(),
    ] {
        let refused = get(&app, &format!("/api/purchases?{query}")).await;
        assert_eq!(
            (refused.status.as_u16(), refused.json()["type"].as_str()),
            (400, Some("/problems/bad-cursor")),
            "{query}"
        );
    }
    let same = get(&app, &format!("/api/purchases?cursor={cursor}&limit=1&sort=number")).await;
    assert_eq!(numbers(&same.json()), ["c"]);
}

#[tokio::test]
async fn bad_parameters_are_named_all_at_once() {
    let app = shop().await;
    let query = "amont=1&amount=x&amount__gt=1&amount__gt=2&secret=1&status__gt=open&limit=0&sort=nothing&fields=secret&include=lines&customer__secret=1&due=2026-01-01&count=many&amount__between=1&status=lost&amount__lt=99999999999&number=%00";
    let refused = get(&app, &format!("/api/purchases?{query}")).await;
    assert_eq!(refused.status.as_u16(), 400);
    let found = errors(&refused);
    let names: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
    let wanted: Vec<_> = query.split('&').filter_map(|pair| pair.split('=').next()).fold(
        Vec::new(),
        |mut all, name| {
            if !all.contains(&name) {
                all.push(name);
            }
            all
        },
    );
    assert_eq!(names, wanted);
    assert!(refused.json().to_string().contains("did you mean amount?"));
    let (hidden, unknown) =
        (get(&app, "/api/purchases?secret=1").await, get(&app, "/api/purchases?secrex=1").await);
    assert_eq!(errors(&hidden)[0].1, errors(&unknown)[0].1, "hidden is unknown");
    assert_eq!(get(&app, "/api/purchases?number=%ff").await.status, 400);
    assert_eq!(get(&app, "/api/purchases?offset=1&cursor=x").await.status, 400);
    assert_eq!(post(&app, "/api/purchases?x=1", &json!({})).await.status, 400);
}

#[tokio::test]
async fn bad_search_bodies_are_named_by_pointer() {
    let app = shop().await;
    let body = json!({"filter": {"and": [{"amount": {"eq": "x"}}, {"secret": {"eq": 1}}], "or": [], "amount": {"near": 1}},
        "limit": 0, "sort": ["x"], "filtr": {}});
    let refused = post(&app, "/api/purchases/search", &body).await;
    assert_eq!(refused.status.as_u16(), 422);
    let mut places: Vec<_> = errors(&refused).into_iter().map(|(place, _)| place).collect();
    places.sort();
    assert_eq!(
        places,
        [
            "#/filter/amount/near",
            "#/filter/and/0/amount/eq",
            "#/filter/and/1/secret",
            "#/filter/or",
            "#/filtr",
            "#/limit",
            "#/sort"
        ]
    );
    let mut deep = json!({"amount": {"eq": 1}});
    for _ in 0..32 {
        deep = json!({"not": deep});
    }
    assert_eq!(post(&app, "/api/purchases/search", &json!({"filter": deep})).await.status, 422);
}

#[tokio::test]
async fn a_condition_that_is_given_twice_is_refused_and_not_dropped() {
    let app = shop().await;
    let body = r#"{"filter": {"number": {"eq": "a"}, "or": [{"amount": {"gt": 1, "gt": 2}}], "number": {"eq": "b"}},
        "fields": ["id"], "fields": ["number"]}"#;
    for (method, path) in [("POST", "/api/purchases/search"), ("QUERY", "/api/purchases")] {
        let refused = send(&app, method, path, &[("content-type", "application/json")], body).await;
        assert_eq!(refused.status, 422, "{method}: {refused:?}");
        let twice = |pointer: &str| (pointer.to_owned(), "duplicate".to_owned());
        let places = ["#/filter/or/0/amount/gt", "#/filter/number", "#/fields"];
        assert_eq!(errors(&refused), places.map(twice), "{method}");
    }
    let body = r#"{"operations": [{"op": "create", "value": {"number": "n", "number": "m"}}]}"#;
    let json = [("content-type", "application/json")];
    let refused = send(&app, "POST", "/api/purchases/batch", &json, body).await;
    assert_eq!(refused.status, 422);
    assert_eq!(errors(&refused)[0].0, "#/operations/0/value/number");
    let body = r#"{"number": "n", "lines": [], "extra": {"a": [{"b": 1, "b": 2}]}}"#;
    let refused = send(&app, "POST", "/api/purchases", &json, body).await.expect(422);
    assert_eq!(errors(&refused), [("#/extra/a/0/b".to_owned(), "duplicate".to_owned())]);
}

#[tokio::test]
async fn no_hint_names_the_word_that_was_refused() {
    let app = shop().await;
    for filter in [json!({"customer": {"or": [{"name": {"eq": "a"}}]}}), json!({"ors": []})] {
        let body = json!({"filter": filter});
        let refused = post(&app, "/api/purchases/search", &body).await.expect(422);
        let detail = refused.json()["errors"][0]["detail"].as_str().unwrap().to_owned();
        let is_nested = filter.get("customer").is_some();
        assert_eq!(detail.contains("did you mean or?"), !is_nested, "{detail}");
    }
    for op in ["restore", "restor"] {
        let body = json!({"operations": [{"op": op, "id": "c1"}]});
        let refused = post(&app, "/api/customers/batch", &body).await.expect(422);
        assert!(!refused.json().to_string().contains("did you mean"), "customers are not restored");
    }
}

#[tokio::test]
async fn shapes_have_tags_of_their_own() {
    let app = shop().await;
    let page = get(&app, "/api/purchases?fields=id,number&include=customer&sort=number&limit=1")
        .await
        .json();
    let item = &page["items"][0];
    assert_eq!(item["customer"]["name"], "Ann", "{page}");
    assert_eq!(item.as_object().unwrap().len(), 3);
    let path = format!("/api/purchases/{}", item["id"].as_str().unwrap());
    let sparse = get(&app, &format!("{path}?fields=number,lines")).await;
    assert_eq!(sparse.json()["lines"].as_array().unwrap().len(), 1);
    assert_eq!(sparse.json().as_object().unwrap().len(), 2);
    assert!(sparse.header("etag").starts_with("\"1."));
    let tag = sparse.header("etag").to_owned();
    let fresh =
        send(&app, "GET", &format!("{path}?fields=number,lines"), &[("if-none-match", &tag)], "")
            .await;
    assert_eq!(
        (fresh.status.as_u16(), fresh.body.len(), fresh.header("etag")),
        (304, 0, tag.as_str())
    );
    assert_eq!(send(&app, "GET", &path, &[("if-none-match", "\"1\"")], "").await.status, 304);
    assert_eq!(send(&app, "GET", &path, &[("if-none-match", "\"2\"")], "").await.status, 200);
}
