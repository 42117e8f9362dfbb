//! Batches are as if their operations came one after another.

use framework::{Json, Uuid, serde_json::json};

use crate::league::{batch, created, make, servers, statuses};
use crate::shop::errors;

#[tokio::test]
async fn what_the_database_refuses_names_its_operation() {
    for (database, server) in servers().await {
        let taken = make(&server, "clubs", json!({"name": "taken"})).await;
        let home = make(&server, "clubs", json!({"name": "home"})).await;
        make(&server, "players", json!({"club_id": home["id"], "number": 1})).await;
        let fine = created(&json!({"name": "fine"}));
        let nobody = Uuid::now_v7();
        let cases = [
            ("clubs", json!([fine, created(&json!({"name": "taken"}))]), "/value/name"),
            (
                "clubs",
                json!([fine, created(&json!({"name": "x", "above_id": nobody}))]),
                "/value/above_id",
            ),
            (
                "clubs",
                json!([fine, {"op": "update", "id": home["id"], "value": {"name": "taken"}}]),
                "/value/name",
            ),
            ("clubs", json!([fine, {"op": "delete", "id": home["id"]}]), ""),
            (
                "players",
                json!([
                    created(&json!({"club_id": taken["id"], "number": 2})),
                    created(&json!({"club_id": nobody, "number": 3})),
                ]),
                "/value/club_id",
            ),
        ];
        for (plural, operations, place) in cases {
            let answer = batch(&server, plural, true, operations.clone()).await.expect(409);
            let places: Vec<String> = errors(&answer).into_iter().map(|(place, _)| place).collect();
            assert_eq!(places, [format!("#/operations/1{place}")], "{database} {operations}");
            let answer = batch(&server, plural, false, operations).await.expect(207);
            assert_eq!(statuses(&answer), [201, 409], "{database}");
            if plural == "clubs" {
                let made = answer.json()["results"][0]["value"]["id"].clone();
                let path = format!("/api/clubs/{}", made.as_str().unwrap());
                server.client.delete(&path).await.expect(204);
            }
        }
    }
}

#[tokio::test]
async fn operations_happen_as_if_one_after_another() {
    for (database, server) in servers().await {
        for atomic in [true, false] {
            let club = make(&server, "clubs", json!({"name": "a"})).await;
            let id = &club["id"];
            let answer = batch(
                &server,
                "clubs",
                atomic,
                json!([
                    {"op": "update", "id": id, "if_match": "\"1\"", "value": {"name": "b"}},
                    {"op": "update", "id": id, "if_match": "\"2\"", "value": {"name": "c"}},
                    created(&json!({"name": "a"})),
                    {"op": "delete", "id": id},
                    created(&json!({"name": "c"})),
                ]),
            )
            .await;
            assert_eq!(statuses(&answer), [200, 200, 201, 204, 201], "{database}: {answer:?}");
            let results = answer.json()["results"].clone();
            let ids = [&results[2]["value"]["id"], &results[4]["value"]["id"]];
            // Different rows: only their unique names meet.
            let swap = json!([
                {"op": "delete", "id": ids[0]},
                {"op": "update", "id": ids[1], "value": {"name": "a"}},
            ]);
            let answer = batch(&server, "clubs", atomic, swap).await;
            assert_eq!(statuses(&answer), [204, 200], "{database}: {answer:?}");
            // A row that goes is not there for those behind it.
            let below = json!({"name": "below", "above_id": ids[1]});
            let answer = batch(
                &server,
                "clubs",
                atomic,
                json!([{"op": "delete", "id": ids[1]}, created(&below)]),
            )
            .await;
            if atomic {
                let place = "#/operations/1/value/above_id".to_owned();
                assert_eq!(errors(&answer)[0].0, place, "{database}: {answer:?}");
                let path = format!("/api/clubs/{}", ids[1].as_str().unwrap());
                server.client.delete(&path).await.expect(204);
            } else {
                assert_eq!(statuses(&answer), [204, 409], "{database}: {answer:?}");
            }
        }
    }
}

#[tokio::test]
async fn rows_that_refer_to_each_other_are_deleted_in_the_order_given() {
    for (database, server) in servers().await {
        let above = make(&server, "clubs", json!({"name": "above"})).await;
        let body = json!({"name": "below", "above_id": above["id"]});
        let below = make(&server, "clubs", body).await;
        let deletes = |rows: [&Json; 2]| {
            let operations = rows.map(|row| json!({"op": "delete", "id": row["id"]}));
            json!(operations)
        };
        let refused = batch(&server, "clubs", true, deletes([&above, &below])).await.expect(409);
        assert_eq!(errors(&refused)[0].0, "#/operations/0", "{database}");
        let answer = batch(&server, "clubs", true, deletes([&below, &above])).await;
        assert_eq!(statuses(&answer), [204, 204], "{database}: {answer:?}");
    }
}

