//! Placing an order, one at a time.

use framework::serde_json::json;
use framework::{Json, Uuid};

use crate::shop::{Database, Outcome, Outside, Shop, place, row_path};

pub(crate) async fn placing_an_order_takes_stock_then_charges_and_confirms(
    database: Database,
) -> Outcome {
    let shop = Shop::open(&database, Outside::default()).await?;
    let (product, customer) = shop.furnish(5).await;
    let order = shop.order(&product, &customer, 3).await;
    assert_eq!(order["total_cents"], 4500, "the server computes the total");
    assert_eq!(order["lines"][0]["unit_price_cents"], 1500);

    let placed = shop.app.client.post(&place(&order), &Json::Null).await.expect(200);
    assert_eq!(placed.header("etag"), "\"2\"");
    assert_eq!(placed.json()["status"], "placed");
    assert_eq!(placed.json()["paid_at"], Json::Null, "the charge waits for the commit");
    assert_eq!(shop.on_hand().await, 2);
    shop.app.application.settle().await;
    assert_eq!(*shop.outside.charged.lock().unwrap(), [4500]);
    assert_ne!(shop.read(&order).await["paid_at"], Json::Null);
    let letters = shop.outside.letters.lock().unwrap().clone();
    let [(to, text)] = letters.as_slice() else { panic!("not one letter: {letters:?}") };
    assert!(to == "ada@example.org" && text.ends_with("4500 cents is placed."), "{to}: {text}");

    shop.app.client.post(&place(&order), &Json::Null).await.expect(409);
    assert_eq!(shop.on_hand().await, 2, "a placed order takes nothing again");
    Ok(())
}

pub(crate) async fn placing_can_be_tried_without_anything_being_kept_or_charged(
    database: Database,
) -> Outcome {
    let shop = Shop::open(&database, Outside::default()).await?;
    let (product, customer) = shop.furnish(5).await;
    let order = shop.order(&product, &customer, 3).await;
    let dry = [("prefer", "tx=rollback"), ("idempotency-key", "tried")];
    let tried = shop.app.client.send("POST", &place(&order), &dry, "").await.expect(200);
    assert_eq!(tried.header("preference-applied"), "tx=rollback");
    assert_eq!(tried.json()["status"], "placed");
    shop.app.application.settle().await;
    assert_eq!(shop.read(&order).await["status"], "draft");
    assert_eq!(shop.on_hand().await, 5);
    assert!(shop.outside.charged.lock().unwrap().is_empty());
    let quiet = [("prefer", "return=minimal")];
    let quiet = shop.app.client.send("POST", &place(&order), &quiet, "").await.expect(204);
    assert_eq!(quiet.header("etag"), "\"2\"");
    Ok(())
}

pub(crate) async fn placing_minds_whatever_the_request_says(database: Database) -> Outcome {
    let shop = Shop::open(&database, Outside::default()).await?;
    let (product, customer) = shop.furnish(5).await;
    let order = shop.order(&product, &customer, 3).await;
    let path = place(&order);
    let send = async |path: &str, headers: &[(&str, &str)], body: &'static str| {
        shop.app.client.send("POST", path, headers, body).await
    };
    let stale = send(&path, &[("if-match", "\"99\"")], "").await.expect(412);
    assert_eq!(stale.header("etag"), "\"1\"");
    send(&path, &[("if-match", "99")], "").await.expect(400);
    send(&path, &[("if-none-match", "\"1\"")], "").await.expect(412);
    send(&path, &[("accept", "text/csv")], "").await.expect(406);
    send(&path, &[("prefer", "handling=strict, colour=red")], "").await.expect(400);
    let query = send(&format!("{path}?dry_run=true"), &[], "").await.expect(400).json();
    assert_eq!(query["errors"][0]["parameter"], "dry_run");
    let json = [("content-type", "application/json")];
    let body = send(&path, &json, "{\"quantity\":5}").await.expect(400);
    assert_eq!(body.codes(), ["unexpected"]);
    let id = send("/api/orders/zzz/place", &[], "").await.expect(400).json();
    assert_eq!(
        (&id["type"], &id["errors"][0]["parameter"]),
        (&json!("/problems/bad-request"), &json!("id"))
    );
    send(&format!("/api/orders/{}/place", Uuid::now_v7()), &[], "").await.expect(404);
    assert_eq!(shop.read(&order).await["status"], "draft");
    assert_eq!(shop.on_hand().await, 5);
    send(&path, &[("if-match", "\"1\"")], "").await.expect(200);
    Ok(())
}

pub(crate) async fn more_than_the_stock_cannot_be_placed(database: Database) -> Outcome {
    let shop = Shop::open(&database, Outside::default()).await?;
    let (product, customer) = shop.furnish(2).await;
    let order = shop.order(&product, &customer, 3).await;
    shop.app.client.post(&place(&order), &Json::Null).await.expect(409);
    assert_eq!(shop.on_hand().await, 2);
    Ok(())
}

pub(crate) async fn what_is_not_offered_any_more_cannot_be_placed(database: Database) -> Outcome {
    let shop = Shop::open(&database, Outside::default()).await?;
    let (product, customer) = shop.furnish(5).await;
    let order = shop.order(&product, &customer, 3).await;
    shop.patch("products", &product, json!({"active": false})).await.expect(200);
    let refused = shop.app.client.post(&place(&order), &Json::Null).await.expect(409).json();
    let detail = refused["detail"].as_str().unwrap();
    assert!(detail.ends_with("is not offered any more"), "{detail}");
    shop.patch("products", &product, json!({"active": true})).await.expect(200);

    shop.patch("stocks", &shop.stock().await, json!({"on_hand": 0})).await.expect(200);
    shop.app.client.delete(&row_path("products", &product)).await.expect(204);
    shop.app.client.post(&place(&order), &Json::Null).await.expect(409);
    assert_eq!(shop.read(&order).await["status"], "draft");
    Ok(())
}

pub(crate) async fn a_changed_price_is_seen_before_it_is_paid(database: Database) -> Outcome {
    let shop = Shop::open(&database, Outside::default()).await?;
    let (product, customer) = shop.furnish(5).await;
    let order = shop.order(&product, &customer, 3).await;
    shop.patch("products", &product, json!({"price_cents": 1600})).await.expect(200);
    let refused = shop.app.client.post(&place(&order), &Json::Null).await.expect(409).json();
    assert!(refused["detail"].as_str().unwrap().contains("costs 1600 cents now"), "{refused}");
    assert_eq!(shop.on_hand().await, 5);

    let saved = shop.patch("orders", &order, json!({})).await.expect(200).json();
    assert_eq!((&saved["total_cents"], &saved["status"]), (&json!(4800), &json!("draft")));
    shop.app.client.post(&place(&order), &Json::Null).await.expect(200);
    shop.app.application.settle().await;
    assert_eq!(*shop.outside.charged.lock().unwrap(), [4800]);
    shop.patch("products", &product, json!({"price_cents": 1700})).await.expect(200);
    shop.patch("orders", &order, json!({})).await.expect(200);
    assert_eq!(shop.read(&order).await["total_cents"], 4800, "the price when it was ordered");
    Ok(())
}

pub(crate) async fn a_customer_who_left_places_no_order(database: Database) -> Outcome {
    let shop = Shop::open(&database, Outside::default()).await?;
    let (product, customer) = shop.furnish(5).await;
    let order = shop.order(&product, &customer, 3).await;
    shop.app.client.delete(&row_path("customers", &customer)).await.expect(204);
    shop.app.client.post(&place(&order), &Json::Null).await.expect(409);
    assert_eq!(shop.on_hand().await, 5);
    Ok(())
}
