//! Filters: names of fields, operators and relations become conditions.

use super::relation_paths;
use super::wire::{self, Refusal};
use crate::domain::schema::{EntitySchema, FieldSchema, Kind, Operator, Operators};
use crate::domain::specification::{Comparison, Predicate, TextMatch};
use crate::domain::value::Value;

/// What the name of a filter parameter means.
#[derive(Debug, Clone)]
pub(super) struct Target {
    /// Positions of the relations to go through, in the order of the name.
    relations: Vec<usize>,
    /// Position of the field, at the end of the last relation.
    position: usize,
    /// The field.
    pub field: &'static FieldSchema,
    /// The comparison.
    pub operator: Operator,
}

impl Target {
    /// The condition with these operands.
    pub(super) fn condition(&self, operands: Vec<Value>) -> Predicate {
        let inner = condition(self.position, self.operator, operands);
        self.relations.iter().rev().fold(inner, |predicate, &relation| Predicate::Exists {
            relation,
            predicate: Box::new(predicate),
        })
    }
}

/// The meaning of a filter parameter; `None` when it is unknown, hidden or not open.
pub(super) fn resolve(schema: &'static EntitySchema, name: &str) -> Option<Target> {
    through(schema, name, schema.options.filter_depth)
}

fn through(schema: &'static EntitySchema, name: &str, depth: u32) -> Option<Target> {
    own(schema, name).or_else(|| {
        let (relation, rest) = name.split_once("__")?;
        let position = schema.relations.iter().position(|known| known.name == relation)?;
        let target = (schema.relations.get(position)?.target)();
        let mut found = through(target, rest, depth.checked_sub(1)?)?;
        found.relations.insert(0, position);
        Some(found)
    })
}

fn own(schema: &'static EntitySchema, name: &str) -> Option<Target> {
    let found = |name: &str, operator: Operator| {
        let position = open(schema, name)?;
        let field = schema.fields.get(position)?;
        let target = Target { relations: Vec::new(), position, field, operator };
        field.filter.contains(operator).then_some(target)
    };
    found(name, Operator::Eq).or_else(|| {
        let (name, operator) = name.rsplit_once("__")?;
        // Equality has one spelling, the bare name.
        found(name, by_name(operator).filter(|operator| *operator != Operator::Eq)?)
    })
}

/// The position of a field that clients may filter by some operator.
pub(super) fn open(schema: &'static EntitySchema, name: &str) -> Option<usize> {
    let is_open = |field: &FieldSchema| field.access.read && field.filter.iter().next().is_some();
    schema.fields.iter().position(|field| field.name == name && is_open(field))
}

/// The operator with this name.
pub(super) fn by_name(name: &str) -> Option<Operator> {
    Operator::ALL.into_iter().find(|operator| operator.name() == name)
}

/// Every filter parameter that is open, for suggestions.
pub(super) fn names(schema: &'static EntitySchema) -> Vec<String> {
    let relatives = relatives(schema);
    let beyond = relatives.iter().flat_map(|(prefix, target)| own_names(target, prefix));
    own_names(schema, "").into_iter().chain(beyond).collect()
}

/// The entities whose fields a filter may name, with what stands before their names.
pub(super) fn relatives(schema: &'static EntitySchema) -> Vec<(String, &'static EntitySchema)> {
    let ways = relation_paths::below(schema, schema.options.filter_depth, |_| true);
    ways.into_iter().map(|(names, target)| (names.join("__") + "__", target)).collect()
}

fn own_names(schema: &'static EntitySchema, prefix: &str) -> Vec<String> {
    let fields = schema.fields.iter().filter(|field| field.access.read);
    fields
        .flat_map(|field| {
            field.filter.iter().map(move |operator| match operator {
                Operator::Eq => format!("{prefix}{}", field.name),
                other => format!("{prefix}{}__{}", field.name, other.name()),
            })
        })
        .collect()
}

/// The kind of an operator's operand.
pub(super) fn operand_kind(field: &FieldSchema, operator: Operator) -> Kind {
    match operator {
        Operator::IsNull => Kind::Bool,
        operator if Operators::TEXT.contains(operator) => Kind::Text,
        _ => field.kind,
    }
}

