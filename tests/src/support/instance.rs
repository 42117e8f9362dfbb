//! A server that lives as long as this process.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, ChildStdin, Command, Stdio};

/// A running server. It is stopped by a script that notices the end of its input, which comes with the end of this
/// process, whatever ends it.
#[derive(Debug)]
pub(super) struct Instance {
    pub(super) port: u16,
    _input: ChildStdin,
    _child: Child,
}

impl Instance {
    /// Runs a shell script that starts a server, prints `ready`, waits for the end of its input and stops the server.
    pub(super) fn start(port: u16, command: &mut Command) -> Result<Self, String> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| error.to_string())?;
        let input = child.stdin.take().ok_or("no input")?;
        let output = child.stdout.take().ok_or("no output")?;
        let ready =
            BufReader::new(output).lines().map_while(Result::ok).any(|line| line.trim() == "ready");
        if ready {
            Ok(Self { port, _input: input, _child: child })
        } else {
            Err("the private instance did not start".to_owned())
        }
    }
}

/// A port that nobody listens on.
pub(super) fn free_port() -> Result<u16, String> {
    TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| error.to_string())
}
