//! A project made by the command line, in a folder that goes away with it.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A made project.
pub(crate) struct Project {
    folder: PathBuf,
    root: PathBuf,
    said: String,
}

impl Project {
    /// Makes one in an empty folder, with the dependencies that this workspace resolved.
    pub(crate) fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("scaffold-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let said = succeed(Command::new(binary()).args(["new", name]).current_dir(&folder));
        let root = folder.join(name);
        std::fs::copy(workspace().join("Cargo.lock"), root.join("Cargo.lock")).expect("a lock");
        Self { folder, root, said }
    }

    /// Runs the command that `new` printed for another entity, to the letter.
    pub(crate) fn as_printed(&self) -> String {
        let printed = self.said.lines().find_map(|line| line.strip_prefix("then: "));
        let printed = printed.expect("a next step");
        succeed(
            Command::new("sh")
                .args(["-c", printed])
                .current_dir(&self.root)
                .env("CARGO_TARGET_DIR", target()),
        )
    }

    /// Runs the command line inside the project.
    pub(crate) fn codegen(&self, arguments: &[&str]) -> String {
        succeed(&mut self.command(arguments))
    }

    /// The command line inside the project; the cargo that it starts works as ours does.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.args(arguments).current_dir(&self.root).envs(self.settings());
        command.env("CARGO_NET_OFFLINE", "true");
        command
    }

    fn settings(&self) -> [(&'static str, PathBuf); 2] {
        [("CARGO_TARGET_DIR", target()), ("CARGO_PROFILE_DEV_DEBUG", "line-tables-only".into())]
    }

    /// Runs cargo inside the project; artifacts are shared with this workspace, which compiled most of them already.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> String {
        succeed(
            Command::new(env!("CARGO"))
                .args(arguments)
                .current_dir(&self.root)
                .envs(self.settings()),
        )
    }

    /// Saves an ejected layer as a module beside the entity.
    pub(crate) fn eject(&self, entity: &str, layer: &str, file: &str) {
        let module = format!("src/entities/{}", entity.to_lowercase());
        let text = self.codegen(&["eject", entity, "--layer", layer]);
        std::fs::write(self.root.join(&module).join(format!("{file}.rs")), text).expect("a file");
        let (first, later) = match file {
            "mapper" => ("mod rules;", "pub mod mapper;\nmod rules;"),
            "repository" => ("mod rules;", "pub mod repository;\nmod rules;"),
            "router" => ("mod rules;", "pub mod router;\nmod rules;"),
            _ => ("mod rules;", "mod rules;\npub mod use_case;"),
        };
        self.edit(&format!("{module}/mod.rs"), &[(first, later)]);
    }

    /// Registers the ejected layers of an entity, as the printed steps say.
    pub(crate) fn register(&self, entity: &str) {
        let hooks = ".hooks(framework::Rules(rules::RULES))";
        let layers = format!(
            "{hooks}
        .repository(repository::{entity}Repository)
        .mapper(mapper::{entity}Mapper)
        .add(use_case::{entity}UseCase::service())"
        );
        let module = format!("src/entities/{}/mod.rs", entity.to_lowercase());
        self.edit(&module, &[(hooks, &layers)]);
    }

    /// Gives the module of an entity its ejected routes, as the printed steps say.
    pub(crate) fn route(&self, entity: &str) {
        let path = format!("src/entities/{}/mod.rs", entity.to_lowercase());
        let text = std::fs::read_to_string(self.root.join(&path)).expect("a file");
        let start = text.find("    Module::new(").expect("a module");
        let (head, module) = text.split_at(start);
        let module = module.trim_end().trim_end_matches('}').trim();
        let text = format!(
            "{head}    let module = {module};
    router::routes().into_iter().fold(module, Module::route)
}}
"
        );
        std::fs::write(self.root.join(&path), text).expect("a file");
    }

    /// What the command line says when it refuses.
    pub(crate) fn refused(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().expect("it starts");
        assert!(!output.status.success(), "{arguments:?} is not refused");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// Adds to the script of the migration that creates this table, before it where it is taken back.
    pub(crate) fn extend_migration(&self, table: &str, script: &str, more: &str) {
        let folder = std::fs::read_dir(self.root.join("migrations")).expect("a folder");
        let mut paths = folder.flatten().map(|entry| entry.path());
        let name = format!("_create_{table}");
        let path = paths.find(|path| path.to_string_lossy().ends_with(&name)).expect("a migration");
        let old = std::fs::read_to_string(path.join(script)).expect("a script");
        let new =
            if script.contains("down") { format!("{more}{old}") } else { format!("{old}{more}") };
        std::fs::write(path.join(script), new).expect("a script");
    }

    /// Replaces texts in a file, each of which must be there.
    pub(crate) fn edit(&self, path: &str, edits: &[(&str, &str)]) {
        let path = self.root.join(path);
        let mut text = std::fs::read_to_string(&path).expect("a file");
        for (old, new) in edits {
            assert!(text.contains(old), "{} lacks {old}:\n{text}", path.display());
            text = text.replacen(old, new, 1);
        }
        std::fs::write(&path, text).expect("a file");
    }

    /// Every file, by its path.
    pub(crate) fn sources(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.root.clone()];
        while let Some(next) = folders.pop() {
            for entry in std::fs::read_dir(next).expect("a folder").flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let bytes = std::fs::read(&path).expect("a file");
                    found.insert(path, bytes);
                }
            }
        }
        found
    }

    /// The scripts of this name of all migrations, oldest first.
    pub(crate) fn migrations(&self, script: &str) -> String {
        let sources = self.sources();
        let scripts = sources.iter().filter(|(path, _)| path.ends_with(script));
        scripts.map(|(_, text)| String::from_utf8_lossy(text)).collect::<Vec<_>>().join("\n")
    }

    /// Starts the built program on a free port and waits until it answers.
    pub(crate) fn serve(&self) -> Server {
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a free port")
            .port();
        let child = Command::new(target().join("debug/my-shop"))
            .current_dir(&self.root)
            .env("PORT", port.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let server = Server { child, port };
        let deadline = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "it does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        // What is left behind in the folder for temporary files harms nobody.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The running program.
pub(crate) struct Server {
    child: Child,
    port: u16,
}

impl Server {
    /// The status and the body of an answer.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        self.send(&format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"))
    }

    /// The same for a new row.
    pub(crate) fn post(&self, path: &str, body: &str) -> (u16, String) {
        let length = body.len();
        self.send(&format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        ))
    }

    fn send(&self, request: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("it answers");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        (status.unwrap_or_default(), answer)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to stop.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from)
}

/// The built command; Cargo offers binaries of other packages only by building them.
fn binary() -> PathBuf {
    succeed(
        Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--package", "codegen-cli"])
            .current_dir(workspace()),
    );
    target().join("debug/codegen-cli")
}

/// What the command printed; it must not fail.
fn succeed(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().expect("it starts");
    let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{command:?}\n{stdout}\n{stderr}");
    stdout.into_owned()
}
