//! Batch bodies: several operations, each decoded on its own.

use serde_json::{Map, Value as Json, json};

use super::body::{self, Purpose};
use super::etag::{self, Condition};
use super::problem::Problem;
use super::suggest::did_you_mean;
use super::wire;
use crate::application::resource::Changes;
use crate::application::use_case::Expected;
use crate::domain::error::Error;
use crate::domain::schema::EntitySchema;
use crate::domain::value::Value;
use crate::domain::violation::{Place, Violation, Violations, escape};

/// A batch, understood as far as its envelope goes.
pub(super) struct Batch {
    /// Whether it is all or nothing, if it says so.
    pub atomic: Option<bool>,
    /// Each operation, or what is wrong with it.
    pub operations: Vec<Result<Parsed, Violations>>,
}

/// One operation without its types.
pub(super) enum Parsed {
    Create(Changes),
    Update(Value, Expected, Changes),
    Delete(Value, Expected),
    Restore(Value, Expected),
}

/// Reads a batch body.
pub(super) fn parse(schema: &'static EntitySchema, body: &[u8]) -> Result<Batch, Problem> {
    let mut violations = Violations::new();
    let mut atomic = None;
    let mut operations = None;
    let Json::Object(members) = body::json(body)? else {
        violations.push(at("", "type", "expected an object"));
        return Err(Error::from(violations).into());
    };
    for (name, value) in members {
        match (name.as_str(), value) {
            ("atomic", Json::Bool(value)) => atomic = Some(value),
            ("atomic", _) => violations.push(at("/atomic", "type", "expected true or false")),
            ("operations", Json::Array(items)) => operations = Some(items),
            ("operations", _) => {
                operations = Some(Vec::new());
                violations.push(at("/operations", "type", "expected an array"));
            }
            (name, _) => {
                let hint = did_you_mean(name, ["atomic", "operations"]);
                let detail = format!("there is no member {name}{hint}");
                violations.push(at(&format!("/{}", escape(name)), "unknown", &detail));
            }
        }
    }
    let most = schema.options.max_batch as usize;
    match &operations {
        None => violations.push(at("/operations", "required", "operations is required")),
        Some(items) if violations.is_empty() && !(1..=most).contains(&items.len()) => {
            let code = if items.is_empty() { "too_short" } else { "too_long" };
            let detail = format!("expected 1 to {most} operations");
            violations.push(at("/operations", code, &detail));
        }
        Some(_) => {}
    }
    violations.into_result().map_err(Error::from)?;
    let operations = operations.unwrap_or_default().into_iter();
    Ok(Batch { atomic, operations: operations.map(|item| operation(schema, item)).collect() })
}

/// Everything that is wrong, with pointers into the whole batch.
pub(super) fn collect(wrong: Vec<(usize, Violations)>) -> Error {
    let mut all = Violations::new();
    for (index, violations) in wrong {
        all.extend_below(&format!("/operations/{index}"), violations);
    }
    Error::Validation(all)
}

/// The result of one operation that failed.
pub(super) fn failure(problem: &Problem) -> Json {
    json!({ "status": problem.status().as_u16(), "problem": problem.document(None, None) })
}

fn operation(schema: &'static EntitySchema, json: Json) -> Result<Parsed, Violations> {
    let mut violations = Violations::new();
    let Json::Object(mut members) = json else {
        violations.push(at("", "type", "expected an object"));
        return Err(violations);
    };
    let op = match members.remove("op") {
        Some(Json::String(op)) => op,
        Some(_) => {
            violations.push(at("/op", "type", "expected a string"));
            return Err(violations);
        }
        None => {
            violations.push(at("/op", "required", "op is required"));
            return Err(violations);
        }
    };
    let op = op.as_str();
    let known = match op {
        "create" => &["value"][..],
        "update" => &["id", "if_match", "value"],
        "delete" => &["id", "if_match"],
        "restore" if schema.roles.deleted_at.is_some() => &["id", "if_match"],
        _ => {
            let restore = schema.roles.deleted_at.map(|_| "restore");
            let hint = did_you_mean(op, ["create", "update", "delete"].into_iter().chain(restore));
            violations.push(at(
                "/op",
                "unknown_value",
                &format!("there is no operation {op:?}{hint}"),
            ));
            return Err(violations);
        }
    };
    for name in members.keys().filter(|name| !known.contains(&name.as_str())) {
        let hint = did_you_mean(name, known.iter().copied());
        let detail = format!("{op} has no member {name}{hint}");
        violations.push(at(&format!("/{}", escape(name)), "unknown", &detail));
    }
    let id =
        if known.contains(&"id") { id(schema, &mut members, &mut violations) } else { Value::Null };
    let expected = expected(&members, &mut violations);
    let purpose = if op == "create" { Purpose::Create } else { Purpose::Update };
    let mut changes = Changes::default();
    if known.contains(&"value") {
        match members.remove("value") {
            None => violations.push(at("/value", "required", "value is required")),
            Some(value) => match body::decode_part(schema, purpose, value) {
                Ok(found) => changes = found,
                Err(wrong) => violations.extend_below("/value", wrong),
            },
        }
    }
    violations.into_result().map(|()| match op {
        "create" => Parsed::Create(changes),
        "update" => Parsed::Update(id, expected, changes),
        "delete" => Parsed::Delete(id, expected),
        _ => Parsed::Restore(id, expected),
    })
}

fn id(
    schema: &EntitySchema,
    members: &mut Map<String, Json>,
    violations: &mut Violations,
) -> Value {
    let refusal = match members.remove("id") {
        None => ("required", "id is required".to_owned()),
        Some(json) => match wire::operand_from_json(&schema.id().kind, json) {
            Ok(value) => return value,
            Err(refusal) => refusal,
        },
    };
    violations.push(at("/id", refusal.0, &refusal.1));
    Value::Null
}

fn expected(members: &Map<String, Json>, violations: &mut Violations) -> Expected {
    let mut refuse = |code, detail| {
        violations.push(at("/if_match", code, detail));
        Expected::Unstated
    };
    match members.get("if_match") {
        None => Expected::Unstated,
        Some(Json::String(text)) => match Condition::parse(text) {
            Some(condition) => condition.expected(),
            None => refuse("invalid", etag::FORM),
        },
        Some(_) => refuse("type", "expected an entity tag in a string"),
    }
}

fn at(pointer: &str, code: &'static str, detail: &str) -> Violation {
    Violation { place: Place::Body(pointer.to_owned()), code, detail: detail.to_owned() }
}
