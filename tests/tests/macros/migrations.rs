//! A folder of migrations, embedded.

use framework::Migration;

const EMBEDDED: &[Migration] = framework::migrations!("tests/macros/migrations");

#[test]
fn a_folder_is_embedded_oldest_first() {
    let names: Vec<_> = EMBEDDED.iter().map(|migration| migration.name).collect();
    assert_eq!(names, ["20260101120000_create_products", "20260102120000_add_reviews"]);
}

#[test]
fn each_database_and_direction_has_its_script() {
    let first = &EMBEDDED[0];
    assert_eq!(first.sqlite.up, "-- create_products on sqlite, up\n");
    assert_eq!(first.sqlite.down, "-- create_products on sqlite, down\n");
    assert_eq!(first.postgres.up, "-- create_products on postgres, up\n");
    assert_eq!(first.postgres.down, "-- create_products on postgres, down\n");
}
