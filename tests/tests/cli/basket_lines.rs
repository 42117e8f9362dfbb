#[framework::tokio::test(crate = "framework::tokio")]
async fn lines_are_written_with_their_basket() -> Result<(), ConfigError> {
    let app = TestApp::start(my_shop::app()?).await;
    let client = &app.client;
    let path = format!("{}/baskets", app.prefix);
    let body = json!({ "label": "a", "lines": [{ "quantity": 1 }, { "quantity": 2 }] });
    let made = client.post(&path, &body).await.expect(201).json();
    let row = format!("{path}/{}", made["id"].as_str().unwrap_or_default());
    assert_eq!(client.get(&row).await.expect(200).json(), made);
    assert_eq!(client.get(&path).await.expect(200).json()["items"][0], made);

    // A known line is changed, one without an id is new, one that is not named is gone.
    let kept = &made["lines"][0]["id"];
    let lines = json!({ "lines": [{ "id": kept, "quantity": 7 }, { "quantity": 8 }] });
    let changed = client.patch(&row, &lines).await.expect(200).json();
    assert_eq!(client.get(&row).await.expect(200).json(), changed);
    assert_eq!(quantities(&changed), [7, 8]);
    assert_eq!(changed["lines"][0]["id"], *kept);
    let whole = json!({ "label": "b", "lines": [{ "id": kept, "quantity": 9 }] });
    let replaced = client.put(&row, &whole).await.expect(200).json();
    assert_eq!(client.get(&row).await.expect(200).json(), replaced);
    assert_eq!(quantities(&replaced), [9]);
    assert_eq!(replaced["lines"][0]["id"], *kept);

    let wrong = json!({ "label": "c", "lines": [{ "quantity": 1 }, { "quantity": 0 }] });
    let refused = client.post(&path, &wrong).await.expect(422);
    assert_eq!(refused.pointers(), ["#/lines/1/quantity"]);
    client.delete(&row).await.expect(204);
    client.send("POST", &format!("{row}/restore"), &[], "").await.expect(200);
    client.delete(&row).await.expect(204);
    client.send("POST", &format!("{row}/purge"), &[], "").await.expect(204);
    // With the basket its lines are gone: an id of theirs names nothing.
    client.post(&path, &whole).await.expect(409);
    let again = json!({ "label": "b", "lines": [{ "quantity": 9 }] });
    client.post(&path, &again).await.expect(201);
    Ok(())
}

fn quantities(basket: &Json) -> Vec<i64> {
    let lines = basket["lines"].as_array().into_iter().flatten();
    lines.filter_map(|line| line["quantity"].as_i64()).collect()
}
