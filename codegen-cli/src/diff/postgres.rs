//! The script for PostgreSQL: it can alter everything in place.

use super::changes::{Changes, compare, renamed_columns, renamed_tables, steps};
use super::kind::Kind;
use super::resolve::{Kept, Pair, Resolved};
use super::schema::{Rule, Table, constraint, create_index, create_table, define, quoted};
use crate::sql::Dialect;

const DIALECT: Dialect = Dialect::Postgres;

/// The statements, in an order in which each finds what it needs: what stands in the way goes first, references come
/// last.
pub fn script(resolved: &Resolved<'_>) -> Vec<String> {
    let work: Vec<Work<'_>> = resolved.kept.iter().map(|kept| Work::of(resolved, kept)).collect();
    let mut script = Vec::new();
    script.extend(work.iter().flat_map(|work| work.drop_constraints(Rule::is_foreign_key)));
    script.extend(drop_tables(&resolved.dropped));
    script.extend(work.iter().flat_map(|work| work.drop_constraints(|it| !it.is_foreign_key())));
    script.extend(work.iter().flat_map(Work::drop_indexes));
    script.extend(work.iter().flat_map(Work::drop_columns));
    script.extend(
        steps(&renamed_tables(resolved))
            .iter()
            .map(|(from, to)| format!("ALTER TABLE {} RENAME TO {};", quoted(from), quoted(to))),
    );
    script.extend(work.iter().flat_map(Work::rename_columns));
    script.extend(work.iter().flat_map(Work::rename_constraints));
    let indexes: Vec<_> =
        work.iter().flat_map(|work| work.indexes.renamed.iter().cloned()).collect();
    script.extend(
        steps(&indexes)
            .iter()
            .map(|(from, to)| format!("ALTER INDEX {} RENAME TO {};", quoted(from), quoted(to))),
    );
    script.extend(work.iter().flat_map(Work::change_columns));
    script.extend(work.iter().flat_map(|work| work.add_constraints(|it| !it.is_foreign_key())));
    script.extend(create_tables(&resolved.created));
    script.extend(work.iter().flat_map(|work| work.add_constraints(Rule::is_foreign_key)));
    script.extend(work.iter().flat_map(|work| {
        work.indexes.added.iter().map(|index| create_index(&work.kept.after.name, index))
    }));
    script
}

/// What happens to one table that stays.
struct Work<'a> {
    kept: &'a Kept<'a>,
    constraints: Changes<'a>,
    indexes: Changes<'a>,
}

impl<'a> Work<'a> {
    fn of(resolved: &'a Resolved<'a>, kept: &'a Kept<'a>) -> Self {
        let changes = |table: &str, column: &str| {
            let kept = resolved.kept.iter().find(|kept| kept.after.name == table);
            kept.is_some_and(|kept| {
                kept.columns.iter().any(|it| it.after.name == column && it.changes_kind())
            })
        };
        // While one end of a reference has another type than the other, there can be none; and a check of a column
        // that changed its type would be kept in the words of the old one.
        let anew = |rule: &Rule| {
            let own = rule.columns();
            !rule.text.starts_with("PRIMARY KEY")
                && (own.iter().any(|column| changes(&kept.after.name, column))
                    || rule.target().is_some_and(|(table, column)| changes(&table, &column)))
        };
        Self {
            kept,
            constraints: compare(resolved, kept, DIALECT, |rules| &rules.constraints, anew),
            indexes: compare(resolved, kept, DIALECT, |rules| &rules.indexes, |_| false),
        }
    }

    fn drop_constraints(&self, wanted: impl Fn(&Rule) -> bool) -> Vec<String> {
        let table = quoted(&self.kept.before.name);
        let dropped = self.constraints.dropped.iter().filter(|rule| wanted(rule));
        dropped
            .map(|rule| format!("ALTER TABLE {table} DROP CONSTRAINT {};", quoted(&rule.name)))
            .collect()
    }

    fn drop_indexes(&self) -> Vec<String> {
        let dropped = self.indexes.dropped.iter();
        dropped.map(|index| format!("DROP INDEX {};", quoted(&index.name))).collect()
    }

    fn drop_columns(&self) -> Vec<String> {
        let table = quoted(&self.kept.before.name);
        let dropped = self.kept.dropped.iter();
        dropped
            .map(|column| format!("ALTER TABLE {table} DROP COLUMN {};", quoted(&column.name)))
            .collect()
    }

    fn rename_columns(&self) -> Vec<String> {
        let table = quoted(&self.kept.after.name);
        let renames = steps(&renamed_columns(self.kept));
        let rename = |(from, to): &(String, String)| {
            format!("ALTER TABLE {table} RENAME COLUMN {} TO {};", quoted(from), quoted(to))
        };
        renames.iter().map(rename).collect()
    }

