//! What a list request asks for, whichever door it came through.

use super::cursor::{self, Binding, CursorKey, Side};
use super::suggest::{did_you_mean, not_among};
use super::wire::Refusal;
use super::{limits, relation_paths};
use crate::application::context::Context;
use crate::application::relatives::Include;
use crate::domain::entity::Entity;
use crate::domain::error::Error;
use crate::domain::query::{
    Count, Deleted, Direction, Lock, Order, Position, Query, Window, total_order,
};
use crate::domain::schema::EntitySchema;
use crate::domain::specification::{Predicate, Specification, TextMatch};

/// A list request, understood.
#[derive(Debug, Clone)]
pub(super) struct ListRequest {
    pub schema: &'static EntitySchema,
    pub filter: Predicate,
    pub sort: Vec<Order>,
    pub cursor: Option<String>,
    pub offset: Option<u64>,
    pub limit: u32,
    /// The limit as it was asked for, if it was.
    pub asked: Option<u64>,
    /// How to count, if the request says so.
    pub count: Option<Count>,
    pub deleted: Deleted,
    pub shape: Shape,
}

/// Which members an answer shows.
#[derive(Debug, Clone, Default)]
pub(super) struct Shape {
    /// Only these; all where nothing is said.
    pub fields: Option<Vec<&'static str>>,
    /// Relations to load.
    pub include: Vec<Include>,
}

impl Shape {
    /// Whether this is the default representation.
    pub(super) fn is_default(&self) -> bool {
        self.fields.is_none() && self.include.is_empty()
    }

    /// The positions to read, when the shape is columns and nothing else.
    pub(super) fn columns(&self, schema: &EntitySchema) -> Option<Vec<usize>> {
        let fields = self.fields.as_ref().filter(|_| self.include.is_empty())?;
        fields.iter().map(|name| schema.position(name)).collect()
    }

    /// Leaves only the wanted members of a view.
    pub(super) fn prune(&self, view: &mut serde_json::Map<String, serde_json::Value>) {
        if let Some(fields) = &self.fields {
            view.retain(|name, _| fields.iter().any(|wanted| wanted == name));
        }
    }
}

impl ListRequest {
    /// A request for the first page of everything.
    pub(super) fn new(schema: &'static EntitySchema) -> Self {
        Self {
            schema,
            filter: Predicate::Always,
            sort: Vec::new(),
            cursor: None,
            offset: None,
            limit: schema.options.default_limit,
            asked: None,
            count: None,
            deleted: Deleted::Exclude,
            shape: Shape::default(),
        }
    }

    /// The question to the use case.
    pub(super) fn query<E: Entity>(
        &self,
        key: &CursorKey,
        context: &Context,
    ) -> Result<Query<E>, Error> {
        let window = match (&self.cursor, self.offset) {
            (Some(cursor), _) => {
                let order = self.order();
                cursor::decode(key, &self.binding(&order, context), cursor)?
            }
            (None, Some(offset)) => Window::Offset(offset),
            (None, None) => Window::First,
        };
        Ok(Query {
            filter: Specification::new(self.filter.clone()),
            sort: self.sort.clone(),
            window,
            limit: self.limit,
            count: self.count.unwrap_or(Count::None),
            deleted: self.deleted,
            lock: Lock::None,
        })
    }

    /// The cursor of a position that the use case answered.
    pub(super) fn cursor(
        &self,
        key: &CursorKey,
        context: &Context,
        side: Side,
        position: Option<&Position>,
    ) -> Option<String> {
        let order = self.order();
        position.map(|position| cursor::encode(key, &self.binding(&order, context), side, position))
    }

    fn order(&self) -> Vec<Order> {
        total_order(self.schema, &self.sort)
    }