/// The operands of a filter parameter: one value, or several for lists.
pub(super) fn operands(target: &Target, texts: &[String]) -> Result<Vec<Value>, Refusal> {
    let kind = operand_kind(target.field, target.operator);
    let list = match target.operator {
        Operator::In | Operator::NotIn | Operator::Between => true,
        _ if texts.len() > 1 => {
            return Err(("duplicate", "the parameter is given twice".to_owned()));
        }
        _ => false,
    };
    let parts: Vec<&str> = if list && !may_hold_comma(&kind) {
        texts.iter().flat_map(|text| text.split(',')).collect()
    } else {
        texts.iter().map(String::as_str).collect()
    };
    check_count(target.operator, parts.len(), super::limits::LIST_IN_ADDRESS)?;
    let operand = |text| wire::operand_from_text(&kind, text);
    parts
        .into_iter()
        .map(|text| operand(text).and_then(|value| bounded(target.field, value)))
        .collect()
}

/// Whether an operator takes this many operands.
pub(super) fn check_count(operator: Operator, count: usize, most: usize) -> Result<(), Refusal> {
    match operator {
        Operator::Between if count != 2 => {
            Err(("type", "between takes exactly two values".to_owned()))
        }
        Operator::In | Operator::NotIn if count > most => {
            Err(("too_long", format!("at most {most} values")))
        }
        Operator::In | Operator::NotIn if count == 0 => {
            Err(("too_short", "at least one value".to_owned()))
        }
        _ => Ok(()),
    }
}

/// Most characters of a text that is compared with this field.
pub(super) fn longest_operand(field: &FieldSchema) -> u32 {
    field.rules.max_length.unwrap_or_default().max(super::limits::OPERAND)
}

/// Refuses texts that are longer than anything the field could be compared with.
pub(super) fn bounded(field: &FieldSchema, value: Value) -> Result<Value, Refusal> {
    let most = longest_operand(field);
    match &value {
        Value::Text(text) if text.chars().count() > most as usize => {
            Err(("too_long", format!("at most {most} characters")))
        }
        _ => Ok(value),
    }
}

fn may_hold_comma(kind: &Kind) -> bool {
    match kind {
        Kind::Enum(known) => known.variants.iter().any(|(name, _)| name.contains(',')),
        Kind::Text => true,
        _ => false,
    }
}

/// A condition on one field.
pub(super) fn condition(field: usize, operator: Operator, operands: Vec<Value>) -> Predicate {
    if matches!(operator, Operator::In | Operator::NotIn) {
        let negated = operator == Operator::NotIn;
        return Predicate::In { field, values: operands, negated };
    }
    let mut operands = operands.into_iter();
    // Counts were checked; a missing operand compares with null, which matches nothing.
    let mut next = || operands.next().unwrap_or(Value::Null);
    let value = next();
    let compare = |comparison, value| Predicate::Compare { field, comparison, value };
    let text = |kind, ignore_case, value| match value {
        Value::Text(text) => Predicate::Text { field, kind, text, ignore_case },
        _ => Predicate::Never,
    };
    match operator {
        Operator::Eq => compare(Comparison::Eq, value),
        Operator::Ne => compare(Comparison::Ne, value),
        Operator::Gt => compare(Comparison::Gt, value),
        Operator::Gte => compare(Comparison::Ge, value),
        Operator::Lt => compare(Comparison::Lt, value),
        Operator::Lte => compare(Comparison::Le, value),
        Operator::Between => compare(Comparison::Ge, value).and(compare(Comparison::Le, next())),
        Operator::Contains => text(TextMatch::Contains, false, value),
        Operator::IContains => text(TextMatch::Contains, true, value),
        Operator::StartsWith => text(TextMatch::StartsWith, false, value),
        Operator::IStartsWith => text(TextMatch::StartsWith, true, value),
        Operator::EndsWith => text(TextMatch::EndsWith, false, value),
        Operator::IExact => text(TextMatch::Exact, true, value),
        Operator::IsNull => Predicate::Null { field, negated: value == Value::Bool(false) },
        Operator::In | Operator::NotIn => Predicate::Never,
    }
}