    fn rename_constraints(&self) -> Vec<String> {
        let table = quoted(&self.kept.after.name);
        let renames = steps(&self.constraints.renamed);
        let rename = |(from, to): &(String, String)| {
            format!("ALTER TABLE {table} RENAME CONSTRAINT {} TO {};", quoted(from), quoted(to))
        };
        renames.iter().map(rename).collect()
    }

    fn change_columns(&self) -> Vec<String> {
        let table = quoted(&self.kept.after.name);
        self.kept.columns.iter().flat_map(|pair| change_column(&table, pair)).collect()
    }

    fn add_constraints(&self, wanted: impl Fn(&Rule) -> bool) -> Vec<String> {
        let table = &self.kept.after.name;
        let added = self.constraints.added.iter().filter(|rule| wanted(rule));
        added.map(|rule| add_constraint(table, rule)).collect()
    }
}

fn change_column(table: &str, pair: &Pair<'_>) -> Vec<String> {
    let Pair { before, after, .. } = pair;
    let column = quoted(&after.name);
    let kind = Kind::of(&after.postgres);
    let fill = pair.fill.and_then(|literal| literal.write(kind?, DIALECT));
    let alter = |what: &str| format!("ALTER TABLE {table} ALTER COLUMN {column} {what};");
    let Some(before) = before else {
        let definition = define(after, DIALECT);
        return match fill {
            None => vec![format!("ALTER TABLE {table} ADD COLUMN {definition};")],
            Some(fill) => vec![
                format!("ALTER TABLE {table} ADD COLUMN {definition} DEFAULT {fill};"),
                alter("DROP DEFAULT"),
            ],
        };
    };
    let mut script = Vec::new();
    if before.postgres != after.postgres {
        let from = Kind::of(&before.postgres);
        let conversion = from.zip(kind).and_then(|(a, b)| a.convert(b, &after.name, DIALECT));
        let value = conversion.as_ref().map_or(column.clone(), |it| it.value.clone());
        if let Some(fits) = conversion.and_then(|it| it.fits) {
            script.push(guard(table, &after.name, &fits));
        }
        script.push(alter(&format!("TYPE {} USING {value}", after.postgres)));
    }
    match (before.nullable, after.nullable) {
        (true, false) => {
            let update =
                |fill| format!("UPDATE {table} SET {column} = {fill} WHERE {column} IS NULL;");
            script.extend(fill.map(update));
            script.push(alter("SET NOT NULL"));
        }
        (false, true) => script.push(alter("DROP NOT NULL")),
        _ => {}
    }
    script
}

/// Fails, and with it the whole step, if a value would be lost.
fn guard(table: &str, column: &str, fits: &str) -> String {
    let said = format!("values of {}.{column} do not fit its new type", table.trim_matches('"'));
    format!(
        "DO $guard$ BEGIN\n    IF EXISTS (SELECT FROM {table} WHERE NOT ({fits})) THEN\n        \
         RAISE EXCEPTION '{}';\n    END IF;\nEND $guard$;",
        said.replace('\'', "''").replace('%', "%%")
    )
}

/// All in one statement, so that references between them are no matter.
fn drop_tables(tables: &[&Table]) -> Option<String> {
    let names: Vec<String> = tables.iter().map(|table| quoted(&table.name)).collect();
    (!names.is_empty()).then(|| format!("DROP TABLE {};", names.join(", ")))
}

/// Those that are referred to first; what closes a circle is added at the end.
fn create_tables(tables: &[&Table]) -> Vec<String> {
    let mut waiting: Vec<&Table> = tables.to_vec();
    waiting.sort_by_key(|table| &table.name);
    let (mut script, mut later) = (Vec::new(), Vec::new());
    while !waiting.is_empty() {
        let is_ready = |table: &&Table| {
            !targets(table).any(|it| it != table.name && waiting.iter().any(|w| w.name == it))
        };
        let at = waiting.iter().position(is_ready).unwrap_or(0);
        let table = waiting.remove(at);
        let is_late = |rule: &Rule| {
            rule.target().is_some_and(|(target, _)| waiting.iter().any(|it| it.name == target))
        };
        script.push(create_table(&table.name, table, DIALECT, |rule| !is_late(rule)));
        let late = table.postgres.constraints.iter().filter(|rule| is_late(rule));
        later.extend(late.map(|rule| add_constraint(&table.name, rule)));
        script.extend(table.postgres.indexes.iter().map(|it| create_index(&table.name, it)));
    }
    script.extend(later);
    script
}

fn targets(table: &Table) -> impl Iterator<Item = String> {
    table.postgres.constraints.iter().filter_map(|rule| rule.target().map(|(table, _)| table))
}

fn add_constraint(table: &str, rule: &Rule) -> String {
    format!("ALTER TABLE {} ADD {};", quoted(table), constraint(rule))
}
