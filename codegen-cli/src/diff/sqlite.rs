//! The script for SQLite, which can add, rename and drop simple columns; for all else the table is made anew.
//!
//! The migrator runs it with foreign keys off: dropping a table that is made anew would delete its children.

use super::changes::{Changes, compare, renamed_columns, renamed_tables, steps};
use super::kind::{Conversion, Kind};
use super::resolve::{Kept, Pair, Resolved};
use super::schema::{Column, Rule, constraint, create_index, create_table, define, quoted};
use crate::sql::Dialect;

const DIALECT: Dialect = Dialect::Sqlite;

/// The statements. Indexes go first and come last: their names are shared by all tables.
pub fn script(resolved: &Resolved<'_>) -> Vec<String> {
    let work: Vec<Work<'_>> = resolved.kept.iter().map(|kept| Work::of(resolved, kept)).collect();
    let mut script = Vec::new();
    script.extend(work.iter().flat_map(Work::drop_indexes));
    let dropped = resolved.dropped.iter();
    script.extend(dropped.map(|table| format!("DROP TABLE {};", quoted(&table.name))));
    script.extend(steps(&renamed_tables(resolved)).iter().map(|(from, to)| rename(from, to)));
    script.extend(work.iter().flat_map(Work::drop_columns));
    // SQLite follows a renamed column in the tables that refer to it, if they are not made anew themselves.
    script.extend(work.iter().flat_map(Work::rename_columns));
    script.extend(work.iter().flat_map(Work::change));
    for table in &resolved.created {
        script.push(create_table(&table.name, table, DIALECT, |_| true));
        script.extend(table.sqlite.indexes.iter().map(|it| create_index(&table.name, it)));
    }
    script.extend(work.iter().flat_map(Work::create_indexes));
    script
}

/// What happens to one table that stays.
struct Work<'a> {
    kept: &'a Kept<'a>,
    /// Whether it is made anew.
    anew: bool,
    constraints: Changes<'a>,
    indexes: Changes<'a>,
}

impl<'a> Work<'a> {
    fn of(resolved: &'a Resolved<'a>, kept: &'a Kept<'a>) -> Self {
        let constraints = compare(resolved, kept, DIALECT, |rules| &rules.constraints, |_| false);
        let indexes = compare(resolved, kept, DIALECT, |rules| &rules.indexes, |_| false);
        let can_be_added = |rule: &&Rule| place_of(kept, rule).is_some();
        let anew = !constraints.renamed.is_empty()
            || !constraints.dropped.is_empty()
            || !constraints.added.iter().all(can_be_added)
            || kept.columns.iter().any(needs_new_table);
        Self { kept, anew, constraints, indexes }
    }

    fn table(&self) -> String {
        quoted(&self.kept.after.name)
    }

    fn drop_indexes(&self) -> Vec<String> {
        let renamed = self.indexes.renamed.iter().map(|(from, _)| from);
        let dropped = self.indexes.dropped.iter().map(|index| &index.name);
        let gone = renamed.chain(dropped).filter(|_| !self.anew);
        gone.map(|name| format!("DROP INDEX {};", quoted(name))).collect()
    }

    fn drop_columns(&self) -> Vec<String> {
        let dropped = self.kept.dropped.iter().filter(|_| !self.anew);
        dropped
            .map(|column| {
                format!("ALTER TABLE {} DROP COLUMN {};", self.table(), quoted(&column.name))
            })
            .collect()
    }

    fn rename_columns(&self) -> Vec<String> {
        let mut renames = renamed_columns(self.kept);
        // The old table still has the columns that go: their names may be wanted.
        let wanted = |column: &&&Column| renames.iter().any(|(_, to)| *to == column.name);
        let aside = self.kept.dropped.iter().filter(|_| self.anew).filter(wanted);
        let aside = aside.map(|it| (it.name.clone(), format!("{}__dropped", it.name)));
        renames.extend(aside.collect::<Vec<_>>());
        let rename = |(from, to): &(String, String)| {
            format!(
                "ALTER TABLE {} RENAME COLUMN {} TO {};",
                self.table(),
                quoted(from),
                quoted(to)
            )
        };
        steps(&renames).iter().map(rename).collect()
    }

    fn change(&self) -> Vec<String> {
        if self.anew { self.make_anew() } else { self.add_columns() }
    }

