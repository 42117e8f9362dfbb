//! The rules of orders, categories, products and stock.

use framework::serde_json::json;
use framework::{Json, Uuid};

use crate::shop::{Database, Outcome, Outside, Shop, path, row_path};

pub(crate) async fn lines_are_created_replaced_and_kept_by_id(database: Database) -> Outcome {
    let shop = Shop::open(&database, Outside::default()).await?;
    let (product, customer) = shop.furnish(5).await;
    let order = shop.order(&product, &customer, 1).await;
    let line = order["lines"][0]["id"].clone();

    let patch = json!({"lines": [
        {"id": line, "product_id": product["id"], "quantity": 4},
        {"product_id": product["id"], "quantity": 1},
    ]});
    let changed = shop.app.client.patch(&path(&order), &patch).await.expect(200).json();
    assert_eq!(changed["lines"].as_array().unwrap().len(), 2);
    assert_eq!(changed["lines"][0]["id"], line, "a line named by its id is kept");
    assert_eq!(changed["total_cents"], 7500);
    assert_eq!(changed["version"], 2, "the aggregate has one version");

    let untouched = shop.app.client.patch(&path(&order), &json!({})).await.expect(200).json();
    assert_eq!(
        untouched["lines"].as_array().unwrap().len(),
        2,
        "a patch without lines leaves them"
    );

    let emptied =
        shop.app.client.patch(&path(&order), &json!({"lines": []})).await.expect(200).json();
    assert_eq!(emptied["lines"], json!([]));
    assert_eq!(emptied["total_cents"], 0);
    Ok(())
}

pub(crate) async fn a_wrong_line_is_named_and_nothing_is_written(database: Database) -> Outcome {
    let shop = Shop::open(&database, Outside::default()).await?;
    let (product, customer) = shop.furnish(5).await;
    let lines = json!([
        {"product_id": product["id"], "quantity": 1},
        {"product_id": product["id"], "quantity": 0},
    ]);
    let body = json!({"customer_id": customer["id"], "lines": lines});
    let answer = shop.app.client.post("/api/orders", &body).await.expect(422);
    assert_eq!(answer.pointers(), ["#/lines/1/quantity"]);
    let lines = json!([{"product_id": Uuid::now_v7(), "quantity": 1}]);
    let body = json!({"customer_id": customer["id"], "lines": lines});
    let answer = shop.app.client.post("/api/orders", &body).await.expect(409);
    assert_eq!(answer.pointers(), ["#/lines/0/product_id"]);
    let orders = shop.app.client.get("/api/orders").await.expect(200).json();
    assert_eq!(orders["items"], json!([]));
    Ok(())
}

pub(crate) async fn orders_follow_their_transitions(database: Database) -> Outcome {
    let shop = Shop::open(&database, Outside::default()).await?;
    let (product, customer) = shop.furnish(5).await;
    let order = shop.order(&product, &customer, 1).await;
    shop.app.client.patch(&path(&order), &json!({"status": "shipped"})).await.expect(409);
    shop.app.client.patch(&path(&order), &json!({"status": "cancelled"})).await.expect(200);
    shop.app.client.patch(&path(&order), &json!({"status": "draft"})).await.expect(409);
    shop.app.client.delete(&path(&order)).await.expect(204);
    Ok(())
}

pub(crate) async fn a_category_is_never_its_own_ancestor(database: Database) -> Outcome {
    let shop = Shop::open(&database, Outside::default()).await?;
    let root = shop.make("/api/categories", json!({"name": "Root"})).await;
    let leaf = shop.make("/api/categories", json!({"name": "Leaf", "parent_id": root["id"]})).await;
    let path = format!("/api/categories/{}", root["id"].as_str().unwrap());
    let answer = shop.app.client.patch(&path, &json!({"parent_id": leaf["id"]})).await.expect(422);
    assert_eq!(answer.codes(), ["cycle"]);
    Ok(())
}

pub(crate) async fn two_categories_do_not_become_each_others_parent_in_one_batch(
    database: Database,
) -> Outcome {
    let shop = Shop::open(&database, Outside::default()).await?;
    let one = shop.make("/api/categories", json!({"name": "One"})).await["id"].clone();
    let two = shop.make("/api/categories", json!({"name": "Two"})).await["id"].clone();
    let below = |id: &Json, parent: &Json| json!({"op": "update", "id": id, "value": {"parent_id": parent}});
    let operations = json!([below(&one, &two), below(&two, &one)]);
    let client = &shop.app.client;
    let answer = client.post("/api/categories/batch", &json!({"operations": operations})).await;
    assert_eq!(answer.expect(422).pointers(), ["#/operations/1/value/parent_id"]);
    let each = json!({"atomic": false, "operations": operations});
    let answer = client.post("/api/categories/batch", &each).await.expect(207).json();
    assert_eq!(
        (&answer["results"][0]["status"], &answer["results"][1]["status"]),
        (&json!(200), &json!(422))
    );
    Ok(())
}

