//! What a request costs the server, beside a server written by hand with axum and sqlx that does the same on the same
//! table: processor time of this process, both in the same run and in turn, without sockets.
//!
//! `cargo bench -p tests --bench requests [WORKLOAD…]`

#[allow(dead_code, unreachable_pub, reason = "an example is a program of its own")]
#[path = "../../../framework/examples/items.rs"]
mod items;
mod peer;

use std::sync::atomic::{AtomicUsize, Ordering};

use framework::adapters::persistence::ddl;
use framework::axum::Router;
use framework::infrastructure::config::Sources;
use framework::testing::{Client, TestApp};
use framework::{AllowAll, App, Config, Entity as _, Module, Uuid};

/// Rows in the table.
const ROWS: u32 = 10_000;
/// Requests under way at once, and connections to the database.
const CALLERS: usize = 32;
const CONNECTIONS: u32 = 16;
/// Requests of one caller in one round, and rounds.
const REQUESTS: usize = 60;
const ROUNDS: usize = 7;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A kind of request: its name, its method, and its address and body at both servers.
struct Workload {
    name: &'static str,
    method: &'static str,
    ours: fn(&str) -> (String, String),
    theirs: fn(&str) -> (String, String),
}

const WORKLOADS: [Workload; 5] = [
    Workload {
        name: "get",
        method: "GET",
        ours: |id| (format!("/api/items/{id}"), String::new()),
        theirs: |id| (format!("/items/{id}"), String::new()),
    },
    Workload {
        name: "list",
        method: "GET",
        ours: |_| ("/api/items?limit=20&count=exact".to_owned(), String::new()),
        theirs: |_| ("/items?limit=20".to_owned(), String::new()),
    },
    Workload {
        name: "filter",
        method: "GET",
        ours: |_| {
            let query = "price_cents__gte=95000&active=true&sort=price_cents&limit=20&count=exact";
            (format!("/api/items?{query}"), String::new())
        },
        theirs: |_| {
            ("/items?price_gte=95000&active=true&sort=price_cents".to_owned(), String::new())
        },
    },
    Workload {
        name: "create",
        method: "POST",
        ours: |_| ("/api/items".to_owned(), new_item()),
        theirs: |_| ("/items".to_owned(), new_item()),
    },
    Workload {
        name: "update",
        method: "PATCH",
        ours: |id| (format!("/api/items/{id}"), r#"{"price_cents":1234}"#.to_owned()),
        theirs: |id| (format!("/items/{id}"), r#"{"price_cents":1234}"#.to_owned()),
    },
];

fn new_item() -> String {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let about = "About as long as the others, sixty bytes or a little more";
    format!(
        r#"{{"sku":"NEW-{number}","name":"A new item","description":"{about}","price_cents":1234,"quantity":5,"active":true}}"#
    )
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let Some(url) = tests::support::postgres().await else { return Ok(()) };
    let connections = CONNECTIONS.to_string();
    let settings =
        [("APP__DATABASE__POOL_SIZE", connections.as_str()), ("APP__LOG__FILTER", "warn")];
    let config = Config::from_sources("items", &Sources::variables(settings))?;
    let module = Module::new("items").entity::<items::Item>(AllowAll);
    let app = TestApp::on(App::new("items", config).module(module), &url).await;
    ddl::create_all(&[items::Item::schema()], app.application.store()).await?;
    let pool = peer::connect(&url, CONNECTIONS).await?;
    let ids = peer::fill(&pool, ROWS).await?;
    let servers = [app.application.router(), peer::router(pool)];

    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    for workload in WORKLOADS {
        if wanted.is_empty() || wanted.iter().any(|name| name == workload.name) {
            measure(&workload, &servers, &ids).await?;
        }
    }
    Ok(())
}

async fn measure(workload: &Workload, servers: &[Router; 2], ids: &[Uuid]) -> Result<(), Failure> {
    let mut costs = [Vec::new(), Vec::new()];
    // The first round is for warming up.
    for round in 0..=ROUNDS {
        let requests = [workload.ours, workload.theirs];
        for ((server, request), costs) in servers.iter().zip(requests).zip(&mut costs) {
            let before = processor_time()?;
            let callers = (0..CALLERS).map(|caller| {
                let client = Client::new(server.clone());
                let ids: Vec<_> = ids
                    .iter()
                    .copied()
                    .cycle()
                    .skip(caller * 997 + round)
                    .step_by(13)
                    .take(REQUESTS)
                    .collect();
                tokio::spawn(call(client, workload.method, request, ids))
            });
            for caller in callers.collect::<Vec<_>>() {
                caller.await?;
            }
            if round > 0 {
                costs.push((processor_time()? - before) / (CALLERS * REQUESTS) as f64);
            }
        }
    }
    let [ours, theirs] = costs.map(median);
    let name = workload.name;
    println!("{name:<7} {ours:>6.0} µs, by hand {theirs:>6.0} µs, ratio {:.2}", ours / theirs);
    Ok(())
}

async fn call(
    client: Client,
    method: &'static str,
    request: fn(&str) -> (String, String),
    ids: Vec<Uuid>,
) {
    let headers = [("content-type", "application/json")];
    for id in ids {
        let (path, body) = request(&id.to_string());
        let headers = if body.is_empty() { &[][..] } else { &headers[..] };
        let answer = client.send(method, &path, headers, body).await;
        assert!(answer.status.is_success(), "{method} {path}: {answer:?}");
    }
}

/// Processor time that the threads of this process have used, in microseconds. Known on Linux only.
fn processor_time() -> Result<f64, Failure> {
    let mut total = 0.0;
    for thread in std::fs::read_dir("/proc/self/task")? {
        let text = std::fs::read_to_string(thread?.path().join("schedstat"))?;
        let nanoseconds = text.split(' ').next().ok_or("no time")?.parse::<f64>()?;
        total += nanoseconds / 1_000.0;
    }
    Ok(total)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
