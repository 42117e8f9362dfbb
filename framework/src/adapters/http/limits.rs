//! What a request may cost.

/// Largest body, unless configured.
pub const BODY_BYTES: usize = 1_048_576;
/// Largest body of an import, unless configured.
pub const IMPORT_BYTES: usize = 256 * 1_048_576;
/// Largest body of an import that is all or nothing, unless configured.
pub const ATOMIC_IMPORT_BYTES: usize = 16 * 1_048_576;
/// Most rows of an import, unless configured.
pub const IMPORT_ROWS: usize = 1_000_000;
/// Most rows that an import can be configured to take, for the document.
pub const IMPORT_ROWS_EVER: usize = 1_000_000_000;
/// Most failures of an import that are described; of those behind them only line and status are told.
pub const IMPORT_PROBLEMS: usize = 1_000;
/// Rows that a stream reads at a time.
pub const STREAM_PAGE: u32 = 500;
/// Longest address, query included: room for the longest operand in its longest encoding, and for everything beside it.
pub const URI_BYTES: usize = 49_152;
/// Most header fields of a request.
pub const HEADERS: usize = 100;
/// Most bytes of all header fields of a request.
pub const HEADER_BYTES: usize = 65_536;
/// Most characters of a conditional header or of `Prefer`.
pub const HEADER: usize = 512;
/// Most values in one `in` or `not_in` list of a search body.
pub const LIST: usize = 1_000;
/// Most values in one `in` or `not_in` list of an address.
pub const LIST_IN_ADDRESS: usize = 50;
/// Most characters of a text to compare with, where the field itself may not be longer.
pub const OPERAND: u32 = 256;
/// Most characters of a problem's detail.
pub const DETAIL: usize = 10_000;
/// Most characters of the place that a problem names.
pub const PLACE: usize = 2_048;
/// Most parts of the request that one problem names.
pub const ERRORS: usize = 10_000;
/// Most different parameters of an address.
pub const PARAMETERS: usize = 256;
/// Most unknown names of one request for which the nearest known one is looked up.
pub const HINTS: usize = 20;
/// Most sort keys.
pub const SORT_KEYS: usize = 16;
/// Most characters of `q`.
pub const SEARCH: usize = 200;
/// Most characters of a cursor: room for the values of all sort keys, which may be texts.
pub const CURSOR: usize = 8_192;
/// Largest offset.
pub const OFFSET: u64 = 2_147_483_647;
/// Largest limit that the document states; every larger one is capped all the same.
pub const LIMIT: u64 = 2_147_483_647;
/// Most members of one `and` or `or` in a search body.
pub const BRANCHES: usize = 20;
/// Deepest nesting of a search body's conditions.
pub const FILTER_DEPTH: usize = 32;
/// Most conditions in a search body.
pub const FILTER_NODES: usize = 500;
/// Most children of one relation in an aggregate's body.
pub const CHILDREN: usize = 1_000;
/// Most characters of a text that no rule bounds: the body limit.
pub const TEXT: u64 = 1_048_576;
/// Most items of a list that no rule bounds.
pub const ITEMS: u64 = crate::domain::check::MAX_LIST_ITEMS as u64;
