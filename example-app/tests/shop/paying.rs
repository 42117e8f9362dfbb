//! Who is charged, and who gets the money back.

use framework::Json;
use framework::serde_json::json;

use crate::shop::{Database, Outcome, Outside, Shop, path, place};

pub(crate) async fn an_order_placed_twice_with_one_key_is_charged_once(
    database: Database,
) -> Outcome {
    let shop = Shop::open(&database, Outside::default()).await?;
    let (product, customer) = shop.furnish(5).await;
    let order = shop.order(&product, &customer, 3).await;
    let place = async || {
        let key = [("idempotency-key", "the-answer-got-lost")];
        shop.app.client.send("POST", &place(&order), &key, "").await.expect(200)
    };
    let (first, second) = (place().await, place().await);
    assert_eq!(first.json(), second.json());
    assert_eq!(second.header("idempotency-replayed"), "true");
    assert_eq!(second.header("etag"), first.header("etag"));
    shop.app.application.settle().await;
    assert_eq!(shop.on_hand().await, 2);
    assert_eq!(*shop.outside.charged.lock().unwrap(), [4500]);
    Ok(())
}

pub(crate) async fn a_declined_payment_cancels_the_order_and_gives_the_stock_back(
    database: Database,
) -> Outcome {
    let shop = Shop::open(&database, Outside { declines: true, ..Outside::default() }).await?;
    let (product, customer) = shop.furnish(5).await;
    let order = shop.order(&product, &customer, 3).await;
    shop.app.client.post(&place(&order), &Json::Null).await.expect(200);
    shop.app.application.settle().await;
    let after = shop.read(&order).await;
    assert_eq!((&after["status"], &after["paid_at"]), (&json!("cancelled"), &Json::Null));
    assert_eq!(shop.on_hand().await, 5);
    let letters = shop.outside.letters.lock().unwrap().clone();
    assert!(letters.last().unwrap().1.ends_with("is cancelled."), "{letters:?}");
    Ok(())
}

pub(crate) async fn an_order_whose_payment_failed_is_found_as_waiting_for_it(
    database: Database,
) -> Outcome {
    let shop = Shop::open(&database, Outside { fails: true, ..Outside::default() }).await?;
    let (product, customer) = shop.furnish(5).await;
    let order = shop.order(&product, &customer, 3).await;
    shop.app.client.post(&place(&order), &Json::Null).await.expect(200);
    shop.app.application.settle().await;
    let waiting = shop.app.client.get("/api/orders?status=placed&paid_at__isnull=true").await;
    assert_eq!(waiting.expect(200).json()["items"][0]["id"], order["id"]);
    Ok(())
}

pub(crate) async fn a_paid_order_that_is_cancelled_is_paid_back_and_kept(
    database: Database,
) -> Outcome {
    let shop = Shop::open(&database, Outside::default()).await?;
    let (product, customer) = shop.furnish(5).await;
    let order = shop.placed(&product, &customer, 3).await;
    assert_ne!(order["paid_at"], Json::Null);
    shop.patch("orders", &order, json!({"status": "cancelled"})).await.expect(200);
    shop.app.application.settle().await;
    assert_eq!(*shop.outside.refunded.lock().unwrap(), [4500]);
    assert_eq!(shop.on_hand().await, 5);
    shop.app.client.delete(&path(&order)).await.expect(409);
    Ok(())
}

pub(crate) async fn an_order_cancelled_before_the_bank_is_asked_is_not_charged(
    database: Database,
) -> Outcome {
    let slow = Outside { slow: Some(Default::default()), ..Outside::default() };
    let shop = Shop::open(&database, slow).await?;
    let (product, customer) = shop.furnish(5).await;
    // The bank takes its time for the first, so that the second waits.
    let first = shop.order(&product, &customer, 1).await;
    let second = shop.order(&product, &customer, 2).await;
    for order in [&first, &second] {
        shop.app.client.post(&place(order), &Json::Null).await.expect(200);
    }
    let (begun, go) = shop.outside.slow.as_ref().unwrap();
    begun.notified().await;
    shop.patch("orders", &second, json!({"status": "cancelled"})).await.expect(200);
    go.notify_one();
    shop.app.application.settle().await;
    assert_eq!(*shop.outside.charged.lock().unwrap(), [1500]);
    assert_eq!(shop.read(&second).await["paid_at"], Json::Null);
    assert_eq!(shop.on_hand().await, 4);
    shop.app.client.delete(&path(&second)).await.expect(204);
    Ok(())
}

pub(crate) async fn an_order_cancelled_while_the_bank_is_at_work_is_paid_back(
    database: Database,
) -> Outcome {
    let slow = Outside { slow: Some(Default::default()), ..Outside::default() };
    let shop = Shop::open(&database, slow).await?;
    let (product, customer) = shop.furnish(5).await;
    let order = shop.order(&product, &customer, 3).await;
    shop.app.client.post(&place(&order), &Json::Null).await.expect(200);
    let (begun, go) = shop.outside.slow.as_ref().unwrap();
    begun.notified().await;
    shop.patch("orders", &order, json!({"status": "cancelled"})).await.expect(200);
    go.notify_one();
    shop.app.application.settle().await;
    assert_eq!(*shop.outside.charged.lock().unwrap(), [4500]);
    assert_eq!(*shop.outside.refunded.lock().unwrap(), [4500]);
    let after = shop.read(&order).await;
    assert_eq!((&after["status"], &after["paid_at"]), (&json!("cancelled"), &Json::Null));
    assert_eq!(shop.on_hand().await, 5);
    Ok(())
}

pub(crate) async fn only_paid_orders_are_shipped(database: Database) -> Outcome {
    let shop = Shop::open(&database, Outside { fails: true, ..Outside::default() }).await?;
    let (product, customer) = shop.furnish(5).await;
    let unpaid = shop.placed(&product, &customer, 1).await;
    let shipped = json!({"status": "shipped"});
    let refused = shop.patch("orders", &unpaid, shipped.clone()).await.expect(409);
    assert_eq!(refused.pointers(), ["#/status"]);
    Ok(())
}

pub(crate) async fn a_payment_is_seen_as_a_change(database: Database) -> Outcome {
    let shop = Shop::open(&database, Outside::default()).await?;
    let (product, customer) = shop.furnish(5).await;
    let paid = shop.placed(&product, &customer, 1).await;
    assert_eq!(paid["updated_at"], paid["paid_at"]);
    let shipped = shop.patch("orders", &paid, json!({"status": "shipped"})).await;
    assert_eq!(shipped.expect(200).json()["status"], "shipped");
    Ok(())
}