pub(crate) async fn a_product_in_stock_is_not_taken_out_of_the_shop(database: Database) -> Outcome {
    let shop = Shop::open(&database, Outside::default()).await?;
    let (product, _) = shop.furnish(1).await;
    let path = format!("/api/products/{}", product["id"].as_str().unwrap());
    shop.app.client.delete(&path).await.expect(409);
    Ok(())
}

pub(crate) async fn a_dangling_reference_is_named(database: Database) -> Outcome {
    let shop = Shop::open(&database, Outside::default()).await?;
    let body = json!({"sku": "A", "name": "A", "price_cents": 1, "category_id": Uuid::now_v7()});
    let answer = shop.app.client.post("/api/products", &body).await.expect(409);
    assert_eq!(answer.pointers(), ["#/category_id"]);
    Ok(())
}

/// So many categories, each below the one before it.
async fn chain(shop: &Shop, name: &str, length: usize) -> Vec<Json> {
    let mut chain: Vec<Json> = Vec::new();
    for level in 0..length {
        let parent = chain.last().map_or(Json::Null, |above| above["id"].clone());
        let category = json!({"name": format!("{name} {level}"), "parent_id": parent});
        chain.push(shop.make("/api/categories", category).await);
    }
    chain
}

pub(crate) async fn categories_are_not_moved_too_deep_with_what_is_below_them(
    database: Database,
) -> Outcome {
    let shop = Shop::open(&database, Outside::default()).await?;
    let (tall, other) = (chain(&shop, "Tall", 6).await, chain(&shop, "Other", 5).await);
    let moved = json!({"parent_id": other[4]["id"]});
    let refused = shop.patch("categories", &tall[0], moved.clone()).await.expect(422);
    assert_eq!(
        (refused.codes(), refused.pointers()),
        (vec!["too_deep".into()], vec!["#/parent_id".into()])
    );
    shop.patch("categories", &tall[1], moved).await.expect(200);
    let deeper = json!({"name": "Deeper", "parent_id": tall[5]["id"]});
    let refused = shop.app.client.post("/api/categories", &deeper).await.expect(422);
    assert_eq!(refused.codes(), ["too_deep"]);
    Ok(())
}

pub(crate) async fn a_category_that_stays_where_it_is_can_be_renamed(
    database: Database,
) -> Outcome {
    let shop = Shop::open(&database, Outside::default()).await?;
    let tree = chain(&shop, "Level", 10).await;
    let renamed = json!({"name": "Cellar", "parent_id": tree[8]["id"]});
    let renamed = shop.patch("categories", &tree[9], renamed).await.expect(200).json();
    assert_eq!(renamed["name"], "Cellar");
    Ok(())
}

pub(crate) async fn a_product_out_of_the_shop_gets_no_new_stock(database: Database) -> Outcome {
    let shop = Shop::open(&database, Outside::default()).await?;
    let (product, _) = shop.furnish(0).await;
    let stock = shop.stock().await;
    shop.app.client.delete(&row_path("products", &product)).await.expect(204);
    let refused = shop.patch("stocks", &stock, json!({"on_hand": 1})).await.expect(409);
    assert_eq!(refused.pointers(), ["#/on_hand"]);
    shop.app
        .client
        .post(&format!("{}/restore", row_path("products", &product)), &Json::Null)
        .await
        .expect(200);
    shop.patch("stocks", &stock, json!({"on_hand": 1})).await.expect(200);
    Ok(())
}

pub(crate) async fn stock_that_was_deleted_is_there_again_when_an_order_gives_it_back(
    database: Database,
) -> Outcome {
    let shop = Shop::open(&database, Outside::default()).await?;
    let (product, customer) = shop.furnish(5).await;
    let order = shop.placed(&product, &customer, 3).await;
    shop.app.client.delete(&row_path("stocks", &shop.stock().await)).await.expect(204);
    shop.patch("orders", &order, json!({"status": "cancelled"})).await.expect(200);
    let stock = shop.stock().await;
    assert_eq!((&stock["product_id"], &stock["on_hand"]), (&product["id"], &json!(3)));
    Ok(())
}
