//! What is wrong with declarations and only shows when the schemas are there together: keys of relations, defaults,
//! examples.

use crate::adapters::http::field_value;
use crate::domain::schema::{EntitySchema, FieldSchema, Link, RelationSchema};

type Schema = &'static EntitySchema;

/// A sentence for every fault of these entities and of what they own, each with what to write instead.
pub(super) fn check(schemas: &[Schema]) -> Vec<String> {
    let mut all: Vec<Schema> = Vec::new();
    let mut next = schemas.to_vec();
    while let Some(schema) = next.pop() {
        if !all.iter().any(|known| std::ptr::eq(*known, schema)) {
            all.push(schema);
            next.extend(schema.owned().map(|relation| (relation.target)()));
        }
    }
    all.sort_by_key(|schema| schema.name);
    let mut faults = Vec::new();
    for schema in all {
        let mut say = |name: &str, what: String| {
            faults.push(format!("{}.{name}: {what}", schema.name));
        };
        for relation in schema.relations {
            faults_of_relation(schema, relation, &mut |what| say(relation.name, what));
        }
        for field in schema.fields {
            faults_of_field(field, &mut |what| say(field.name, what));
        }
    }
    faults
}

fn faults_of_relation(schema: Schema, relation: &RelationSchema, say: &mut dyn FnMut(String)) {
    let target = (relation.target)();
    match relation.link {
        Link::BelongsTo { .. } => {}
        Link::HasOne { key } | Link::HasMany { key } => {
            let Some(position) = key_to(schema, target, "key", key, say) else { return };
            let field = &target.fields[position];
            if relation.owned && field.access.create {
                say(format!(
                    "clients would set `{key}` of {}; write `owned_by = {}` on it",
                    target.name, schema.name
                ));
            }
            let is_unique = field.unique || position == target.roles.id;
            if !relation.link.is_many() && !is_unique {
                say(format!(
                    "several {} could have the same `{key}`; write `unique` on it, or `has_many`",
                    target.name
                ));
            }
        }
        Link::ManyToMany { via, source, target: far } => {
            let via = via();
            let source = key_to(schema, via, "source", source, say);
            let far = key_to(target, via, "target", far, say);
            if source.is_some() && source == far {
                say(format!("both ends are the same field of {}; name two", via.name));
            }
        }
    }
}

/// The position of the key in `holder` that points to `to`.
fn key_to(
    to: Schema,
    holder: Schema,
    option: &str,
    key: &str,
    say: &mut dyn FnMut(String),
) -> Option<usize> {
    let points = |field: &FieldSchema| {
        field.reference.is_some_and(|reference| std::ptr::eq((reference.target)(), to))
    };
    let position = holder.key(key);
    if position.is_some_and(|position| points(&holder.fields[position])) {
        return position;
    }
    let what = match position {
        Some(_) => format!("`{key}` of {} does not point to {}", holder.name, to.name),
        None => format!("{} has no field `{key}`", holder.name),
    };
    let keys: Vec<String> = holder
        .fields
        .iter()
        .filter(|field| points(field))
        .map(|field| format!("`{option} = \"{}\"`", field.column))
        .collect();
    say(if keys.is_empty() {
        format!("{what}; give {} a key with `belongs_to = {}`", holder.name, to.name)
    } else {
        format!("{what}; write {}", keys.join(" or "))
    });
    None
}

fn faults_of_field(field: &'static FieldSchema, say: &mut dyn FnMut(String)) {
    let rules = field.rules;
    let reversed = matches!((rules.min_length, rules.max_length), (Some(least), Some(most)) if least > most)
        || matches!((rules.minimum, rules.maximum), (Some(least), Some(most)) if !least.is_at_most(most));
    if reversed {
        say("no value is within the bounds of the field and those of its type; widen one"
            .to_owned());
    }
    let default = field.default.and_then(|default| field.check(&default()));
    if let Some((_, detail)) = default {
        say(format!("its own rules refuse its default: {detail}"));
    }
    let example = field.example.and_then(|text| serde_json::from_str(text).ok());
    if let Some(Err((_, detail))) = example.map(|example| field_value(field, example)) {
        say(format!("its own type or rules refuse its example: {detail}"));
    }
}

#[cfg(test)]
#[path = "declarations_tests.rs"]
mod tests;
