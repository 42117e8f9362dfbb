//! Search bodies: conditions of any shape, capped, into the same request as a query string.

use serde_json::{Map, Value as Json};

use super::list::{self, ListRequest, fields, includes};
use super::suggest::did_you_mean;
use super::wire::{self, Refusal};
use super::{filter, limits};
use crate::domain::schema::{EntitySchema, FieldSchema, Operator};
use crate::domain::specification::Predicate;
use crate::domain::value::Value;
use crate::domain::violation::{Place, Violation, Violations, escape};

/// Reads a search body.
pub(super) fn parse(schema: &'static EntitySchema, body: Json) -> Result<ListRequest, Violations> {
    let mut request = ListRequest::new(schema);
    let mut reader = Reader { violations: Violations::new(), nodes: 0 };
    let Json::Object(members) = body else {
        reader.report("", ("type", "expected an object".to_owned()));
        return Err(reader.violations);
    };
    for (name, value) in members {
        let pointer = format!("/{}", escape(&name));
        if let Err(refusal) = reader.member(&mut request, &name, value, &pointer) {
            reader.report(&pointer, refusal);
        }
    }
    if request.cursor.is_some() && request.offset.is_some() {
        reader.report("/offset", ("conflict", "give a cursor or an offset, not both".to_owned()));
    }
    reader.violations.into_result().map(|()| request)
}

struct Reader {
    violations: Violations,
    nodes: usize,
}

impl Reader {
    fn report(&mut self, pointer: &str, (code, detail): Refusal) {
        let place = Place::Body(pointer.to_owned());
        self.violations.push(Violation { place, code, detail });
    }

    /// The nearest known name, until so much is wrong that nobody is helped by more.
    fn hint<'a, I: IntoIterator<Item = &'a str>>(
        &self,
        wrong: &str,
        known: impl FnOnce() -> I,
    ) -> String {
        if self.violations.0.len() < limits::HINTS {
            did_you_mean(wrong, known())
        } else {
            String::new()
        }
    }

    fn member(
        &mut self,
        request: &mut ListRequest,
        name: &str,
        value: Json,
        pointer: &str,
    ) -> Result<(), Refusal> {
        let schema = request.schema;
        match name {
            "filter" => {
                let condition = self.condition(schema, value, pointer, 1);
                let filter = std::mem::replace(&mut request.filter, Predicate::Always);
                request.filter = filter.and(condition);
                Ok(())
            }
            "limit" => request.set_limit(whole(&value)?),
            "offset" => request.set_offset(whole(&value)?),
            "count" => request.set_count(text(&value)?),
            "cursor" if value.is_null() => Ok(()),
            "cursor" => {
                request.cursor = Some(text(&value)?.to_owned());
                Ok(())
            }
            "q" if list::is_searchable(schema) => request.search(text(&value)?),
            "deleted" if schema.roles.deleted_at.is_some() => request.set_deleted(text(&value)?),
            "sort" => request.set_sort(texts(&value)?),
            "fields" => {
                let names = texts(&value)?;
                // An empty list asks for nothing special.
                request.shape.fields =
                    if names.is_empty() { None } else { Some(fields(schema, names)?) };
                Ok(())
            }
            "include" => {
                request.shape.include = includes(schema, texts(&value)?)?;
                Ok(())
            }
            _ => {
                let hint =
                    self.hint(name, || std::iter::once("filter").chain(list::members(schema)));
                Err(("unknown", format!("there is no member {name}{hint}")))
            }
        }
    }

    fn condition(
        &mut self,
        schema: &'static EntitySchema,
        json: Json,
        pointer: &str,
        depth: usize,
    ) -> Predicate {
        let Some(members) = self.object(json, pointer) else { return Predicate::Never };
        if depth > limits::FILTER_DEPTH {
            let detail = format!("conditions nest at most {} deep", limits::FILTER_DEPTH);
            self.report(pointer, ("too_deep", detail));
            return Predicate::Never;
        }
        let mut all = Predicate::Always;
        for (name, value) in members {
            let pointer = format!("{pointer}/{}", escape(&name));
            let part = match name.as_str() {
                "and" => {
                    self.branches(schema, value, &pointer, depth, Predicate::Always, Predicate::and)
                }
                "or" => {
                    self.branches(schema, value, &pointer, depth, Predicate::Never, Predicate::or)
                }
                "not" => self.condition(schema, value, &pointer, depth + 1).not(),
                name => {
                    let words = &["and", "or", "not"];
                    self.named(schema, name, value, &pointer, schema.options.filter_depth, words)
                }
            };
            all = all.and(part);
        }
        all
    }

