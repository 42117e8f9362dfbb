//! Names that Rust, SQL or our own expansion already use.

mod shop {
    use framework::{Entity, Uuid};

    /// A user's type may be called like anything that the expansion names.
    #[derive(Debug, Clone, PartialEq, Entity)]
    #[entity(table = "order", unique(r#type, select))]
    pub struct Model {
        #[entity(id)]
        pub id: Uuid,
        #[entity(filter, sort)]
        pub r#type: String,
        pub r#match: Option<String>,
        pub select: String,
        pub from: i32,
        pub group: bool,
        pub table: String,
        pub row: String,
        pub changes: String,
        pub position: i64,
        pub value: i64,
        pub schema: Option<Vec<String>>,
    }

    #[derive(Debug, Clone, PartialEq, Entity)]
    #[entity(has_many(relations: Relation, key = "column_id"))]
    pub struct Column {
        #[entity(id)]
        pub id: Uuid,
        pub name: String,
    }

    #[derive(Debug, Clone, PartialEq, Entity)]
    pub struct Relation {
        #[entity(id)]
        pub id: Uuid,
        #[entity(belongs_to = Column, filter)]
        pub column_id: Uuid,
    }

    pub mod inner {
        use framework::{Entity, Uuid};

        /// Called like one in the module around it.
        #[derive(Debug, Clone, PartialEq, Entity)]
        #[entity(table = "inner_columns")]
        pub struct Column {
            #[entity(id)]
            pub id: Uuid,
            #[entity(belongs_to(super::Column, as = outer))]
            pub beyond: Uuid,
        }
    }
}

use framework::domain::value::Value;
use framework::sea_orm::{DbBackend, EntityTrait, QueryTrait};
use framework::{Entity, Input, Persistent, Resource, Uuid, serde_json};
use shop::{Column, CreateModel, Model, Relation};

#[test]
fn names_of_rust_sql_and_the_expansion_are_free() {
    let model = Model {
        id: Uuid::nil(),
        r#type: "a".to_owned(),
        r#match: None,
        select: "b".to_owned(),
        from: 1,
        group: true,
        table: "c".to_owned(),
        row: "d".to_owned(),
        changes: "e".to_owned(),
        position: 2,
        value: 3,
        schema: None,
    };
    assert_eq!(Model::from_row(model.clone().into_row()).unwrap(), model);
    assert_eq!(Model::schema().fields[1].name, "type");
    assert_eq!(Model::schema().unique, [[1, 3]]);
    assert!(Model::TYPE.eq("a").is_satisfied_by(&model));
    assert_eq!(Entity::value(&model, Model::VALUE.position()), Value::Int(3));

    let view = serde_json::to_value(model.into_view()).unwrap();
    assert_eq!((&view["type"], &view["match"]), (&"a".into(), &serde_json::Value::Null));
    let create: CreateModel = serde_json::from_value(serde_json::json!({
        "type": "a", "select": "b", "from": 1, "group": true, "table": "c", "row": "d",
        "changes": "e", "position": 2, "value": 3
    }))
    .unwrap();
    assert_eq!(CreateModel::from_changes(create.clone().into_changes()).unwrap(), create);

    let statement = <Model as Persistent>::Table::find().build(DbBackend::Sqlite).to_string();
    assert!(
        statement.contains(r#""order"."type", "order"."match", "order"."select""#),
        "{statement}"
    );

    assert_eq!(Column::RELATIONS.name(), "relations");
    assert_eq!((Relation::schema().relations[0].target)().table, "columns");
    assert_eq!((shop::inner::Column::schema().relations[0].target)().table, "columns");
}
