//! Roles and the capabilities that they switch on.

use framework::domain::entity::{Owned, SoftDeletable, TenantScoped, Timestamped, Versioned};
use framework::domain::schema::Access;
use framework::domain::value::Value;
use framework::{DateTime, Entity, Utc, Uuid};

#[derive(Debug, Clone, PartialEq, Entity)]
#[entity(require_if_match)]
struct Document {
    #[entity(id)]
    id: Uuid,
    #[entity(owner, filter)]
    author: Uuid,
    #[entity(tenant)]
    company: Option<String>,
    #[entity(created_at, sort)]
    created: DateTime<Utc>,
    #[entity(updated_at)]
    changed: DateTime<Utc>,
    #[entity(deleted_at, hidden)]
    gone: Option<DateTime<Utc>>,
    #[entity(version)]
    edition: i64,
    #[entity(read_only, default = 0)]
    readers: i64,
}

fn capabilities<E: Owned + TenantScoped + Timestamped + SoftDeletable + Versioned>(entity: &E) {
    assert!(!entity.is_deleted());
    assert_eq!((entity.owner(), entity.tenant()), (Value::Uuid(Uuid::nil()), Value::Null));
    assert_eq!((entity.created_at(), entity.version()), (Some(DateTime::UNIX_EPOCH), 7));
}

#[test]
fn roles_switch_capabilities_on() {
    let document = Document {
        id: Uuid::nil(),
        author: Uuid::nil(),
        company: None,
        created: DateTime::UNIX_EPOCH,
        changed: DateTime::UNIX_EPOCH,
        gone: None,
        edition: 7,
        readers: 0,
    };
    capabilities(&document);
    let roles = Document::schema().roles;
    assert_eq!((roles.id, roles.owner, roles.tenant), (0, Some(1), Some(2)));
    assert_eq!((roles.created_at, roles.updated_at), (Some(3), Some(4)));
    assert_eq!((roles.deleted_at, roles.version), (Some(5), Some(6)));
    let access = |name: &str| Document::schema().field(name).unwrap().access;
    assert_eq!((access("author"), access("readers")), (Access::READ_ONLY, Access::READ_ONLY));
    assert_eq!(access("gone"), Access::HIDDEN);
    let _ = CreateDocument {};
    let _ = UpdateDocument::default();
}