    fn binding<'a>(&'a self, order: &'a [Order], context: &'a Context) -> Binding<'a> {
        let (schema, filter, deleted) = (self.schema, &self.filter, self.deleted);
        Binding { schema, filter, order, deleted, context }
    }

    /// Narrows the list to rows that contain the text in a searched field.
    pub(super) fn search(&mut self, text: &str) -> Result<(), Refusal> {
        if text.chars().count() > limits::SEARCH {
            return Err(("too_long", format!("at most {} characters", limits::SEARCH)));
        }
        if text.contains('\0') {
            return Err(("nul_character", "text must not contain NUL characters".to_owned()));
        }
        let fields = self.schema.fields.iter().enumerate();
        let matches = fields
            .filter(|(_, field)| field.search && field.access.read)
            .map(|(field, _)| Predicate::Text {
                field,
                kind: TextMatch::Contains,
                text: text.to_owned(),
                ignore_case: true,
            })
            .fold(Predicate::Never, Predicate::or);
        if !text.is_empty() {
            self.filter = std::mem::replace(&mut self.filter, Predicate::Always).and(matches);
        }
        Ok(())
    }

    /// Sets the page size; more than the entity allows is taken as the most it allows.
    pub(super) fn set_limit(&mut self, limit: u64) -> Result<(), Refusal> {
        if limit == 0 {
            return Err(("out_of_range", "limit must be at least 1".to_owned()));
        }
        self.asked = Some(limit);
        let most = self.schema.options.max_limit;
        self.limit = u32::try_from(limit).unwrap_or(most).min(most);
        Ok(())
    }

    /// Skips this many rows.
    pub(super) fn set_offset(&mut self, offset: u64) -> Result<(), Refusal> {
        if offset > limits::OFFSET {
            return Err(("out_of_range", format!("offset must be 0 to {}", limits::OFFSET)));
        }
        self.offset = Some(offset);
        Ok(())
    }

    /// Chooses whether to count.
    pub(super) fn set_count(&mut self, count: &str) -> Result<(), Refusal> {
        self.count = Some(match count {
            "none" => Count::None,
            "estimated" => Count::Estimated,
            "exact" => Count::Exact,
            _ => return Err(("unknown_value", "expected none, estimated or exact".to_owned())),
        });
        Ok(())
    }

    /// Chooses what to do with rows marked as deleted.
    pub(super) fn set_deleted(&mut self, deleted: &str) -> Result<(), Refusal> {
        self.deleted = match deleted {
            "exclude" => Deleted::Exclude,
            "include" => Deleted::Include,
            "only" => Deleted::Only,
            _ => return Err(("unknown_value", "expected exclude, include or only".to_owned())),
        };
        Ok(())
    }

    /// Adds the sort keys.
    pub(super) fn set_sort<'a>(
        &mut self,
        keys: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), Refusal> {
        for key in keys {
            let (name, direction) = match key.strip_prefix('-') {
                Some(name) => (name, Direction::Descending),
                None => (key, Direction::Ascending),
            };
            let sortable =
                || self.schema.fields.iter().filter(|field| field.sort && field.access.read);
            let Some(known) = sortable().find(|field| field.name == name) else {
                let names = sortable().map(|field| field.name);
                return Err(("unknown", not_among(name, "is not a field to sort by", names)));
            };
            if let Some(field) = self.schema.position(known.name) {
                self.sort.push(Order { field, direction });
            }
        }
        if self.sort.len() > limits::SORT_KEYS {
            return Err(("too_long", format!("at most {} sort keys", limits::SORT_KEYS)));
        }
        Ok(())
    }
}

