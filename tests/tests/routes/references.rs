//! What a write may refer to, and what it may not change.

use framework::{Json, Uuid, serde_json::json};

use crate::league::{batch, created, make, servers, statuses};
use crate::shop::errors;

#[tokio::test]
async fn a_deleted_row_cannot_be_referred_to_anew() {
    for (database, server) in servers().await {
        let client = &server.client;
        let club = make(&server, "clubs", json!({"name": "club"})).await;
        let gone = make(&server, "sponsors", json!({"name": "gone"})).await;
        let here = make(&server, "sponsors", json!({"name": "here"})).await;
        let body = |sponsor: &Json| json!({"club_id": club["id"], "number": 1, "sponsor_id": sponsor["id"]});
        let loyal = make(&server, "players", body(&gone)).await;
        let loyal = format!("/api/players/{}", loyal["id"].as_str().unwrap());
        let poster = make(&server, "posters", json!({"sponsor_id": gone["id"]})).await;
        let poster = format!("/api/posters/{}", poster["id"].as_str().unwrap());
        let other = make(&server, "posters", json!({"sponsor_id": here["id"]})).await;
        let other = format!("/api/posters/{}", other["id"].as_str().unwrap());
        let plain = make(&server, "players", body(&here)).await;
        let plain = format!("/api/players/{}", plain["id"].as_str().unwrap());
        client.delete(&format!("/api/sponsors/{}", gone["id"].as_str().unwrap())).await.expect(204);

        let to_gone = json!({"sponsor_id": gone["id"]});
        let shirt = json!({"shirts": [{"sponsor_id": gone["id"]}]});
        let refused = [
            client.post("/api/players", &body(&gone)).await,
            client.post("/api/posters", &to_gone).await,
            client.patch(&plain, &to_gone).await,
            client.patch(&plain, &shirt).await,
            client.patch(&other, &to_gone).await,
            client.put(&plain, &body(&gone)).await,
            client.put(&other, &to_gone).await,
        ];
        for (index, answer) in refused.into_iter().enumerate() {
            let answer = answer.expect(409);
            let named = ("#/sponsor_id".to_owned(), "missing_reference".to_owned());
            assert_eq!(errors(&answer), [named], "{database} {index}");
        }
        let operations = json!([created(&body(&here)), created(&body(&gone))]);
        let answer = batch(&server, "players", true, operations.clone()).await.expect(409);
        assert_eq!(errors(&answer)[0].0, "#/operations/1/value/sponsor_id", "{database}");
        let answer = batch(&server, "players", false, operations).await.expect(207);
        assert_eq!(statuses(&answer), [201, 409], "{database}");
        let lines = format!("{}\n{}\n", json!({"sponsor_id": here["id"]}), to_gone);
        let import = [("content-type", "application/x-ndjson")];
        let answer = client.send("POST", "/api/posters/batch", &import, lines).await.expect(409);
        assert_eq!(answer.json()["errors"][0]["line"], 2, "{database}: {answer:?}");

        // Who refers to it already may go on.
        client.patch(&loyal, &json!({"number": 2})).await.expect(200);
        client.patch(&loyal, &to_gone).await.expect(200);
        client.patch(&poster, &to_gone).await.expect(200);
        client.put(&loyal, &body(&gone)).await.expect(200);
    }
}

#[tokio::test]
async fn references_are_checked_in_a_constant_number_of_statements() {
    for (database, server) in servers().await {
        let sponsor = make(&server, "sponsors", json!({"name": "here"})).await;
        let mut counted = Vec::new();
        for rows in [2, 40] {
            let operations: Vec<Json> =
                (0..rows).map(|_| created(&json!({"sponsor_id": sponsor["id"]}))).collect();
            let before = server.application.store().statements();
            batch(&server, "posters", true, json!(operations)).await.expect(200);
            counted.push(server.application.store().statements() - before);
        }
        assert_eq!(counted[0], counted[1], "{database}");
        let poster = json!({"sponsor_id": sponsor["id"]});
        let before = server.application.store().statements();
        server.client.post("/api/posters", &poster).await.expect(201);
        assert_eq!(server.application.store().statements() - before, 2, "{database}");
        let before = server.application.store().statements();
        server.client.post("/api/clubs", &json!({"name": "alone"})).await.expect(201);
        assert_eq!(server.application.store().statements() - before, 1, "{database}");
    }
}

