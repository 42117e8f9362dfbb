//! What holds for an entity as a whole.

/// Positions of the fields that carry a role; the presence of a role switches its capability on.
#[derive(Debug, Clone, Copy, Default)]
#[allow(missing_docs, reason = "each member is named after the role it locates")]
pub struct Roles {
    pub id: usize,
    pub created_at: Option<usize>,
    pub updated_at: Option<usize>,
    pub deleted_at: Option<usize>,
    pub version: Option<usize>,
    pub owner: Option<usize>,
    pub tenant: Option<usize>,
}

impl Roles {
    /// The roles of an entity that has only an identity.
    pub const fn identity(id: usize) -> Self {
        Self {
            id,
            created_at: None,
            updated_at: None,
            deleted_at: None,
            version: None,
            owner: None,
            tenant: None,
        }
    }
}

/// Entity-wide options of the derive.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Publish created, updated and deleted events.
    pub events: bool,
    /// Keep reads by id for this many seconds.
    pub cache_seconds: Option<u32>,
    /// Writes without `If-Match` are refused with 428.
    pub require_if_match: bool,
    /// Writes without `Idempotency-Key` are refused with 400.
    pub require_idempotency_key: bool,
    /// Clients may choose the id on create and create through PUT.
    pub client_id: bool,
    /// Page size when the client does not say.
    pub default_limit: u32,
    /// Largest page; a larger wish is capped.
    pub max_limit: u32,
    /// Largest batch.
    pub max_batch: u32,
    /// How many relations a filter may go through, one after the other.
    pub filter_depth: u32,
    /// How deep `include` may nest.
    pub include_depth: u32,
    /// Largest number of children per parent in an include.
    pub include_limit: u32,
}

impl Options {
    /// The defaults of the derive.
    pub const DEFAULT: Self = Self {
        events: false,
        cache_seconds: None,
        require_if_match: false,
        require_idempotency_key: false,
        client_id: false,
        default_limit: 20,
        max_limit: 100,
        max_batch: 100,
        filter_depth: 1,
        include_depth: 1,
        include_limit: 100,
    };
}
