//! Which table and column was which: by name, unless a hint says otherwise. Nothing is guessed.

use super::hints::{Fill, Hints, Place, Rename};
use super::kind::Kind;
use super::literal::Literal;
use super::schema::{Column, Rule, Schema, Table};
use super::text::renamed;
use super::zero;
use crate::problems::Problems;
use crate::sql::Dialect;

/// Both schemas, taken apart into what is to be done.
#[derive(Debug)]
pub struct Resolved<'a> {
    /// Tables that are new.
    pub created: Vec<&'a Table>,
    /// Tables that go.
    pub dropped: Vec<&'a Table>,
    /// Tables that stay.
    pub kept: Vec<Kept<'a>>,
}

/// A table that stays.
#[derive(Debug)]
pub struct Kept<'a> {
    /// As it was.
    pub before: &'a Table,
    /// As it shall be.
    pub after: &'a Table,
    /// Its columns as they shall be.
    pub columns: Vec<Pair<'a>>,
    /// Columns that go.
    pub dropped: Vec<&'a Column>,
}

/// A column that shall be there.
#[derive(Debug)]
pub struct Pair<'a> {
    /// As it was; `None` if it is new.
    pub before: Option<&'a Column>,
    /// As it shall be.
    pub after: &'a Column,
    /// What rows without a value get.
    pub fill: Option<&'a Literal>,
}

/// Takes both schemas apart.
///
/// # Errors
/// Everything that vanished without a word, every missing value, every hint that fits nothing.
pub fn resolve<'a>(
    before: &'a Schema,
    after: &'a Schema,
    hints: &'a Hints,
) -> Result<Resolved<'a>, Problems> {
    let mut problems = Problems::default();
    check_hints(before, after, hints, &mut problems);
    let origin = |table: &str| {
        let renamed = hints.renames.iter().find(|it| it.from.column.is_none() && it.to == table);
        let name = renamed.map_or(table, |it| &it.from.table);
        let gone = renamed.is_none() && (is_renamed(hints, name) || is_dropped(hints, name));
        before.table(name).filter(|_| !gone)
    };
    let mut resolved = Resolved { created: Vec::new(), dropped: Vec::new(), kept: Vec::new() };
    for table in &after.tables {
        match origin(&table.name) {
            Some(from) => {
                // A hint may name the table as it was or, where nothing else had that name, as it is.
                let names = if before.table(&table.name).is_some() {
                    [from.name.as_str(); 2]
                } else {
                    [from.name.as_str(), table.name.as_str()]
                };
                resolved.kept.push(keep((from, table), names, hints, &mut problems));
            }
            None => resolved.created.push(table),
        }
    }
    for table in &before.tables {
        if resolved.kept.iter().all(|kept| kept.before.name != table.name) {
            resolved.dropped.push(table);
            if !is_dropped(hints, &table.name) {
                let new = resolved.created.iter().map(|table| table.name.as_str()).collect();
                vanished(&Place::table(&table.name), new, &mut problems);
            }
        }
    }
    problems.into_result(resolved)
}

