//! Any question to the list of purchases, and rows that give each of them something to find.

use framework::Json;
use framework::serde_json::{Map, json};
use framework::testing::TestApp;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any};
use proptest::sample::{select, subsequence};
use proptest::strategy::Union;

use crate::shop::post;

/// Texts with what patterns and databases could trip over.
const TEXTS: [&str; 8] = ["a", "A", "b%", "_b", "\\", "é", "É", "d,e"];
const DUES: [&str; 3] =
    ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000001Z", "1999-12-31T23:59:59Z"];

/// Twenty-odd purchases with many equal values and nulls; two are marked as deleted.
pub(super) async fn rows(app: &TestApp) -> Vec<Json> {
    for (code, name) in [("ann", "Ann"), ("bob", "bob")] {
        post(app, "/api/customers", &json!({"code": code, "name": name})).await.expect(201);
    }
    let mut rows = Vec::new();
    for index in 0..24_usize {
        let choose = |values: &[Json]| values[index * 7 % values.len()].clone();
        let row = json!({
            "number": format!("{}{index}", TEXTS[index % TEXTS.len()]),
            "amount": index * 5 % 4,
            "ratio": choose(&[Json::Null, json!(0.5), json!(-1.0), json!(1e9)]),
            "price": choose(&[Json::Null, json!("1.5"), json!("1.25"), json!("-3"), Json::Null]),
            "status": choose(&[json!("open"), json!("done")]),
            "due": choose(&[Json::Null, json!(DUES[0]), json!(DUES[1]), json!(DUES[2])]),
            "open": choose(&[Json::Null, json!(true), json!(false)]),
            "customer_id": choose(&[Json::Null, json!("ann"), json!("bob")]),
            "lines": [],
        });
        let made = post(app, "/api/purchases", &row).await.expect(201).json();
        if index % 11 == 10 {
            let path = format!("/api/purchases/{}", made["id"].as_str().unwrap());
            app.client.delete(&path).await.expect(204);
        }
        rows.push(made);
    }
    rows
}

/// A field, an operator and its operands.
pub(super) type Condition = (String, String, Vec<Json>);

/// Any condition on one field.
fn condition() -> impl Strategy<Value = Condition> {
    let on = |field: &'static str, operators: &[&'static str], operand: Vec<Json>| {
        let operators = select(operators.to_vec());
        let operands = vec(select(operand), 1..4);
        (operators, operands).prop_map(move |(operator, mut operands)| {
            match operator {
                "between" => {
                    operands = vec![operands[0].clone(), operands[operands.len() - 1].clone()]
                }
                "isnull" => operands = vec![json!(operands.len() > 1)],
                _ => {}
            }
            (field.to_owned(), operator.to_owned(), operands)
        })
    };
    let ordered = ["eq", "ne", "in", "not_in", "gt", "gte", "lt", "lte", "between"];
    let maybe = [&ordered[..], &["isnull"]].concat();
    let texts = ["contains", "icontains", "startswith", "istartswith", "endswith", "iexact"];
    let texts = [&ordered[..], &texts].concat();
    let text = TEXTS.iter().map(|text| json!(text)).chain([json!("a0"), json!("1")]).collect();
    Union::new([
        on("amount", &ordered, (0..4).map(|amount| json!(amount)).collect()).boxed(),
        on("ratio", &maybe, vec![json!(0.5), json!(-1.0), json!(2.25)]).boxed(),
        on("price", &maybe, vec![json!("1.5"), json!("1.50"), json!("0"), json!("-3")]).boxed(),
        on("status", &["eq", "in"], vec![json!("open"), json!("done")]).boxed(),
        on("due", &maybe, DUES.iter().map(|due| json!(due)).collect()).boxed(),
        on("open", &["eq", "ne", "isnull"], vec![json!(true), json!(false)]).boxed(),
        on("number", &texts, text).boxed(),
    ])
}

/// Conditions that must all hold.
pub(super) fn flat() -> impl Strategy<Value = Vec<Condition>> {
    vec(condition(), 0..4)
}

fn filter() -> impl Strategy<Value = Json> {
    let leaf = condition().prop_map(|(field, operator, operands)| {
        let operand = match operator.as_str() {
            "in" | "not_in" | "between" => json!(operands),
            _ => operands[0].clone(),
        };
        json!({ field: { operator: operand } })
    });
    let related = select(vec!["Ann", "bob", "ANN"])
        .prop_map(|name| json!({"customer": {"name": {"iexact": name}}}));
    let leaf = Union::new_weighted(vec![(6, leaf.boxed()), (1, related.boxed())]);
    leaf.prop_recursive(3, 12, 3, |inner| {
        let list = vec(inner.clone(), 1..3);
        Union::new([
            list.clone().prop_map(|all| json!({ "and": all })).boxed(),
            list.prop_map(|any| json!({ "or": any })).boxed(),
            inner.prop_map(|not| json!({ "not": not })).boxed(),
        ])
    })
}

/// Any search body, without a window.
pub(super) fn body() -> impl Strategy<Value = Json> {
    let sort = (subsequence(vec!["amount", "price", "due", "number"], 0..=3), any::<u8>())
        .prop_map(|(keys, signs)| {
            let signed = keys.into_iter().enumerate().map(|(index, key)| {
                if signs >> index & 1 == 1 { format!("-{key}") } else { key.to_owned() }
            });
            json!(signed.collect::<Vec<_>>())
        });
    let filter = proptest::option::of(filter());
    let deleted = proptest::option::of(select(vec!["exclude", "include", "only"]));
    let fields = proptest::option::of(Just(json!(["number", "amount"])));
    (filter, sort, deleted, fields).prop_map(|(filter, sort, deleted, fields)| {
        let mut body = Map::new();
        body.insert("sort".to_owned(), sort);
        body.extend(filter.map(|filter| ("filter".to_owned(), filter)));
        body.extend(deleted.map(|deleted| ("deleted".to_owned(), json!(deleted))));
        body.extend(fields.map(|fields| ("fields".to_owned(), fields)));
        Json::Object(body)
    })
}