#[tokio::test]
async fn a_rule_sees_what_followed_the_operations_before() {
    for (database, server) in servers().await {
        let stand = make(&server, "stands", json!({"free": 2})).await;
        let seat = created(&json!({"stand_id": stand["id"]}));
        let three = json!([seat, seat, seat]);
        let answer = batch(&server, "seats", true, three.clone()).await.expect(409);
        assert_eq!(errors(&answer)[0].0, "#/operations/2", "{database}");
        let answer = batch(&server, "seats", false, three).await.expect(207);
        assert_eq!(statuses(&answer), [201, 201, 409], "{database}");
        let path = format!("/api/stands/{}", stand["id"].as_str().unwrap());
        assert_eq!(server.client.get(&path).await.expect(200).json()["free"], 0, "{database}");
    }
}

#[tokio::test]
async fn a_key_that_one_operation_gives_up_is_free_for_those_behind_it_only() {
    for (database, server) in servers().await {
        for atomic in [true, false] {
            let (mut ids, names) = (Vec::new(), ["one", "two"]);
            for name in names {
                let name = format!("{name} {atomic}");
                ids.push(make(&server, "clubs", json!({ "name": name })).await["id"].clone());
            }
            let named = |at: usize| format!("{} {atomic}", names[at]);
            let rename = |at: usize, name: &str| json!({"op": "update", "id": ids[at], "value": {"name": name}});
            // Whichever row the database looks at first.
            for (taker, giver) in [(0, 1), (1, 0)] {
                let early = json!([rename(taker, &named(giver)), rename(giver, "given up")]);
                let answer = batch(&server, "clubs", atomic, early).await;
                if atomic {
                    let place = "#/operations/0/value/name".to_owned();
                    assert_eq!(
                        errors(&answer.expect(409)),
                        [(place, "duplicate".to_owned())],
                        "{database}"
                    );
                } else {
                    assert_eq!(statuses(&answer), [409, 200], "{database}");
                    let back = json!([rename(giver, &named(giver)), rename(taker, &named(taker))]);
                    batch(&server, "clubs", true, back).await.expect(200);
                }
                let late = json!([rename(giver, "given up"), rename(taker, &named(giver))]);
                batch(&server, "clubs", atomic, late).await;
                let back = json!([rename(taker, &named(taker)), rename(giver, &named(giver))]);
                let answer = batch(&server, "clubs", atomic, back).await;
                assert_eq!(statuses(&answer), [200, 200], "{database}: the right order is done");
            }
            let gone = json!([rename(0, &named(1)), {"op": "delete", "id": ids[1]}]);
            let answer = batch(&server, "clubs", atomic, gone).await;
            assert!(
                answer.status == 409 || statuses(&answer) == [409, 204],
                "{database}: {answer:?}"
            );
        }
    }
}

#[tokio::test]
async fn each_failure_points_into_its_own_operation() {
    for (database, server) in servers().await {
        make(&server, "clubs", json!({"name": "taken"})).await;
        let operations = json!([
            created(&json!({"name": ""})),
            created(&json!({"name": "taken"})),
            {"op": "create", "value": {"name": "fine"}},
        ]);
        let results = batch(&server, "clubs", false, operations).await.expect(207).json();
        for index in [0, 1] {
            let place = &results["results"][index]["problem"]["errors"][0]["pointer"];
            assert_eq!(place, "#/value/name", "{database}");
        }
        for (operation, code) in [(json!({}), "required"), (json!({"op": 5}), "type")] {
            let answer = batch(&server, "clubs", true, json!([operation])).await.expect(422);
            assert_eq!(errors(&answer), [("#/operations/0/op".to_owned(), code.to_owned())]);
        }
    }
}

#[tokio::test]
async fn a_row_that_is_not_deleted_is_not_said_to_be_missing() {
    for (database, server) in servers().await {
        let one = make(&server, "sponsors", json!({"name": "one"})).await;
        let two = make(&server, "sponsors", json!({"name": "two"})).await;
        let restore = json!([
            {"op": "restore", "id": one["id"]},
            {"op": "update", "id": two["id"], "value": {"name": "2"}},
        ]);
        let answer = batch(&server, "sponsors", true, restore).await.expect(404).json();
        let detail = answer["detail"].as_str().unwrap();
        assert!(detail.ends_with("is not deleted"), "{database}: {detail}");
    }
}

#[tokio::test]
async fn a_batch_says_which_rows_it_made_also_where_it_says_little() {
    for (database, server) in servers().await {
        let body = json!({"operations": [created(&json!({"name": "a"}))]}).to_string();
        let headers = [("content-type", "application/json"), ("prefer", "return=minimal")];
        let answer = server.client.send("POST", "/api/clubs/batch", &headers, body).await;
        let result = answer.expect(200).json()["results"][0].clone();
        let path = format!("/api/clubs/{}", result["id"].as_str().unwrap_or_default());
        server.client.get(&path).await.expect(200);
        assert!(result["value"].is_null(), "{database}: {result}");
    }
}

#[tokio::test]
async fn what_the_body_of_a_batch_says_goes_over_the_query() {
    for (database, server) in servers().await {
        let body = json!({"atomic": false, "operations": [created(&json!({"name": "a"}))]});
        let answer = server.client.post("/api/clubs/batch?atomic=true", &body).await;
        assert_eq!(answer.status, 207, "{database}: {answer:?}");
    }
}
