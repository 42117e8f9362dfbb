//! What became of each line of an import.

use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Value as Json, json};

use crate::adapters::http::limits;
use crate::adapters::http::media::Media;
use crate::adapters::http::problem::Problem;

/// Violations of one line that are described.
const DESCRIBED: usize = 20;

/// One entry for each line, written as they come, so that a long report is small.
pub(super) struct Report {
    media: Media,
    text: Vec<u8>,
    failures: usize,
}

impl Report {
    /// A report to be sent like this.
    pub(super) fn new(media: Media) -> Self {
        let head: &[u8] = if media == Media::Json { b"{\"results\":[" } else { b"" };
        Self { media, text: head.to_vec(), failures: 0 }
    }

    /// The row of this line was made.
    pub(super) fn created(&mut self, line: u64, id: &Json) {
        self.entry(&json!({ "line": line, "status": 201, "id": id }));
    }

    /// The row of this line was not made.
    pub(super) fn failed(&mut self, line: u64, problem: &Problem) {
        self.failures += 1;
        let mut entry = json!({ "line": line, "status": problem.status().as_u16() });
        if self.failures <= limits::IMPORT_PROBLEMS {
            entry["problem"] = described(problem);
        }
        self.entry(&entry);
    }

    fn entry(&mut self, entry: &Json) {
        if self.media == Media::Json && self.text.last() == Some(&b'}') {
            self.text.push(b',');
        }
        self.text.extend_from_slice(entry.to_string().as_bytes());
        if self.media != Media::Json {
            self.text.push(b'\n');
        }
    }

    /// The whole of it.
    pub(super) fn finish(
        mut self,
        status: StatusCode,
        mut headers: HeaderMap,
    ) -> axum::response::Response {
        if self.media == Media::Json {
            self.text.extend_from_slice(b"]}");
        }
        headers.insert(header::VARY, HeaderValue::from_static("accept, prefer"));
        let media = HeaderValue::from_static(self.media.content_type());
        headers.insert(header::CONTENT_TYPE, media);
        let mut response = axum::response::Response::new(axum::body::Body::from(self.text));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response
    }
}

fn described(problem: &Problem) -> Json {
    let mut document = problem.document(None, None);
    if let Some(Json::Array(errors)) = document.get_mut("errors") {
        errors.truncate(DESCRIBED);
    }
    document
}