/// What a list takes beside its filter, in the query string and in the search body alike.
pub(super) fn members(schema: &'static EntitySchema) -> Vec<&'static str> {
    let mut members = vec!["limit", "offset", "cursor", "count", "fields"];
    let optional = [
        ("sort", schema.fields.iter().any(|field| field.sort && field.access.read)),
        ("include", schema.relations.iter().any(|relation| !relation.owned)),
        ("q", is_searchable(schema)),
        ("deleted", schema.roles.deleted_at.is_some()),
    ];
    members.extend(optional.iter().filter(|(_, open)| *open).map(|(name, _)| *name));
    members
}

/// Whether `q` finds anything here.
pub(super) fn is_searchable(schema: &EntitySchema) -> bool {
    schema.fields.iter().any(|field| field.search && field.access.read)
}

/// The members that `fields` names.
pub(super) fn fields<'a>(
    schema: &'static EntitySchema,
    names: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<&'static str>, Refusal> {
    let known = || {
        let readable = schema.fields.iter().filter(|field| field.access.read);
        readable.map(|field| field.name).chain(schema.owned().map(|relation| relation.name))
    };
    let mut found: Vec<&'static str> = Vec::new();
    let most = known().count();
    for (index, name) in names.into_iter().enumerate() {
        let Some(name) = known().find(|known| *known == name) else {
            let refusal = format!("is not a field of {}", schema.name);
            return Err(("unknown", not_among(name, &refusal, known())));
        };
        check_count(index, most)?;
        if !found.contains(&name) {
            found.push(name);
        }
    }
    Ok(found)
}

/// The relations that `include` names, such as `category` or `category.parent`.
pub(super) fn includes<'a>(
    schema: &'static EntitySchema,
    paths: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<Include>, Refusal> {
    let mut tree = Vec::new();
    let most = include_paths(schema).len();
    for (index, path) in paths.into_iter().enumerate() {
        let parts: Vec<&str> = path.split('.').collect();
        if parts.len() > schema.options.include_depth as usize {
            let most = schema.options.include_depth;
            return Err(("too_deep", format!("include nests at most {most} deep")));
        }
        add_include(schema, &mut tree, &parts)?;
        check_count(index, most)?;
    }
    Ok(tree)
}

/// Everything that `include` may name.
pub(super) fn include_paths(schema: &'static EntitySchema) -> Vec<String> {
    let ways = relation_paths::below(schema, schema.options.include_depth, |known| !known.owned);
    ways.into_iter().map(|(names, _)| names.join(".")).collect()
}

/// Refuses lists that are longer than what there is to name.
fn check_count(index: usize, most: usize) -> Result<(), Refusal> {
    let names = if most == 1 { "name" } else { "names" };
    if index < most { Ok(()) } else { Err(("too_long", format!("at most {most} {names}"))) }
}

fn add_include(
    schema: &'static EntitySchema,
    tree: &mut Vec<Include>,
    path: &[&str],
) -> Result<(), Refusal> {
    let Some((name, rest)) = path.split_first() else { return Ok(()) };
    let mut known = schema.relations.iter().filter(|relation| !relation.owned);
    let Some(relation) = known.find(|relation| relation.name == *name) else {
        return Err(("unknown", not_included(schema, name)));
    };
    let at = tree.iter().position(|include| include.relation.name == *name).unwrap_or_else(|| {
        tree.push(Include { relation, nested: Vec::new() });
        tree.len() - 1
    });
    match tree.get_mut(at) {
        Some(include) => add_include((relation.target)(), &mut include.nested, rest),
        None => Ok(()),
    }
}

/// Why `include` cannot name this, and what it can.
fn not_included(schema: &EntitySchema, name: &str) -> String {
    let entity = schema.name;
    if schema.owned().any(|relation| relation.name == name) {
        return format!("{name} is a part of {entity}, shown without being asked for");
    }
    let relations = schema.relations.iter().filter(|relation| !relation.owned);
    let names: Vec<&str> = relations.map(|relation| relation.name).collect();
    if name.is_empty() {
        return not_among(name, "", names);
    }
    if names.is_empty() {
        return format!("{name} is not a relation of {entity}, which has none to include");
    }
    let hint = did_you_mean(name, names.iter().copied());
    let hint = if hint.is_empty() { format!("; there are: {}", names.join(", ")) } else { hint };
    format!("{name} is not a relation of {entity}{hint}")
}
