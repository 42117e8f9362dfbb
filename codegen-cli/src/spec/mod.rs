//! What the user asks for: the small language of `name:type:option…`, read into checked values.

mod field;
mod kind;
mod options;
mod samples;
mod value;

pub use field::{Field, Reference, Target, parse as parse_field};
pub use kind::Kind;
pub use options::{Options, integer_range};
pub use samples::sample_of_format;
pub use value::fits_length;

use crate::names::{EntityName, ROLES, is_parameter, is_taken};
use crate::problems::Problems;

/// One entity to scaffold.
#[derive(Debug, Clone, PartialEq)]
pub struct EntitySpec {
    /// Its names.
    pub name: EntityName,
    /// Its own fields, without the roles that every entity has.
    pub fields: Vec<Field>,
    /// Publish events.
    pub events: bool,
    /// Keep reads for this long, such as `5m`.
    pub cache: Option<String>,
    /// Mark rows as deleted instead of removing them.
    pub soft_delete: bool,
}

/// The switches of `new-entity`.
#[derive(Debug, Clone, Default)]
pub struct Switches {
    /// Publish events.
    pub events: bool,
    /// Keep reads for this long.
    pub cache: Option<String>,
    /// Mark rows as deleted instead of removing them.
    pub soft_delete: bool,
}

/// Reads the whole declaration; `targets` are the entities that a `ref` can name.
///
/// # Errors
/// Every mistake in it.
pub fn parse(
    name: EntityName,
    fields: &[String],
    switches: Switches,
    targets: &[Target],
) -> Result<EntitySpec, Problems> {
    let mut problems = Problems::default();
    if fields.is_empty() {
        problems.add(
            format!("`{}` has no field", name.type_name),
            "name at least one, such as `title:string:unique`",
        );
    }
    if let Some(ttl) = switches.cache.as_deref().filter(|ttl| !is_duration(ttl)) {
        problems.add(
            format!("`{ttl}` is not a duration"),
            "write a whole number with `s`, `m`, `h` or `d`, up to 49710d, such as `--with-cache=5m`",
        );
    }
    let fields: Vec<Field> =
        fields.iter().filter_map(|text| problems.take(parse_field(text, &name, targets))).collect();
    let Switches { events, cache, soft_delete } = switches;
    check_together(&name, &fields, soft_delete, &mut problems);
    problems.into_result(EntitySpec { name, fields, events, cache, soft_delete })
}

/// Mistakes that no field makes alone.
fn check_together(name: &EntityName, fields: &[Field], soft_delete: bool, problems: &mut Problems) {
    for (index, field) in fields.iter().enumerate() {
        let earlier = fields.iter().take(index);
        if earlier.clone().any(|other| other.name == field.name) {
            problems.add(format!("`{}` is declared twice", field.name), "leave one out");
        }
        let relation = field.relation();
        check_wire_names(field, soft_delete, problems);
        let clash = |other: &Field| {
            relation == Some(other.name.as_str())
                || (other.relation().is_some()
                    && (other.relation() == Some(field.name.as_str())
                        || other.relation() == relation))
        };
        if let Some(other) = earlier.clone().find(|other| other.name != field.name && clash(other))
        {
            problems.add(
                format!("`{}` and `{}` need the same name on the wire", other.name, field.name),
                "rename one of them: a reference `x_id` also gives a relation `x`",
            );
        }
        if let Some(type_name) = field.enum_name(name) {
            let is_own =
                ["View", "Event"].iter().any(|end| type_name == format!("{}{end}", name.type_name));
            let is_imported = fields
                .iter()
                .filter_map(|other| other.reference.as_ref())
                .any(|reference| reference.entity == type_name);
            let is_twice =
                earlier.clone().any(|other| other.enum_name(name).as_ref() == Some(&type_name));
            if is_own || is_imported || is_twice || is_taken(&type_name) {
                problems.add(
                    format!("the enum of `{}` would be named `{type_name}`, which its files use for something else", field.name),
                    format!("choose a more telling name, such as `{}_kind`", field.name),
                );
            }
        }
    }
}

/// What only the relation or the switches make a name mean.
fn check_wire_names(field: &Field, soft_delete: bool, problems: &mut Problems) {
    let name = &field.name;
    if is_parameter(name, soft_delete) {
        problems.add(
            format!("`{name}` is a parameter of every list"),
            format!("choose a more telling name, such as `{name}_value`"),
        );
    }
    let Some(relation) = field.relation() else { return };
    if ROLES.contains(&relation) || is_parameter(relation, soft_delete) {
        problems.add(
            format!("`{name}` gives a relation `{relation}`, and that name means something else"),
            format!("choose a more telling name, such as `other_{name}`"),
        );
    }
}

fn is_duration(text: &str) -> bool {
    let units = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400)];
    units.into_iter().any(|(unit, scale)| {
        let number = text.strip_suffix(unit).filter(|number| !number.starts_with('+'));
        let seconds = number.and_then(|number| number.parse::<u32>().ok()?.checked_mul(scale));
        seconds.is_some_and(|seconds| seconds > 0)
    })
}

#[cfg(test)]
mod tests;
