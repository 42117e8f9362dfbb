//! What hyper answers by itself, to requests that it cannot read, as problems like every other failure.
//!
//! Such an answer is a bare head, written while no request is under way. That is known for certain only between the
//! flush behind one answer and the next request; at any other time bytes go out untouched.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use uuid::Uuid;

use crate::adapters::http::Problem;
use crate::adapters::http::problem::{HEADERS_TOO_LARGE, MALFORMED, URI_TOO_LONG};

/// Whether requests of one connection are under way.
#[derive(Debug)]
pub(super) struct Turns {
    under_way: AtomicUsize,
    at_rest: AtomicBool,
}

impl Turns {
    /// Of a connection without a request.
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { under_way: AtomicUsize::new(0), at_rest: AtomicBool::new(true) })
    }

    /// Notes that a request came in.
    pub(super) fn begin(self: &Arc<Self>) -> Turn {
        self.under_way.fetch_add(1, Ordering::SeqCst);
        self.at_rest.store(false, Ordering::SeqCst);
        Turn(Arc::clone(self))
    }

    /// Notes that everything that was to be written is.
    fn flushed(&self) {
        if self.under_way.load(Ordering::SeqCst) == 0 {
            self.at_rest.store(true, Ordering::SeqCst);
        }
    }
}

/// A request under way, until its answer was handed over to its end.
#[derive(Debug)]
pub(super) struct Turn(Arc<Turns>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The body of an answer with the turn that ends with it.
pub(super) struct Answering {
    pub body: Body,
    pub _turn: Turn,
}

impl HttpBody for Answering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A connection on which bare answers are explained.
pub(super) struct Explained<S> {
    stream: S,
    turns: Arc<Turns>,
    /// What stands for a bare answer and is not yet written.
    pending: Vec<u8>,
}

impl<S: AsyncWrite + Unpin> Explained<S> {
    /// Over a stream whose requests take these turns.
    pub(super) fn new(stream: S, turns: Arc<Turns>) -> Self {
        Self { stream, turns, pending: Vec::new() }
    }

    /// Takes a bare answer over, if these bytes are one.
    fn take(&mut self, bytes: &[u8]) -> bool {
        let explained = self.turns.at_rest.load(Ordering::SeqCst).then(|| explain(bytes)).flatten();
        let is_bare = explained.is_some();
        self.pending.extend(explained.unwrap_or_default());
        is_bare
    }

    fn poll_pending(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.pending.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(context, &self.pending))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.pending.drain(..written);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Explained<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Explained<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.take(bytes) {
            return Poll::Ready(Ok(bytes.len()));
        }
        ready!(self.poll_pending(context))?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let [only] = slices
            && self.take(only)
        {
            return Poll::Ready(Ok(only.len()));
        }
        ready!(self.poll_pending(context))?;
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_pending(context))?;
        self.turns.flushed();
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_pending(context))?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// The same answer with a problem; `None` for whatever is no bare refusal.
fn explain(bytes: &[u8]) -> Option<Vec<u8>> {
    let head = std::str::from_utf8(bytes).ok()?.strip_suffix("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let status = lines.next().filter(|line| line.starts_with("HTTP/1."))?;
    let (kind, detail) = match status.split(' ').nth(1)? {
        "400" => (MALFORMED, "this is not a well-formed request of HTTP/1.1"),
        "414" => (URI_TOO_LONG, "the address is longer than is read"),
        "431" => (HEADERS_TOO_LARGE, "the header fields are more or longer than is read"),
        _ => return None,
    };
    let (length, others): (Vec<&str>, Vec<&str>) =
        lines.partition(|line| line.starts_with("content-length:"));
    if length != ["content-length: 0"] {
        return None;
    }
    let id = Uuid::now_v7().to_string();
    let body = Problem::new(kind, detail).document(None, Some(&id)).to_string();
    tracing::info!(request_id = %id, status = kind.status, "answered what could not be read");
    let mut answer = status.to_owned();
    for line in others {
        answer.push_str("\r\n");
        answer.push_str(line);
    }
    answer.push_str("\r\ncontent-type: application/problem+json\r\ncache-control: no-store");
    answer.push_str("\r\nx-content-type-options: nosniff\r\nx-request-id: ");
    answer.push_str(&id);
    answer.push_str(&format!("\r\ncontent-length: {}\r\n\r\n{body}", body.len()));
    Some(answer.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bare_refusals_are_explained() {
        let bare =
            "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\ndate: x\r\n\r\n";
        let answer = String::from_utf8(explain(bare.as_bytes()).unwrap()).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ndate: x\r\n"));
        assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
        assert!(body.contains("\"type\":\"/problems/malformed\""), "{body}");
        for other in [
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\nx",
            "PRI * HTTP/2.0\r\n\r\n",
            "",
        ] {
            assert!(explain(other.as_bytes()).is_none(), "{other:?}");
        }
    }
}
