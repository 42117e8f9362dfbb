//! HTTP/1.1 on a bare socket, as impolite as a test needs it.

use framework::Json;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// Reads what came, if it is a whole answer.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (head, body) = text.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let head = head.to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let whole = length.is_none_or(|length| length.parse() == Ok(body.len()));
        whole.then(|| Self { status, head, body: body.to_owned() })
    }

    pub(crate) fn json(&self) -> Json {
        framework::serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// Sends one request on a connection of its own; `None` when no whole answer comes.
pub(crate) async fn send(
    address: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Option<Answer> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    stream.write_all(request(method, path, headers, body).as_bytes()).await.ok()?;
    read(&mut stream).await
}

/// The text of a request whose connection ends with the answer.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n");
    if !body.is_empty() {
        let length = body.len();
        text += &format!("content-type: application/json\r\ncontent-length: {length}\r\n");
    }
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    text + "\r\n" + body
}

/// Reads until the server closes.
pub(crate) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Answer> {
    let mut bytes = Vec::new();
    // A reset behind the answer does not take back what came before it.
    while let Ok(1..) = stream.read_buf(&mut bytes).await {}
    Answer::parse(&String::from_utf8_lossy(&bytes))
}
