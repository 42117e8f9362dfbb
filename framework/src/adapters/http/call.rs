//! A request to a generated route, before anything about it is decided.

use std::sync::Arc;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::{
    FromRequest, FromRequestParts as _, MatchedPath, OriginalUri, RawPathParams, Request,
};
use http::{Extensions, HeaderMap, HeaderName, Method, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use super::media::{self, Media};
use super::patience::{Deadline, RequestLimits, is_too_slow, too_slow};
use super::problem::{BAD_REQUEST, MALFORMED, Problem, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE};
use super::{etag, wire};
use crate::application::context::Context;
use crate::domain::entity::Entity;
use crate::domain::scalar::Scalar as _;
use crate::domain::violation::{Place, Violation};

/// The parts of a request.
pub(super) struct Call {
    pub method: Method,
    /// What to answer with.
    pub media: Media,
    pub context: Arc<Context>,
    pub headers: HeaderMap,
    pub query: String,
    /// The path as the client wrote it, whatever the router is nested in.
    pub path: String,
    /// The template of the route, for logs.
    pub route: Option<MatchedPath>,
    id: Option<String>,
    /// What the door allows it.
    pub limits: RequestLimits,
    deadline: Option<Deadline>,
    body: Body,
}

impl<S: Send + Sync> FromRequest<S> for Call {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        etag::check(&parts.headers)?;
        let params = RawPathParams::from_request_parts(&mut parts, state)
            .await
            .map_err(|_| bad_id("the id is not UTF-8 text"))?;
        let id = params.iter().find(|(name, _)| *name == "id").map(|(_, id)| id.to_owned());
        let original = parts.extensions.get::<OriginalUri>();
        let path = original.map_or(parts.uri.path(), |uri| uri.0.path()).to_owned();
        let context = parts.extensions.get::<Arc<Context>>().cloned();
        Ok(Self {
            method: parts.method,
            media: Media::Json,
            context: context.unwrap_or_else(|| Arc::new(Context::anonymous())),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            limits: limits_of(&parts.extensions),
            deadline: parts.extensions.get().cloned(),
            headers: parts.headers,
            path,
            route: parts.extensions.get().cloned(),
            id,
            body,
        })
    }
}

impl Call {
    /// The same request, to be answered with whichever of these it likes best.
    pub(super) fn answering(self, offered: &[Media]) -> Result<Self, Problem> {
        let media = media::negotiate(&self.headers, offered)?;
        Ok(Self { media, ..self })
    }

    /// The id in the path.
    pub(super) fn id<E: Entity>(&self) -> Result<E::Id, Problem> {
        let field = E::schema().id();
        let text = self.id.as_deref().unwrap_or_default();
        let value = wire::id_from_text(&field.kind, text);
        value.and_then(|value| E::Id::from_value(value).ok()).ok_or_else(|| {
            let (_, detail) = wire::expected(&field.kind);
            bad_id(&detail)
        })
    }

    /// Whether the question of a list is in the body, not in the address.
    pub(super) fn is_body(&self) -> bool {
        !matches!(self.method, Method::GET | Method::HEAD)
    }

    /// Lets the request take as long as it needs.
    pub(super) fn lift_deadline(&self) {
        if let Some(deadline) = &self.deadline {
            deadline.lift();
        }
    }

    /// The body, not yet read.
    pub(super) fn body(&mut self) -> Body {
        std::mem::take(&mut self.body)
    }

    /// The body, its media type and size checked.
    pub(super) async fn json(&mut self, is_patch: bool) -> Result<Bytes, Problem> {
        check_content_type(&self.headers, is_patch).map_err(|problem| {
            if self.method != Method::QUERY {
                return problem;
            }
            problem.with_header(HeaderName::from_static("accept-query"), "application/json")
        })?;
        self.bytes().await
    }

    /// The body, its size checked.
    pub(super) async fn bytes(&mut self) -> Result<Bytes, Problem> {
        read_body(self.body(), self.limits).await
    }

    /// Refuses a body where the route takes none: whatever it says would be passed over.
    pub(super) async fn without_body(&mut self) -> Result<(), Problem> {
        refuse_body(self.body()).await
    }

    /// The context of a write that is only tried.
    pub(super) fn context(&self, dry_run: bool) -> Arc<Context> {
        if dry_run {
            Arc::new(Context { dry_run, ..(*self.context).clone() })
        } else {
            Arc::clone(&self.context)
        }
    }
}

/// What the door allows this request.
pub(super) fn limits_of(extensions: &Extensions) -> RequestLimits {
    extensions.get().copied().unwrap_or_default()
}

/// Reads a whole body within the limits.
pub(super) async fn read_body(body: Body, limits: RequestLimits) -> Result<Bytes, Problem> {
    let too_large = || {
        let detail = format!("the body may have at most {} bytes", limits.body_bytes);
        Problem::new(TOO_LARGE, detail)
    };
    // Whoever says so beforehand is not asked to send it.
    if body.size_hint().lower() > limits.body_bytes as u64 {
        return Err(too_large());
    }
    match Limited::new(body, limits.body_bytes).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(error) => Err(unreadable(error.as_ref())),
    }
}

/// The refusal of a body on a route that takes none.
pub(super) fn unwanted_body() -> Problem {
    let detail = "this route takes no body: leave it out";
    let place = Place::Body(String::new());
    let violation = Violation { place, code: "unexpected", detail: detail.to_owned() };
    Problem::new(BAD_REQUEST, detail).with_violations(vec![violation])
}

/// Refuses a body that is not empty; of a long one only the beginning is read.
pub(super) async fn refuse_body(mut body: Body) -> Result<(), Problem> {
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) if frame.data_ref().is_some_and(|data| !data.is_empty()) => {
                return Err(unwanted_body());
            }
            Ok(_) => {}
            Err(error) => return Err(unreadable(error.into_inner().as_ref())),
        }
    }
    Ok(())
}

fn unreadable(error: &(dyn std::error::Error + Send + Sync + 'static)) -> Problem {
    if is_too_slow(error) { too_slow() } else { Problem::new(MALFORMED, "the body broke off") }
}

/// Refuses bodies that do not say that they are JSON, or that are compressed.
pub(super) fn check_content_type(headers: &HeaderMap, is_patch: bool) -> Result<(), Problem> {
    media::check_coding(headers)?;
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media = value.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let fits = media.eq_ignore_ascii_case("application/json")
        || is_patch && media.eq_ignore_ascii_case("application/merge-patch+json");
    if fits {
        return Ok(());
    }
    let wanted = if is_patch {
        "application/merge-patch+json, application/json"
    } else {
        "application/json"
    };
    let problem = Problem::new(UNSUPPORTED_MEDIA_TYPE, format!("send the body as {wanted}"));
    let advice =
        if is_patch { header::HeaderName::from_static("accept-patch") } else { header::ACCEPT };
    Err(problem.with_header(advice, wanted))
}

fn bad_id(detail: &str) -> Problem {
    Problem::new(BAD_REQUEST, format!("id: {detail}"))
        .with_violations(vec![Violation::parameter("id", "type", detail)])
}
