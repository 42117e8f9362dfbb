//! What a person would say beside two schemas, by the toss of a coin.

use codegen_cli::diff::hints::{Fill, Hints, Place, Rename};
use codegen_cli::diff::kind::Kind;
use codegen_cli::diff::literal::Literal;
use codegen_cli::sql::Dialect;

use super::samples::{KINDS, Resolved, ResolvedColumn};

const TEXT: usize = 5;
const BOOL: usize = 6;
const DATE: usize = 7;

/// The hints; what cannot be had at all, such as a required reference into a new, empty table, is made optional.
pub(crate) fn agree(from: &Resolved, to: &mut Resolved, mut coins: u64) -> Hints {
    let mut toss = || {
        coins = coins.rotate_left(7).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        coins.is_multiple_of(2)
    };
    let mut hints = Hints::default();
    for table in &from.tables {
        if to.table(&table.name).is_some() {
            continue;
        }
        let is_free = |name: &str| {
            from.table(name).is_none() && hints.renames.iter().all(|rename| rename.to != name)
        };
        let new =
            to.tables.iter().find(|table| is_free(&table.name)).map(|table| table.name.clone());
        let place = Place::table(&table.name);
        match new.filter(|_| toss()) {
            Some(to) => hints.renames.push(Rename { from: place, to }),
            None => hints.drops.push(place),
        }
    }
    for table in &mut to.tables {
        let Some(old) = from.table(&was(&hints, &table.name)) else { continue };
        let mut renamed: Vec<(String, String)> = Vec::new();
        for column in &old.columns {
            let place = Place::column(&old.name, &column.name);
            let same = table.columns.iter().find(|it| it.name == column.name);
            if same.is_some_and(|new| fits(&hints, from, column, new)) {
                continue;
            }
            let mut new = table.columns.iter().filter(|it| {
                old.column(&it.name).is_none()
                    && renamed.iter().all(|(_, to)| *to != it.name)
                    && it.name.len() == column.name.len()
                    && (it.name == "u") == (column.name == "u")
                    && it.reference.is_some() == column.reference.is_some()
                    && fits(&hints, from, column, it)
            });
            match new.next().filter(|_| same.is_none() && toss()) {
                Some(new) => {
                    renamed.push((column.name.clone(), new.name.clone()));
                    hints.renames.push(Rename { from: place, to: new.name.clone() });
                }
                None => hints.drops.push(place),
            }
        }
        for column in &mut table.columns {
            let before = origin(&hints, from, &table.name, &column.name);
            if column.nullable || before.is_some_and(|before| !before.nullable) {
                continue;
            }
            let target = column.reference.as_ref().map(|(target, _)| target);
            if target.is_some_and(|target| from.table(&was(&hints, target)).is_none()) {
                column.nullable = true;
                continue;
            }
            let literal = fill(column.kind);
            hints.fills.push(Fill {
                table: table.name.clone(),
                column: column.name.clone(),
                literal,
            });
        }
    }
    hints
}

/// What a table was called.
pub(crate) fn was(hints: &Hints, table: &str) -> String {
    let rename = hints.renames.iter().find(|it| it.from.column.is_none() && it.to == table);
    rename.map_or(table.to_owned(), |rename| rename.from.table.clone())
}

/// What a column was.
pub(crate) fn origin<'a>(
    hints: &Hints,
    from: &'a Resolved,
    table: &str,
    column: &str,
) -> Option<&'a ResolvedColumn> {
    let old = from.table(&was(hints, table))?;
    let mine = |place: &Place| place.table == old.name && place.column.is_some();
    let renamed = hints.renames.iter().find(|it| mine(&it.from) && it.to == column);
    match renamed {
        Some(rename) => old.column(rename.from.column.as_deref()?),
        None => old.column(column).filter(|_| {
            let place = Place::column(&old.name, column);
            !hints.drops.contains(&place) && hints.renames.iter().all(|it| it.from != place)
        }),
    }
}

/// What rows without a value get: 0 for numbers, and the row 0 for references.
pub(crate) fn fill(kind: usize) -> Literal {
    match kind {
        TEXT => Literal::Text("0".to_owned()),
        BOOL => Literal::Bool(false),
        DATE => Literal::Text("2000-01-01".to_owned()),
        _ => Literal::Number("0".to_owned()),
    }
}

/// Whether the way back has values for all that lost its own; no value stands for a row that nobody knows.
pub(crate) fn comes_back(from: &Resolved, to: &Resolved, hints: &Hints) -> bool {
    from.tables.iter().all(|table| {
        let Some(new) = to.tables.iter().find(|it| was(hints, &it.name) == table.name) else {
            // It comes back without rows; who refers to it must be able to do without.
            return from.tables.iter().flat_map(|it| &it.columns).all(|column| {
                column.reference.as_ref().is_none_or(|(target, _)| *target != table.name)
            });
        };
        table.columns.iter().filter(|it| it.reference.is_some() && !it.nullable).all(|column| {
            new.columns.iter().any(|it| {
                origin(hints, from, &new.name, &it.name).is_some_and(|it| it.name == column.name)
            })
        })
    })
}

/// Whether the values of the rows that the test makes can be kept.
fn fits(hints: &Hints, from: &Resolved, old: &ResolvedColumn, new: &ResolvedColumn) -> bool {
    if let Some((target, _)) = &new.reference {
        let has_rows = from.table(&was(hints, target)).is_some();
        return old.reference.is_some() && has_rows;
    }
    let kind = |kind: usize| Kind::of(KINDS[kind].1);
    let converts = kind(old.kind)
        .zip(kind(new.kind))
        .is_some_and(|(old, new)| old.convert(new, "", Dialect::Sqlite).is_some());
    // The texts of the test are no truth and no day, neither on the way there nor, where one was given, back.
    let gets_text = old.nullable && !new.nullable && new.kind == TEXT;
    converts
        && !(old.kind == TEXT && matches!(new.kind, BOOL | DATE))
        && !(gets_text && matches!(old.kind, BOOL | DATE))
}
