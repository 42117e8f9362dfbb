//! `docs/api.md` is true: its examples run in order, in one shell, against the shop with its demo data.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod example;
mod lines;

use std::process::Command;

use framework::infrastructure::config::Sources;
use framework::infrastructure::server::serve_on;
use framework::{App, Config};
use tests::support::{postgres, programs};
use tokio::net::TcpListener;

use example::Example;

const PAGE: &str = include_str!("../../../docs/api.md");
/// Between the outputs of two examples: a character that no answer contains.
const MARK: char = '\u{1e}';

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_examples_of_the_api_page_answer_what_it_says_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shop.db");
    check(&format!("sqlite://{}?mode=rwc", file.display())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_examples_of_the_api_page_answer_what_it_says_on_postgresql() {
    let Some(database) = postgres().await else { return };
    check(&database).await;
}

async fn check(database: &str) {
    if !programs(&["bash", "curl", "jq"]) {
        return;
    }
    let examples = example::examples(PAGE);
    assert!(examples.len() > 30, "only {} examples were found", examples.len());
    let api = serve(database).await;
    let script = script(&examples);
    let outputs = tokio::task::spawn_blocking(move || run(&script, &api)).await.unwrap();
    let mut outputs = outputs.split(MARK);
    let mut wrong = Vec::new();
    for example in &examples {
        // What follows one at which the shell stopped is not there at all.
        let Some(output) = outputs.next() else { break };
        wrong.extend(example.difference(output));
    }
    let ended = outputs.next().is_some();
    assert!(wrong.is_empty(), "docs/api.md is wrong:\n\n{}", wrong.join("\n\n"));
    assert!(ended, "the shell stopped early");
}

/// Serves the shop on a free port until the test ends, and says where its API is.
async fn serve(database: &str) -> String {
    let settings = [
        ("DATABASE_URL", database),
        ("RUST_LOG", "off"),
        ("APP__DATABASE__MIGRATE", "auto"),
        ("APP__CURSOR_SECRET", "a secret that only this test knows, and long enough"),
    ];
    let config = Config::from_sources("docs", &Sources::variables(settings)).unwrap();
    let (options, prefix) = (config.server.options(), config.http.prefix.clone());
    let shop = example_app::assemble(App::new("docs", config)).build().await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        serve_on(listener, shop.router(), &options, std::future::pending()).await
    });
    format!("http://{address}{prefix}")
}

/// One script, so that later examples see the variables of earlier ones.
fn script(examples: &[Example]) -> String {
    let commands = examples.iter().map(|example| example.commands.as_str());
    commands.map(|commands| format!("{commands}\nprintf '{MARK}'\n")).collect()
}

/// What the script prints. It stops at the first command that fails.
fn run(script: &str, api: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    // The page shows `curl` as one types it, where no progress is shown.
    let settings = "silent\nshow-error\nmax-time = 30\nnoproxy = \"*\"\n";
    std::fs::write(folder.path().join(".curlrc"), settings).unwrap();
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &format!("exec 2>&1\n{script}")])
        .env("API", api)
        .env("CURL_HOME", folder.path())
        .current_dir(folder.path())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().replace('\r', "")
}
