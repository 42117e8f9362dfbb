//! Inputs and views: from JSON to changes, and back.

use framework::domain::value::Value;
use framework::serde_json::{from_value, json, to_value};
use framework::{Entity, Input, Patch, Resource, Uuid};

use super::shop::*;

#[test]
fn a_create_reads_json_and_becomes_changes() {
    let input: CreateProduct =
        from_value(json!({"sku": "A", "displayName": "Lamp", "price": "9.50"})).unwrap();
    assert_eq!((input.rating, input.status, &input.description), (None, None, &None));
    let changes = input.clone().into_changes();
    assert_eq!(changes.get(1), Some(&Value::Text("A".to_owned())));
    assert_eq!(changes.get(4), None);
    assert_eq!(CreateProduct::from_changes(changes).unwrap(), input);
}

#[test]
fn an_absent_required_member_is_named() {
    let error = CreateProduct::from_changes(Default::default()).unwrap_err();
    assert_eq!((error.entity, error.field), ("Product", "sku"));
}

#[test]
fn unknown_and_unwritable_members_are_refused() {
    for member in ["colour", "id", "version", "note", "name"] {
        let mut body = json!({"sku": "A", "displayName": "Lamp", "price": "1"});
        body[member] = json!("x");
        assert!(from_value::<CreateProduct>(body).is_err(), "{member}");
    }
    assert!(from_value::<UpdateProduct>(json!({"contact": "a@b.c"})).is_err());
}

#[test]
fn an_update_tells_absent_from_null() {
    let input: UpdateProduct = from_value(json!({"description": null, "rating": 4})).unwrap();
    assert_eq!(input.description, Patch::Set(None));
    assert_eq!(input.sku, Patch::Absent);
    assert_eq!(to_value(&input).unwrap(), json!({"description": null, "rating": 4}));
    let changes = input.clone().into_changes();
    assert_eq!(changes.values, [(3, Value::Null), (4, Value::Int(4))]);
    assert_eq!(UpdateProduct::from_changes(changes).unwrap(), input);
}

#[test]
fn children_travel_with_their_aggregate() {
    let id = Uuid::now_v7();
    let input: CreateOrder =
        from_value(json!({"lines": [{"id": id, "quantity": 2}, {"quantity": 3}]})).unwrap();
    let changes = input.clone().into_changes();
    assert_eq!(changes.children.len(), 1);
    assert_eq!(changes.children[0].1[0].get(0), Some(&Value::Uuid(id)));
    assert_eq!(CreateOrder::from_changes(changes).unwrap(), input);
    let untouched: UpdateOrder = from_value(json!({})).unwrap();
    assert!(untouched.lines.is_absent());
    assert!(from_value::<CreateOrderLine>(json!({"quantity": 2, "order_id": id})).is_err());
}

#[test]
fn a_view_shows_what_may_be_read() {
    let id = Uuid::now_v7();
    let line = OrderLine { id, order_id: id, quantity: 2 };
    let order = Order { id, remark: None, lines: vec![line.clone()] };
    assert_eq!(order.children("lines"), [line.into_row()]);
    let mut restored = Order::from_row(order.clone().into_row()).unwrap();
    assert!(restored.lines.is_empty());
    restored.set_children("lines", order.children("lines")).unwrap();
    assert_eq!(restored, order);
    assert_eq!(
        to_value(order.into_view()).unwrap(),
        json!({"id": id, "remark": null, "lines": [{"id": id, "order_id": id, "quantity": 2}]})
    );
}
