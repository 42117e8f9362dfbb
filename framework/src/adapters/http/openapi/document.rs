//! The whole document: info, tags, paths and components, and the fragments of users' own routes.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use super::{ApiInfo, operations, parameters, responses, schemas};
use crate::domain::schema::EntitySchema;

/// Which version of the specification to speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// 3.1, which every tool reads.
    V3_1,
    /// 3.2, which knows the `QUERY` method.
    V3_2,
}

/// The document of an API with these resources and the fragments of its own routes.
///
/// Where a fragment names a path, operation or component that a resource already has, the fragment wins: it documents
/// a layer that the user replaced.
pub fn document(
    info: &ApiInfo,
    version: Version,
    resources: &[&'static EntitySchema],
    extra: &[Json],
) -> Json {
    let mut paths = Map::new();
    let mut tags = Vec::new();
    for schema in resources {
        operations::of(schema, version, &mut paths);
        tags.push(json!({ "name": schema.plural, "description": schemas::doc(schema) }));
    }
    let mut document = json!({
        "openapi": if version == Version::V3_2 { "3.2.0" } else { "3.1.1" },
        "info": info.to_json(),
        "servers": info.servers(),
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": schemas::all(resources).into_schemas(),
            "parameters": parameters::components(),
            "headers": responses::headers(),
            "responses": responses::components(),
            "examples": responses::examples(),
        },
    });
    for fragment in extra {
        merge_fragment(&mut document, fragment.clone());
    }
    prune(&mut document);
    document
}

/// Removes components that nothing refers to, such as headers of a capability that no entity has.
fn prune(document: &mut Json) {
    loop {
        // What only a component itself refers to is not used.
        let mut used = BTreeSet::new();
        references(document, "", &mut used);
        let Some(groups) = document.get_mut("components").and_then(Json::as_object_mut) else {
            return;
        };
        let mut removed = false;
        for (group, components) in groups {
            let Some(components) = components.as_object_mut() else { continue };
            let before = components.len();
            components.retain(|name, _| {
                group == "securitySchemes" || used.contains(&format!("#/components/{group}/{name}"))
            });
            removed |= components.len() < before;
        }
        if !removed {
            return;
        }
    }
}

fn references(node: &Json, place: &str, used: &mut BTreeSet<String>) {
    match node {
        Json::Object(members) => {
            if let Some(Json::String(target)) = members.get("$ref")
                && !place.starts_with(&format!("{}/", target.trim_start_matches('#')))
            {
                used.insert(target.clone());
            }
            for (name, member) in members {
                references(member, &format!("{place}/{name}"), used);
            }
        }
        Json::Array(items) => {
            items.iter().for_each(|item| references(item, &format!("{place}/-"), used))
        }
        _ => {}
    }
}

fn merge_fragment(document: &mut Json, mut fragment: Json) {
    for member in ["paths", "components"] {
        let (Some(into), Some(from)) = (document.get_mut(member), fragment.get_mut(member)) else {
            continue;
        };
        merge(into, from.take());
    }
    let (Some(into), Some(from)) =
        (document.get_mut("tags").and_then(Json::as_array_mut), fragment.get("tags"))
    else {
        return;
    };
    for tag in from.as_array().into_iter().flatten() {
        if !into.iter().any(|known| known.get("name") == tag.get("name")) {
            into.push(tag.clone());
        }
    }
}

/// Merges objects member by member; anything else is replaced.
fn merge(into: &mut Json, from: Json) {
    match (into, from) {
        (Json::Object(into), Json::Object(from)) => {
            for (name, value) in from {
                match into.get_mut(&name) {
                    Some(present) => merge(present, value),
                    None => {
                        into.insert(name, value);
                    }
                }
            }
        }
        (into, from) => *into = from,
    }
}
