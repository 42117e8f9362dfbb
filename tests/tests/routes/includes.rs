//! Relations of relations, in includes and in filters: how deep, how many, whose, and at what cost.

use std::sync::Arc;

use framework::adapters::persistence::ddl;
use framework::serde_json::json;
use framework::testing::{Client, TestApp};
use framework::{Action, AllowAll, App, Context, Entity, Error, Json, Module, Policy, Scope, Uuid};

use crate::shop::{self, errors};

#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(has_many(books: Book, key = "author_id"), include(depth = 2, limit = 3), filter(depth = 2))]
pub(crate) struct Author {
    #[entity(id)]
    pub id: Uuid,
    #[entity(sort, length(1..=40))]
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(has_many(reviews: Review, key = "book_id"), include(limit = 2))]
pub(crate) struct Book {
    #[entity(id)]
    pub id: Uuid,
    #[entity(filter)]
    pub title: String,
    #[entity(belongs_to = Author, filter)]
    pub author_id: Uuid,
}

#[derive(Debug, Clone, PartialEq, Entity)]
pub(crate) struct Review {
    #[entity(id)]
    pub id: Uuid,
    #[entity(tenant, filter)]
    pub tenant: String,
    #[entity(belongs_to = Book, filter)]
    pub book_id: Uuid,
}

/// Everybody reads only the reviews of their own tenant.
struct OwnTenant;

impl Policy<Review> for OwnTenant {
    fn scope(&self, context: &Context, _action: Action) -> Result<Scope<Review>, Error> {
        Ok(Scope::only(Review::TENANT.eq(context.tenant.clone().unwrap_or_default())))
    }
}

async fn libraries() -> Vec<(&'static str, TestApp)> {
    let library = || {
        let module = Module::new("library")
            .entity::<Author>(AllowAll)
            .entity::<Book>(AllowAll)
            .entity::<Review>(OwnTenant);
        App::from_env("library").unwrap().module(module)
    };
    let mut apps = vec![("SQLite", TestApp::start(library()).await)];
    if let Some(url) = tests::support::postgres().await {
        apps.push(("PostgreSQL", TestApp::on(library(), &url).await));
    }
    for (_, app) in &apps {
        let schemas = [Author::schema(), Book::schema(), Review::schema()];
        ddl::create_all(&schemas, app.application.store()).await.unwrap();
    }
    apps
}

fn of(app: &TestApp, tenant: &str) -> Client {
    let context = Arc::new(Context { tenant: Some(tenant.to_owned()), ..Context::anonymous() });
    Client::new(app.application.router().layer(framework::axum::Extension(context)))
}

async fn made(client: &Client, path: &str, body: Json) -> Json {
    client.post(path, &body).await.expect(201).json()["id"].clone()
}

/// An author of four books with three reviews each, one of them of another tenant.
async fn author(app: &TestApp, name: &str) {
    let (mine, theirs) = (of(app, "a"), of(app, "b"));
    let author = made(&mine, "/api/authors", json!({ "name": name })).await;
    for number in 0..4 {
        let title = format!("{name} {number}");
        let book = json!({"title": title, "author_id": author});
        let book = made(&mine, "/api/books", book).await;
        for client in [&theirs, &mine, &mine, &mine] {
            made(client, "/api/reviews", json!({ "book_id": book })).await;
        }
    }
}

#[tokio::test]
async fn two_levels_cost_three_statements_however_many_rows_there_are() {
    for (database, app) in libraries().await {
        let client = of(&app, "a");
        let mut costs = Vec::new();
        for rows in [4, 8, 12] {
            for number in rows - 4..rows {
                author(&app, &format!("Author {number:02}")).await;
            }
            let before = app.application.store().statements();
            let path = "/api/authors?include=books.reviews&sort=name&limit=100&count=exact";
            let page = client.get(path).await.expect(200).json();
            costs.push(app.application.store().statements() - before);
            let authors = page["items"].as_array().unwrap();
            assert_eq!(authors.len(), rows, "{database}");
            for author in authors {
                let books = author["books"].as_array().unwrap();
                assert_eq!(books.len(), 3, "{database}: at most three books of each author");
                for book in books {
                    let name = author["name"].as_str().unwrap();
                    assert!(book["title"].as_str().unwrap().starts_with(name), "{database}");
                    let reviews = book["reviews"].as_array().unwrap();
                    assert_eq!(reviews.len(), 2, "{database}: at most two reviews of each book");
                    assert!(reviews.iter().all(|review| review["tenant"] == "a"), "{database}");
                }
            }
        }
        assert_eq!(costs, [3, 3, 3], "{database}: authors, their books, the reviews of those");
        let strangers = of(&app, "c").get("/api/authors?include=books.reviews").await.json();
        assert_eq!(strangers["items"][0]["books"][0]["reviews"], json!([]), "{database}");
    }
}

