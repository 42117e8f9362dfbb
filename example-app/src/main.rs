//! Starts the shop: `cargo run -p example-app`, or with `migrate up|down|status`, `openapi`, `routes`.

#[framework::tokio::main(crate = "framework::tokio")]
async fn main() -> Result<(), framework::RunError> {
    example_app::app()?.run().await
}