    fn branches(
        &mut self,
        schema: &'static EntitySchema,
        json: Json,
        pointer: &str,
        depth: usize,
        start: Predicate,
        join: fn(Predicate, Predicate) -> Predicate,
    ) -> Predicate {
        let Json::Array(items) = json else {
            self.report(pointer, ("type", "expected an array of conditions".to_owned()));
            return Predicate::Never;
        };
        if items.is_empty() || items.len() > limits::BRANCHES {
            let detail = format!("expected 1 to {} conditions", limits::BRANCHES);
            self.report(pointer, ("length", detail));
            return Predicate::Never;
        }
        items.into_iter().enumerate().fold(start, |joined, (index, item)| {
            let part = self.condition(schema, item, &format!("{pointer}/{index}"), depth + 1);
            join(joined, part)
        })
    }

    /// A field with its operators, or a relation with conditions on the target's fields.
    fn named(
        &mut self,
        schema: &'static EntitySchema,
        name: &str,
        json: Json,
        pointer: &str,
        depth: u32,
        words: &[&str],
    ) -> Predicate {
        if let Some(position) = filter::open(schema, name) {
            return self.operators(schema, position, json, pointer);
        }
        let relations = if depth > 0 { schema.relations } else { &[] };
        let found = relations.iter().enumerate().find(|(_, known)| known.name == name);
        if let Some((position, relation)) = found {
            self.count(pointer);
            let Some(members) = self.object(json, pointer) else { return Predicate::Never };
            let target = (relation.target)();
            let inner = members.into_iter().fold(Predicate::Always, |all, (name, value)| {
                let pointer = format!("{pointer}/{}", escape(&name));
                // Conditions on a related row are not joined by words of their own.
                all.and(self.named(target, &name, value, &pointer, depth - 1, &[]))
            });
            return Predicate::Exists { relation: position, predicate: Box::new(inner) };
        }
        let hint = self.hint(name, || {
            let fields = schema.fields.iter().map(|field| field.name);
            let open = fields.filter(|name| filter::open(schema, name).is_some());
            let related = relations.iter().map(|relation| relation.name);
            open.chain(related).chain(words.iter().copied())
        });
        self.report(pointer, ("unknown", format!("{name} is not a field to filter by{hint}")));
        Predicate::Never
    }

    /// Counts a condition, and says once that there are too many.
    fn count(&mut self, pointer: &str) {
        self.nodes += 1;
        if self.nodes == limits::FILTER_NODES + 1 {
            let detail = format!("at most {} conditions", limits::FILTER_NODES);
            self.report(pointer, ("too_many", detail));
        }
    }

    fn operators(
        &mut self,
        schema: &'static EntitySchema,
        position: usize,
        json: Json,
        pointer: &str,
    ) -> Predicate {
        let Some(members) = self.object(json, pointer) else { return Predicate::Never };
        let Some(field) = schema.fields.get(position) else { return Predicate::Never };
        let mut all = Predicate::Always;
        for (name, value) in members {
            let pointer = format!("{pointer}/{}", escape(&name));
            self.count(&pointer);
            let open = filter::by_name(&name).filter(|found| field.filter.contains(*found));
            let Some(operator) = open else {
                let hint = self.hint(&name, || field.filter.iter().map(Operator::name));
                let detail = format!("{name} is not an operator of {}{hint}", field.name);
                self.report(&pointer, ("unknown", detail));
                continue;
            };
            match operands(field, operator, value) {
                Ok(operands) => {
                    all = all.and(filter::condition(position, operator, operands));
                }
                Err(refusal) => self.report(&pointer, refusal),
            }
        }
        all
    }

    fn object(&mut self, json: Json, pointer: &str) -> Option<Map<String, Json>> {
        match json {
            Json::Object(members) => Some(members),
            _ => {
                self.report(pointer, ("type", "expected an object".to_owned()));
                None
            }
        }
    }
}

fn operands(field: &FieldSchema, operator: Operator, json: Json) -> Result<Vec<Value>, Refusal> {
    let kind = filter::operand_kind(field, operator);
    let operand = |json| {
        let value = wire::operand_from_json(&kind, json)?;
        filter::bounded(field, value)
    };
    match (operator, json) {
        (Operator::In | Operator::NotIn | Operator::Between, Json::Array(items)) => {
            filter::check_count(operator, items.len(), limits::LIST)?;
            items.into_iter().map(operand).collect()
        }
        (Operator::In | Operator::NotIn | Operator::Between, _) => {
            Err(("type", "expected an array".to_owned()))
        }
        (_, json) => operand(json).map(|value| vec![value]),
    }
}

fn text(json: &Json) -> Result<&str, Refusal> {
    json.as_str().ok_or_else(|| ("type", "expected a string".to_owned()))
}

fn texts(json: &Json) -> Result<Vec<&str>, Refusal> {
    let items = json.as_array().ok_or_else(|| ("type", "expected an array".to_owned()))?;
    items.iter().map(text).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is a whole number, and the cast saturates"
)]
fn whole(json: &Json) -> Result<u64, Refusal> {
    let number = json.as_f64().filter(|number| number.fract() == 0.0 && *number >= 0.0);
    number
        .map(|number| number as u64)
        .ok_or_else(|| ("type", "expected a whole number, not negative".to_owned()))
}
