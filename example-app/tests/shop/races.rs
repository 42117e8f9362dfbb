//! Many at once. What is right for one after another must be right for them.

use framework::Json;
use framework::serde_json::json;
use framework::testing::Answer;

use crate::shop::{Database, Outcome, Outside, Shop, path, place, row_path};

fn count(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

pub(crate) async fn two_customers_cannot_buy_the_same_piece(database: Database) -> Outcome {
    let shop = Shop::open(&database, Outside::default()).await?;
    let (product, customer) = shop.furnish(1).await;
    let mut orders = Vec::new();
    for _ in 0..8 {
        orders.push(shop.order(&product, &customer, 1).await);
    }
    let answers = shop.at_once(orders.iter().map(|it| ("POST", place(it), Json::Null))).await;
    assert_eq!((count(&answers, 200), count(&answers, 409)), (1, 7), "{answers:?}");
    assert_eq!(shop.on_hand().await, 0);
    Ok(())
}

pub(crate) async fn many_customers_buy_at_once_while_there_is_enough(
    database: Database,
) -> Outcome {
    let shop = Shop::open(&database, Outside::default()).await?;
    let (one, customer) = shop.furnish(20).await;
    let shelf = shop.make("/api/categories", json!({"name": "More lamps"})).await;
    let other = shop.product("LAMP-2", &shelf, 20).await;
    let mut orders = Vec::new();
    for number in 0..20 {
        let products = if number % 2 == 0 { [&one, &other] } else { [&other, &one] };
        let lines = products.map(|product| json!({"product_id": product["id"], "quantity": 1}));
        let order = json!({"customer_id": customer["id"], "lines": lines});
        orders.push(shop.make("/api/orders", order).await);
    }
    let answers = shop.at_once(orders.iter().map(|it| ("POST", place(it), Json::Null))).await;
    assert_eq!(count(&answers, 200), 20, "{answers:?}");
    shop.app.application.settle().await;
    let left = shop.app.client.get("/api/stocks?on_hand=0").await.expect(200).json();
    assert_eq!(left["items"].as_array().unwrap().len(), 2);
    assert_eq!(shop.outside.charged.lock().unwrap().len(), 20);
    Ok(())
}

pub(crate) async fn an_order_placed_many_times_at_once_is_placed_once(
    database: Database,
) -> Outcome {
    let shop = Shop::open(&database, Outside::default()).await?;
    let (product, customer) = shop.furnish(25).await;
    let order = shop.order(&product, &customer, 1).await;
    let answers = shop.at_once((0..10).map(|_| ("POST", place(&order), Json::Null))).await;
    assert_eq!(count(&answers, 200), 1, "{answers:?}");
    for refused in answers.into_iter().filter(|answer| answer.status != 200) {
        assert_eq!(refused.expect(409).json()["detail"], "the order is already placed");
    }
    shop.app.application.settle().await;
    assert_eq!(shop.on_hand().await, 24);
    assert_eq!(*shop.outside.charged.lock().unwrap(), [1500]);
    Ok(())
}

pub(crate) async fn an_order_cancelled_many_times_at_once_gives_its_stock_back_once(
    database: Database,
) -> Outcome {
    let shop = Shop::open(&database, Outside::default()).await?;
    let (product, customer) = shop.furnish(25).await;
    let order = shop.placed(&product, &customer, 3).await;
    assert_eq!(shop.on_hand().await, 22);
    let cancel = ("PATCH", path(&order), json!({"status": "cancelled"}));
    let answers = shop.at_once((0..10).map(|_| cancel.clone())).await;
    assert_eq!(count(&answers, 200), 10, "{answers:?}");
    shop.app.application.settle().await;
    assert_eq!(shop.on_hand().await, 25);
    assert_eq!(*shop.outside.refunded.lock().unwrap(), [4500]);
    Ok(())
}

pub(crate) async fn two_categories_do_not_become_each_others_parent_at_once(
    database: Database,
) -> Outcome {
    let shop = Shop::open(&database, Outside::default()).await?;
    for round in 0..20 {
        let one = shop.make("/api/categories", json!({"name": format!("One {round}")})).await;
        let two = shop.make("/api/categories", json!({"name": format!("Two {round}")})).await;
        let below = |row: &Json, parent: &Json| {
            ("PATCH", row_path("categories", row), json!({"parent_id": parent["id"]}))
        };
        let answers = shop.at_once([below(&one, &two), below(&two, &one)]).await;
        assert_eq!((count(&answers, 200), count(&answers, 422)), (1, 1), "{answers:?}");
    }
    Ok(())
}