#[tokio::test]
async fn includes_go_as_deep_as_the_entity_says_and_no_deeper() {
    let (_, app) = libraries().await.remove(0);
    author(&app, "Ann").await;
    let client = of(&app, "a");
    for (path, code) in [
        ("/api/authors?include=books.reviews.book", "too_deep"),
        ("/api/books?include=reviews.book", "too_deep"),
        ("/api/authors?include=books.nothing", "unknown"),
    ] {
        let answer = client.get(path).await.expect(400);
        assert_eq!(errors(&answer), [("include".to_owned(), code.to_owned())], "{path}");
    }
    let accept = [("accept", "application/x-ndjson")];
    let path = "/api/authors?include=books.reviews";
    let streamed = client.send("GET", path, &accept, "").await.expect(200);
    let line: Json = framework::serde_json::from_slice(&streamed.body).unwrap();
    assert_eq!(line, client.get(path).await.json()["items"][0], "a stream includes as a page does");
}

#[tokio::test]
async fn filters_go_as_deep_as_the_entity_says_and_see_what_the_caller_may_read() {
    for (database, app) in libraries().await {
        for name in ["Ann", "Bob"] {
            author(&app, name).await;
        }
        let client = of(&app, "a");
        let lonely = made(&client, "/api/authors", json!({ "name": "Cid" })).await;
        let book = json!({ "title": "Cid 0", "author_id": lonely });
        let book = made(&client, "/api/books", book).await;
        made(&of(&app, "b"), "/api/reviews", json!({ "book_id": book })).await;

        let names = |page: Json| -> Vec<String> {
            let authors = page["items"].as_array().unwrap().iter();
            authors.map(|author| author["name"].as_str().unwrap().to_owned()).collect()
        };
        for (filter, expected) in [
            ("books__title=Ann%200", vec!["Ann"]),
            ("books__title__ne=Cid%200", vec!["Ann", "Bob"]),
            ("books__reviews__tenant=a", vec!["Ann", "Bob"]),
            // The reviews of another tenant are there, and not for this caller.
            ("books__reviews__tenant=b", vec![]),
            ("books__reviews__tenant__ne=a", vec![]),
            (&format!("books__reviews__book_id={}", book.as_str().unwrap()), vec![]),
        ] {
            let path = format!("/api/authors?sort=name&{filter}");
            let page = client.get(&path).await.expect(200).json();
            assert_eq!(names(page), expected, "{database}: {filter}");
        }
        let reviewed = json!({ "books": { "reviews": { "tenant": { "eq": "a" } } } });
        let body = json!({ "filter": { "not": reviewed }, "sort": ["name"] });
        let page = client.post("/api/authors/search", &body).await.expect(200).json();
        assert_eq!(names(page), ["Cid"], "{database}: the same by the body");
    }
}

#[tokio::test]
async fn filters_deeper_than_the_entity_says_are_unknown() {
    let (_, app) = libraries().await.remove(0);
    let client = of(&app, "a");
    for path in [
        "/api/authors?books__reviews__book__title=x",
        "/api/books?reviews__book__title=x",
        "/api/books?author__books__title=x",
    ] {
        let answer = client.get(path).await.expect(400);
        let name = path.split(['?', '=']).nth(1).unwrap();
        assert_eq!(errors(&answer), [(name.to_owned(), "unknown".to_owned())], "{path}");
    }
    let body = json!({ "filter": { "author": { "books": { "title": { "eq": "x" } } } } });
    let answer = client.post("/api/books/search", &body).await.expect(422);
    let place = "#/filter/author/books".to_owned();
    assert_eq!(errors(&answer), [(place, "unknown".to_owned())]);

    let document = client.get("/openapi.json").await.expect(200).json();
    let parameters = |path: &str| document["paths"][path]["get"]["parameters"].clone();
    let has = |path: &str, name: &str| {
        parameters(path).as_array().unwrap().iter().any(|parameter| parameter["name"] == name)
    };
    assert!(has("/authors", "books__reviews__tenant"));
    assert!(!has("/books", "author__books__title"));
    let filter = &document["components"]["schemas"]["AuthorFilter"]["properties"]["books"];
    assert!(filter["properties"]["reviews"]["properties"]["tenant"].is_object(), "{filter}");
}

#[tokio::test]
async fn related_rows_without_conditions_count_as_conditions() {
    let (_, app) = libraries().await.remove(0);
    let client = of(&app, "a");
    let twenty = |inner: Json| json!({ "or": vec![inner; 20] });
    let body = |filter: Json| json!({ "filter": filter });
    let few = body(twenty(twenty(json!({ "books": {} }))));
    client.post("/api/authors/search", &few).await.expect(200);
    let many = body(twenty(twenty(json!({ "books": { "reviews": {} } }))));
    let answer = client.post("/api/authors/search", &many).await.expect(422);
    assert!(errors(&answer).iter().all(|(_, code)| code == "too_many"));
}

#[tokio::test]
async fn whoever_includes_what_cannot_be_is_told_what_can() {
    let app = shop::app().await;
    for (path, detail) in [
        (
            "customers?include=lines",
            "lines is not a relation of Customer, which has none to include",
        ),
        ("purchases?include=lines", "lines is a part of Purchase, shown without being asked for"),
        ("purchases?include=what", "what is not a relation of Purchase; there are: customer"),
        (
            "purchases?include=customer,what",
            "what is not a relation of Purchase; there are: customer",
        ),
        (
            "purchases?include=custome",
            "custome is not a relation of Purchase; did you mean customer?",
        ),
        ("purchases?include=customer,customer", "at most 1 name"),
    ] {
        let answer = shop::get(&app, &format!("/api/{path}")).await.expect(400);
        assert_eq!(answer.json()["errors"][0]["detail"], detail, "{path}");
    }
}
