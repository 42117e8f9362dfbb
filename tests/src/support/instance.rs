//! A server that lives as long as this process.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A running server. Its script notices the end of its input, which comes with the end of this process, whatever ends
/// it, and stops the server.
#[derive(Debug)]
pub(super) struct Instance {
    pub(super) port: u16,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    _child: Child,
}

impl Instance {
    /// Runs a shell script that starts a server, prints `ready`, obeys the lines `stop` and `start`, saying `ready`
    /// after each, and stops the server at the end of its input.
    pub(super) fn start(port: u16, command: &mut Command) -> Result<Self, String> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| error.to_string())?;
        let input = child.stdin.take().ok_or("no input")?;
        let output = BufReader::new(child.stdout.take().ok_or("no output")?);
        let mut this = Self { port, input, output, _child: child };
        this.wait()?;
        Ok(this)
    }

    /// Says a line to the script and waits until it was done.
    pub(super) fn tell(&mut self, line: &str) -> Result<(), String> {
        writeln!(self.input, "{line}").map_err(|error| error.to_string())?;
        self.wait()
    }

    fn wait(&mut self) -> Result<(), String> {
        let ready = |line: String| line.trim() == "ready";
        let mut lines = self.output.by_ref().lines().map_while(Result::ok);
        if lines.any(ready) { Ok(()) } else { Err("the private instance did not start".to_owned()) }
    }
}

/// A port that nobody listens on.
pub(super) fn free_port() -> Result<u16, String> {
    TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| error.to_string())
}