    fn add_columns(&self) -> Vec<String> {
        let new = self.kept.columns.iter().filter(|pair| pair.before.is_none());
        let add = |pair: &Pair<'_>| {
            let name = &pair.after.name;
            let rules = self.constraints.added.iter();
            let rules = rules.filter(|rule| place_of(self.kept, rule) == Some(name));
            let rules: String = rules.map(|rule| in_column(rule)).collect();
            format!(
                "ALTER TABLE {} ADD COLUMN {}{rules};",
                self.table(),
                define(pair.after, DIALECT)
            )
        };
        new.map(add).collect()
    }

    fn make_anew(&self) -> Vec<String> {
        let (table, after) = (self.table(), self.kept.after);
        let new = format!("{}__new", after.name);
        let values = self.kept.columns.iter().filter_map(|pair| Some((pair, value(pair)?)));
        let values: Vec<(&Pair<'_>, Conversion)> = values.collect();
        let names: Vec<String> = values.iter().map(|(pair, _)| quoted(&pair.after.name)).collect();
        let taken: Vec<&str> = values.iter().map(|(_, taken)| taken.value.as_str()).collect();
        let mut script: Vec<String> = values
            .iter()
            .filter_map(|(pair, taken)| Some((pair, taken.fits.as_ref()?)))
            .map(|(pair, fits)| self.guard(&pair.after.name, fits))
            .collect();
        let create = create_table(&new, after, DIALECT, |_| true);
        script.push(format!(
            "-- {} is made anew; a trigger of your own on it would have to be made again here.\n{create}",
            after.name
        ));
        script.push(format!(
            "INSERT INTO {} ({})\n    SELECT {} FROM {table};",
            quoted(&new),
            names.join(", "),
            taken.join(", ")
        ));
        script.push(format!("DROP TABLE {table};"));
        script.push(rename(&new, &after.name));
        script
    }

    /// Fails, and with it the whole step, if a value would be lost.
    fn guard(&self, column: &str, fits: &str) -> String {
        let said = format!("values of {}.{column} fit its new type", self.kept.after.name);
        format!(
            "CREATE TABLE \"__guard\" (\"lost\" INTEGER, CONSTRAINT {} CHECK (\"lost\" = 0));\n\
             INSERT INTO \"__guard\" SELECT count(*) FROM {} WHERE NOT ({fits});\n\
             DROP TABLE \"__guard\";",
            quoted(&said),
            self.table()
        )
    }

    fn create_indexes(&self) -> Vec<String> {
        let after = self.kept.after;
        let is_wanted = |index: &&Rule| {
            self.anew
                || self.indexes.added.contains(index)
                || self.indexes.renamed.iter().any(|(_, to)| *to == index.name)
        };
        let indexes = after.sqlite.indexes.iter().filter(is_wanted);
        indexes.map(|index| create_index(&after.name, index)).collect()
    }
}

fn rename(from: &str, to: &str) -> String {
    format!("ALTER TABLE {} RENAME TO {};", quoted(from), quoted(to))
}

/// The new, optional column that a constraint can be added with.
fn place_of<'a>(kept: &Kept<'a>, rule: &Rule) -> Option<&'a String> {
    let names = rule.columns();
    let [name] = names.as_slice() else { return None };
    let pair = kept.columns.iter().find(|pair| pair.after.name == *name)?;
    let is_simple = pair.before.is_none() && pair.after.nullable && pair.fill.is_none();
    (is_simple && !rule.text.starts_with("PRIMARY KEY")).then_some(&pair.after.name)
}

/// A constraint of one column, as it stands behind the column.
fn in_column(rule: &Rule) -> String {
    let rule = match rule.text.split_once(") REFERENCES ").filter(|_| rule.is_foreign_key()) {
        Some((_, target)) => Rule { name: rule.name.clone(), text: format!("REFERENCES {target}") },
        None => rule.clone(),
    };
    format!(" {}", constraint(&rule))
}

/// Whether the column cannot be had by altering the table.
fn needs_new_table(pair: &Pair<'_>) -> bool {
    let Some(before) = pair.before else { return !pair.after.nullable || pair.fill.is_some() };
    let same = Conversion { value: quoted(&pair.after.name), fits: None };
    before.nullable != pair.after.nullable
        || before.sqlite != pair.after.sqlite
        || value(pair).is_some_and(|value| value != same)
}

/// Where the values of a column come from; `None` where there are none.
fn value(pair: &Pair<'_>) -> Option<Conversion> {
    let kind = Kind::of(&pair.after.postgres);
    let fill = pair.fill.and_then(|literal| literal.write(kind?, DIALECT));
    let Some(before) = pair.before else {
        return fill.map(|value| Conversion { value, fits: None });
    };
    let from = Kind::of(&before.postgres);
    let conversion = from.zip(kind).and_then(|(a, b)| a.convert(b, &pair.after.name, DIALECT));
    let kept = Conversion { value: quoted(&pair.after.name), fits: None };
    let conversion = conversion.unwrap_or(kept);
    Some(match fill {
        Some(fill) => {
            Conversion { value: format!("coalesce({}, {fill})", conversion.value), ..conversion }
        }
        None => conversion,
    })
}