impl Resolved<'_> {
    /// What must be said for the way back, where nobody can be asked.
    pub fn reverse(&self) -> Hints {
        let mut hints = Hints::default();
        hints.drops.extend(self.created.iter().map(|table| Place::table(&table.name)));
        for Kept { before, after, columns, dropped } in &self.kept {
            let table = &after.name;
            if before.name != after.name {
                let (from, to) = (Place::table(table), before.name.clone());
                hints.renames.push(Rename { from, to });
            }
            for pair in columns {
                let place = Place::column(table, &pair.after.name);
                let Some(was) = pair.before.filter(|was| pair.converts_back(was)) else {
                    hints.drops.push(place);
                    continue;
                };
                if was.name != pair.after.name {
                    hints.renames.push(Rename { from: place, to: was.name.clone() });
                }
            }
            let lost = columns.iter().filter_map(|pair| match pair.before {
                Some(was) if pair.converts_back(was) && !pair.after.nullable => None,
                was => was,
            });
            for column in dropped.iter().copied().chain(lost).filter(|column| !column.nullable) {
                let literal = zero::of(before, column);
                let (table, column) = (before.name.clone(), column.name.clone());
                hints.fills.push(Fill { table, column, literal });
            }
        }
        hints
    }

    /// A constraint or index of a table that stays, in the words of now. What names something that goes is like
    /// nothing else.
    pub fn in_words_of_now(&self, kept: &Kept<'_>, rule: &Rule) -> Rule {
        let own = |name: &str| kept.now(name);
        let text = match rule.text.split_once(") REFERENCES ").filter(|_| rule.is_foreign_key()) {
            Some((columns, target)) => {
                let mut table = None;
                let target = renamed(target, |name| match &table {
                    None => {
                        let found = self.kept.iter().find(|kept| kept.before.name == name);
                        table = Some(found);
                        found.map_or_else(|| gone(name), |kept| kept.after.name.clone())
                    }
                    Some(Some(kept)) => kept.now(name),
                    Some(None) => gone(name),
                });
                format!("{}) REFERENCES {target}", renamed(columns, own))
            }
            None => renamed(&rule.text, own),
        };
        Rule { name: rule.name.clone(), text }
    }
}

impl Kept<'_> {
    /// What a column of before is called now.
    fn now(&self, name: &str) -> String {
        let pair = self.columns.iter().find(|pair| pair.before.is_some_and(|it| it.name == name));
        pair.map_or_else(|| gone(name), |pair| pair.after.name.clone())
    }
}

impl Pair<'_> {
    /// Whether the values, or their type, change.
    pub fn changes_kind(&self) -> bool {
        self.before.is_some_and(|before| {
            before.postgres != self.after.postgres || before.sqlite != self.after.sqlite
        })
    }

    fn converts_back(&self, was: &Column) -> bool {
        converts(self.after, was)
    }
}

/// A name that nothing has.
fn gone(name: &str) -> String {
    format!("{name} is gone")
}

fn is_dropped(hints: &Hints, table: &str) -> bool {
    hints.drops.contains(&Place::table(table))
}

fn is_renamed(hints: &Hints, table: &str) -> bool {
    hints.renames.iter().any(|it| it.from == Place::table(table))
}

fn converts(from: &Column, to: &Column) -> bool {
    let convert = || {
        let (from, to) = (Kind::of(&from.postgres)?, Kind::of(&to.postgres)?);
        from.convert(to, "", Dialect::Sqlite)
    };
    from.postgres == to.postgres || convert().is_some()
}

fn keep<'a>(
    (before, after): (&'a Table, &'a Table),
    names: [&str; 2],
    hints: &'a Hints,
    problems: &mut Problems,
) -> Kept<'a> {
    let is_here = |place: &Place| names.contains(&place.table.as_str());
    let renames: Vec<(&str, &str)> = hints
        .renames
        .iter()
        .filter(|it| is_here(&it.from))
        .filter_map(|it| Some((it.from.column.as_deref()?, it.to.as_str())))
        .collect();
    let drops: Vec<&str> =
        hints.drops.iter().filter(|it| is_here(it)).filter_map(|it| it.column.as_deref()).collect();
    let origin = |name: &str| match renames.iter().find(|(_, to)| *to == name) {
        Some((from, _)) => before.column(from),
        None if renames.iter().any(|(from, _)| *from == name) || drops.contains(&name) => None,
        None => before.column(name),
    };
    let columns = after.columns.iter().map(|column| Pair {
        before: origin(&column.name),
        after: column,
        fill: hints
            .fills
            .iter()
            .find(|fill| fill.table == after.name && fill.column == column.name)
            .map(|fill| &fill.literal),
    });
    let columns: Vec<Pair<'a>> = columns.collect();
    for pair in &columns {
        check_column(after, pair, problems);
    }
    let stays =
        |name: &str| columns.iter().any(|it| it.before.is_some_and(|before| before.name == name));
    let dropped: Vec<&Column> =
        before.columns.iter().filter(|column| !stays(&column.name)).collect();
    for column in dropped.iter().filter(|column| !drops.contains(&column.name.as_str())) {
        let new = columns.iter().filter(|pair| pair.before.is_none()).map(|pair| pair.after);
        let new = new.filter(|new| converts(column, new));
        let (alike, others): (Vec<_>, Vec<_>) = new.partition(|it| it.postgres == column.postgres);
        let new = alike.into_iter().chain(others).map(|column| column.name.as_str()).collect();
        vanished(&Place::column(&before.name, &column.name), new, problems);
    }
    Kept { before, after, columns, dropped }
}

