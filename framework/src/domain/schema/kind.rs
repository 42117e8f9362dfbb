//! The shapes that values have.

use super::Operators;

/// The shape of a field's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the variants are the field's standard types")]
pub enum Kind {
    Bool,
    /// An integer of this many bits (8 to 64), signed or not.
    Int {
        bits: u8,
        signed: bool,
    },
    /// A float of this many bits (32 or 64).
    Float {
        bits: u8,
    },
    /// An exact decimal: at most `precision` digits (18 at most), `scale` of them after the point.
    Decimal {
        precision: u8,
        scale: u8,
    },
    Text,
    Uuid,
    Date,
    Time,
    DateTime,
    Instant,
    Bytes,
    Json,
    /// One of a closed set of texts.
    Enum(&'static EnumSchema),
    /// A list of scalars, stored as JSON.
    List(&'static Kind),
}

impl Kind {
    /// The operators a plain `filter` opens for this kind.
    pub const fn operators(&self, nullable: bool) -> Operators {
        let base = match self {
            Kind::Bool | Kind::Uuid | Kind::Enum(_) => Operators::EQUALITY,
            Kind::Text => Operators(Operators::EQUALITY.0 | Operators::TEXT.0 | Operators::ORDER.0),
            Kind::Json | Kind::List(_) | Kind::Bytes => Operators::NONE,
            _ => Operators(Operators::EQUALITY.0 | Operators::ORDER.0),
        };
        if nullable { Operators(base.0 | Operators::NULL.0) } else { base }
    }

    /// Whether values of this kind have an order.
    pub const fn is_ordered(&self) -> bool {
        !matches!(self, Kind::Json | Kind::List(_) | Kind::Bytes)
    }
}

/// A closed set of texts, made by `#[derive(EntityEnum)]`.
#[derive(Debug, PartialEq, Eq)]
pub struct EnumSchema {
    /// Type name.
    pub name: &'static str,
    /// Doc comment.
    pub doc: &'static str,
    /// Wire values with their doc comments.
    pub variants: &'static [(&'static str, &'static str)],
}

#[cfg(test)]
mod tests {
    use super::*;

    static NO_VALUES: EnumSchema = EnumSchema { name: "", doc: "", variants: &[] };

    #[test]
    fn the_operators_of_each_type_are_those_that_the_page_of_entities_lists() {
        let int = Kind::Int { bits: 32, signed: true };
        let types: [(&str, &[Kind]); 4] = [
            ("`bool`, `Uuid`, enums", &[Kind::Bool, Kind::Uuid, Kind::Enum(&NO_VALUES)]),
            (
                "integers, floats, `Decimal`, dates and times",
                &[
                    int,
                    Kind::Float { bits: 64 },
                    Kind::Decimal { precision: 9, scale: 2 },
                    Kind::Date,
                    Kind::Time,
                    Kind::DateTime,
                    Kind::Instant,
                ],
            ),
            ("`String`", &[Kind::Text]),
            ("`Bytes`, `Json`, lists", &[Kind::Bytes, Kind::Json, Kind::List(&Kind::Text)]),
        ];
        let page = include_str!("../../../docs/entity.md");
        let table = page.split("## Filter operators").nth(1).unwrap_or_default();
        let table = table.lines().skip_while(|line| !line.starts_with('|'));
        let mut rows = table.take_while(|line| line.starts_with('|'));
        let cells = |row: &'static str| row.trim_matches('|').split('|').map(str::trim);
        let names: Vec<&str> = cells(rows.next().unwrap()).collect();
        let rows: Vec<Vec<&str>> = rows.skip(1).map(|row| cells(row).collect()).collect();
        assert_eq!(rows.len(), types.len());
        for (row, (name, kinds)) in rows.iter().zip(types) {
            assert_eq!(row[0], name);
            for (kind, nullable) in kinds.iter().flat_map(|kind| [(kind, false), (kind, true)]) {
                let open = |cell: &str| cell == "yes" || (nullable && cell == "in an `Option`");
                let listed = names.iter().zip(row).skip(1).filter(|(_, cell)| open(cell));
                let listed: Vec<&str> = listed
                    .flat_map(|(names, _)| names.split(", "))
                    .map(|it| it.trim_matches('`'))
                    .collect();
                let known: Vec<&str> =
                    kind.operators(nullable).iter().map(|it| it.name()).collect();
                assert_eq!(listed, known, "{kind:?}, nullable: {nullable}");
            }
        }
    }
}