#[tokio::test]
async fn a_put_repeats_what_is_set_once_or_is_refused() {
    for (database, server) in servers().await {
        let client = &server.client;
        let club = make(&server, "clubs", json!({"name": "one"})).await;
        let other = make(&server, "clubs", json!({"name": "other"})).await;
        let sponsor = make(&server, "sponsors", json!({"name": "here"})).await;
        let second = make(&server, "sponsors", json!({"name": "second"})).await;
        let whole = json!({
            "club_id": club["id"], "home": "here", "number": 1,
            "shirts": [{"sponsor_id": sponsor["id"]}],
        });
        let player = make(&server, "players", whole.clone()).await;
        let path = format!("/api/players/{}", player["id"].as_str().unwrap());
        let shirt = &player["shirts"][0]["id"];
        let with = |name: &str, value: Json| {
            let mut body = whole.clone();
            body["shirts"] = json!([{"id": shirt, "sponsor_id": sponsor["id"]}]);
            body["number"] = json!(7);
            body[name] = value;
            body
        };
        for (name, value, place) in [
            ("club_id", other["id"].clone(), "#/club_id"),
            ("club_id", json!(Uuid::nil()), "#/club_id"),
            ("home", json!("there"), "#/home"),
            ("home", Json::Null, "#/home"),
            ("shirts", json!([{"id": shirt, "sponsor_id": second["id"]}]), "#/shirts/0/sponsor_id"),
        ] {
            let answer = client.put(&path, &with(name, value)).await.expect(409);
            let named = (place.to_owned(), "set_once".to_owned());
            assert_eq!(errors(&answer), [named], "{database}");
        }
        let shirts = json!({"shirts": [{"id": shirt, "sponsor_id": second["id"]}]});
        client.patch(&path, &shirts).await.expect(409);
        // Whoever has not seen the row as it is, is told that first.
        let stale = [("if-match", "\"0\""), ("content-type", "application/json")];
        for (method, body) in [
            ("PUT", with("home", json!("there"))),
            ("PATCH", shirts),
            ("PATCH", json!({"shirts": [{"id": Uuid::nil(), "sponsor_id": sponsor["id"]}]})),
        ] {
            let answer = client.send(method, &path, &stale, body.to_string()).await.expect(412);
            assert_eq!(answer.header("etag"), "\"1\"", "{database}");
        }
        assert_eq!(client.get(&path).await.expect(200).json(), player, "{database}");
        let answer = client.put(&path, &with("number", json!(8))).await.expect(200);
        assert_eq!(answer.json()["number"], 8, "{database}");
    }
}

#[tokio::test]
async fn a_write_answers_children_in_the_order_of_a_read() {
    for (database, server) in servers().await {
        let club = make(&server, "clubs", json!({"name": "one"})).await;
        let sponsor = make(&server, "sponsors", json!({"name": "here"})).await;
        let shirt = json!({"sponsor_id": sponsor["id"]});
        let whole = json!({"club_id": club["id"], "number": 1, "shirts": [shirt, shirt]});
        let player = make(&server, "players", whole).await;
        let path = format!("/api/players/{}", player["id"].as_str().unwrap());
        let named =
            |at: usize| json!({"id": player["shirts"][at]["id"], "sponsor_id": sponsor["id"]});
        for shirts in [json!([named(1), named(0)]), json!([shirt, named(1), named(0)])] {
            let count = shirts.as_array().unwrap().len();
            let written = server.client.patch(&path, &json!({ "shirts": shirts })).await;
            let written = written.expect(200).json();
            assert_eq!(written["shirts"].as_array().unwrap().len(), count, "{database}");
            assert_eq!(written, server.client.get(&path).await.json(), "{database}");
        }
    }
}