fn check_column(table: &Table, pair: &Pair<'_>, problems: &mut Problems) {
    let Pair { before, after, fill } = pair;
    let place = Place::column(&table.name, &after.name);
    let kind = Kind::of(&after.postgres);
    let needs = !after.nullable && before.is_none_or(|before| before.nullable);
    let example = kind.map_or("'text'", Literal::example);
    let how = format!("`--fill \"{place}={example}\"`");
    match fill {
        None if needs => problems.add(
            format!("`{place}` must have a value, and rows that are there already have none"),
            format!(
                "give them one, such as {how}\nor let it be missing: make the field an `Option`"
            ),
        ),
        Some(_) if !needs && before.is_some() => {
            problems.add(format!("`{place}` needs no value"), "leave its `--fill` out");
        }
        Some(literal)
            if kind.is_none_or(|kind| {
                Dialect::BOTH.iter().any(|dialect| literal.write(kind, *dialect).is_none())
            }) =>
        {
            problems.add(
                format!("the value for `{place}` does not fit its type, {}", after.postgres),
                format!("write it such as {how}"),
            );
        }
        _ => {}
    }
    if let Some(before) = before.filter(|before| !converts(before, after)) {
        problems.add(
            format!(
                "the values of `{place}` cannot change from {} to {}",
                before.postgres, after.postgres
            ),
            format!(
                "give them up with `--drop {}`, or keep the field and add another",
                Place::column(&table.name, &before.name)
            ),
        );
    }
}

fn check_hints(before: &Schema, after: &Schema, hints: &Hints, problems: &mut Problems) {
    // A table may be named as it was or as it is.
    let old_name = |table: &str| {
        let renamed = hints.renames.iter().find(|it| it.from.column.is_none() && it.to == table);
        renamed.map_or(table.to_owned(), |it| it.from.table.clone())
    };
    let was = |place: &Place| {
        let table = before.table(&place.table).or_else(|| before.table(&old_name(&place.table)));
        table.is_some_and(|table| {
            place.column.as_ref().is_none_or(|column| table.column(column).is_some())
        })
    };
    let unknown = |place: &Place| format!("there was no `{place}` in the last schema");
    let look = "see what there was in migrations/schema.postgres.sql";
    for place in hints.drops.iter().chain(hints.renames.iter().map(|it| &it.from)) {
        if !was(place) {
            problems.add(unknown(place), look);
        }
    }
    for Rename { from, to } in &hints.renames {
        let table = |table: &str| {
            let new = hints.renames.iter().find(|it| it.from == Place::table(table));
            after.table(new.map_or(table, |it| &it.to))
        };
        let is = match &from.column {
            None => after.table(to).is_some(),
            Some(_) => table(&from.table).is_some_and(|table| table.column(to).is_some()),
        };
        if !is {
            problems.add(
                format!("`{from}` cannot be called `{to}` now: no entity declares that"),
                "write the name that is declared now behind the `=`",
            );
        }
    }
    for Fill { table, column, .. } in &hints.fills {
        if after.table(table).is_none_or(|table| table.column(column).is_none()) {
            problems.add(
                format!("there is no `{table}.{column}` to give a value to"),
                "write the names that are declared now",
            );
        }
    }
}

/// Both ways to go on, ready to be copied.
fn vanished(place: &Place, new: Vec<&str>, problems: &mut Problems) {
    let new = if new.is_empty() { vec!["NEW_NAME"] } else { new };
    let renames = new.iter().map(|new| format!("`--rename {place}={new}`"));
    let renames = renames.collect::<Vec<_>>().join(" or ");
    problems.add(
        format!("`{place}` is no longer declared"),
        format!("if it has another name now: {renames}\nif its values may go: `--drop {place}`"),
    );
}
