//! Query strings: typed parameters, every mistake named at once.

use std::collections::HashMap;

use percent_encoding::percent_decode_str;

use super::filter;
use super::limits;
use super::list::{self, ListRequest, Shape, fields, includes};
use super::suggest::did_you_mean;
use super::wire::Refusal;
use crate::domain::error::Error;
use crate::domain::schema::EntitySchema;
use crate::domain::violation::{Violation, Violations};

/// The parameters of a query string, in order, values of the same name together.
#[derive(Debug, Default)]
pub(super) struct Parameters(Vec<(String, Vec<String>)>);

impl Parameters {
    /// Splits and decodes a query string.
    pub(super) fn parse(query: &str) -> Result<Self, Error> {
        let mut parameters: Vec<(String, Vec<String>)> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut violations = Violations::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (Some(name), Some(value)) = (decode(name), decode(value)) else {
                let name = decode(name).unwrap_or_default();
                violations.push(Violation::parameter(
                    name,
                    "encoding",
                    "it is not percent-encoded UTF-8 text",
                ));
                continue;
            };
            if let Some((_, values)) = places.get(&name).and_then(|at| parameters.get_mut(*at)) {
                values.push(value);
                continue;
            }
            if parameters.len() == limits::PARAMETERS {
                return Err(too_many(name));
            }
            places.insert(name.clone(), parameters.len());
            parameters.push((name, vec![value]));
        }
        violations.into_result().map_err(Error::BadRequest)?;
        Ok(Self(parameters))
    }

    /// Refuses every parameter: for routes that take none.
    pub(super) fn none(&self) -> Result<(), Error> {
        self.read(std::iter::empty::<&str>, |_, _| None)
    }

    /// Reads every parameter; `read` answers `None` for names that it does not know.
    fn read<I, S>(
        &self,
        known: impl Fn() -> I,
        mut read: impl FnMut(&str, &[String]) -> Option<Result<(), Refusal>>,
    ) -> Result<(), Error>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<str>,
    {
        let mut violations = Violations::new();
        let mut names: Option<Vec<S>> = None;
        for (name, values) in &self.0 {
            let refusal = match read(name, values) {
                Some(Ok(())) => continue,
                Some(Err(refusal)) => refusal,
                None => {
                    let hint = if violations.0.len() < limits::HINTS {
                        let names = names.get_or_insert_with(|| known().into_iter().collect());
                        did_you_mean(name, names.iter().map(AsRef::as_ref))
                    } else {
                        String::new()
                    };
                    ("unknown", format!("there is no parameter {name}{hint}"))
                }
            };
            violations.push(Violation::parameter(name, refusal.0, refusal.1));
        }
        violations.into_result().map_err(Error::BadRequest)
    }
}

/// The parameters of a list.
pub(super) fn list(schema: &'static EntitySchema, query: &str) -> Result<ListRequest, Error> {
    let parameters = Parameters::parse(query)?;
    let mut request = ListRequest::new(schema);
    parameters.read(
        || names(schema),
        |name, values| match name {
            "limit" => Some(number(values).and_then(|limit| request.set_limit(limit))),
            "offset" => Some(number(values).and_then(|offset| request.set_offset(offset))),
            "cursor" => Some(one(values).map(|cursor| request.cursor = Some(cursor.to_owned()))),
            "count" => Some(one(values).and_then(|count| request.set_count(count))),
            "sort" => Some(one(values).and_then(|keys| request.set_sort(keys.split(',')))),
            "q" if list::is_searchable(schema) => {
                Some(one(values).and_then(|text| request.search(text)))
            }
            "deleted" if schema.roles.deleted_at.is_some() => {
                Some(one(values).and_then(|deleted| request.set_deleted(deleted)))
            }
            name => shape_parameter(schema, &mut request.shape, name, values).or_else(|| {
                let target = filter::resolve(schema, name)?;
                Some(filter::operands(&target, values).map(|operands| {
                    let filter = std::mem::replace(
                        &mut request.filter,
                        crate::domain::specification::Predicate::Always,
                    );
                    request.filter = filter.and(target.condition(operands));
                }))
            }),
        },
    )?;
    check_window(&request).map_err(|violation| Error::BadRequest(Violations(vec![violation])))?;
    Ok(request)
}

/// The parameters of a read by id.
pub(super) fn shape(schema: &'static EntitySchema, query: &str) -> Result<Shape, Error> {
    let mut shape = Shape::default();
    Parameters::parse(query)?.read(
        || ["fields", "include"],
        |name, values| shape_parameter(schema, &mut shape, name, values),
    )?;
    Ok(shape)
}

/// The parameter of a batch: whether it is all or nothing.
pub(super) fn batch(query: &str) -> Result<Option<bool>, Error> {
    let mut atomic = None;
    Parameters::parse(query)?.read(
        || ["atomic"],
        |name, values| {
            (name == "atomic").then(|| match one(values)? {
                "true" | "false" => {
                    atomic = Some(values.iter().any(|value| value == "true"));
                    Ok(())
                }
                _ => Err(("type", "expected true or false".to_owned())),
            })
        },
    )?;
    Ok(atomic)
}

/// Refuses every parameter: for routes that take none.
pub(super) fn nothing(query: &str) -> Result<(), Error> {
    Parameters::parse(query)?.none()
}

/// A cursor says where to start, and so does an offset.
fn check_window(request: &ListRequest) -> Result<(), Violation> {
    match (&request.cursor, request.offset) {
        (Some(_), Some(_)) => {
            Err(Violation::parameter("offset", "conflict", "give a cursor or an offset, not both"))
        }
        _ => Ok(()),
    }
}

fn shape_parameter(
    schema: &'static EntitySchema,
    shape: &mut Shape,
    name: &str,
    values: &[String],
) -> Option<Result<(), Refusal>> {
    match name {
        "fields" => Some(one(values).and_then(|names| {
            shape.fields = Some(fields(schema, names.split(','))?);
            Ok(())
        })),
        "include" => Some(one(values).and_then(|paths| {
            shape.include = includes(schema, paths.split(','))?;
            Ok(())
        })),
        _ => None,
    }
}

fn one(values: &[String]) -> Result<&str, Refusal> {
    match values {
        [value] => Ok(value),
        _ => Err(("duplicate", "the parameter is given twice".to_owned())),
    }
}

fn number(values: &[String]) -> Result<u64, Refusal> {
    let text = one(values)?;
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits {
        return Err(("type", "expected a whole number, not negative".to_owned()));
    }
    // Only too many digits are left to go wrong: whether such a number is capped or refused is up to the parameter.
    Ok(text.parse().unwrap_or(u64::MAX))
}

fn names(schema: &'static EntitySchema) -> Vec<String> {
    let mut names = filter::names(schema);
    names.extend(list::members(schema).into_iter().map(str::to_owned));
    names
}

fn too_many(name: String) -> Error {
    let detail = format!("at most {} different parameters", limits::PARAMETERS);
    Error::BadRequest(Violations(vec![Violation::parameter(name, "too_many", detail)]))
}

fn decode(text: &str) -> Option<String> {
    // What does not stand for a byte would be taken as it is written.
    let is_byte = |after: &str| {
        after.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    if !text.split('%').skip(1).all(is_byte) {
        return None;
    }
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}
