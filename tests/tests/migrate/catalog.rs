//! What a database knows about its tables, as sorted lines.

use framework::adapters::persistence::{Dialect, SqlStore};
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};

/// Columns, keys, constraints and indexes; the order of columns and the words of a statement do not count.
pub(crate) async fn catalog(store: &SqlStore) -> Vec<String> {
    let mut lines = match store.dialect() {
        Dialect::Postgres => lines(store, DbBackend::Postgres, POSTGRES).await,
        Dialect::Sqlite => {
            let mut lines = lines(store, DbBackend::Sqlite, SQLITE).await;
            let tables = "SELECT name || '|' || sql AS x FROM sqlite_master WHERE type = 'table'";
            for text in self::lines(store, DbBackend::Sqlite, tables).await {
                let (table, sql) = text.split_once('|').unwrap();
                lines.extend(checks(sql).map(|check| format!("{table} {check}")));
            }
            lines
        }
    };
    lines.sort();
    lines
}

async fn lines(store: &SqlStore, backend: DbBackend, text: &str) -> Vec<String> {
    let statement = Statement::from_string(backend, text.to_owned());
    let rows = store.connection().query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get("", "x").unwrap()).collect()
}

/// Each named check of a statement, wherever it stands; its condition ends with its parentheses.
fn checks(sql: &str) -> impl Iterator<Item = String> {
    sql.split("CONSTRAINT ").skip(1).filter(|text| text.contains("\" CHECK (")).map(|text| {
        let (name, condition) = text.split_once(" CHECK (").unwrap();
        let mut depth = 1;
        let end = condition.find(|c| {
            depth += match c {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            depth == 0
        });
        format!("{name} CHECK ({}", &condition[..=end.unwrap()])
    })
}

const SQLITE: &str = "
    SELECT 'column ' || m.name || ' ' || c.name || ' ' || c.type || ' ' || c.\"notnull\" || ' ' || c.pk || ' '
        || coalesce(c.dflt_value, '') AS x
    FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name <> '_migrations'
    UNION ALL
    SELECT 'key ' || m.name || ' ' || f.\"from\" || ' ' || f.\"table\" || ' ' || f.\"to\" || ' ' || f.on_delete
    FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'
    UNION ALL
    SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL";

const POSTGRES: &str = "
    SELECT concat_ws(' ', 'column', table_name, column_name, data_type, is_nullable, column_default,
        numeric_precision, numeric_scale, collation_name)::text AS x
    FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> '_migrations'
    UNION ALL
    SELECT concat_ws(' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated)
    FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND contype <> 'n' AND conrelid <> '_migrations'::regclass
    UNION ALL
    SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> '_migrations'";
