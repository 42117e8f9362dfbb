//! Several processes that start at once.

use super::shop::Shop;

#[tokio::test]
async fn processes_that_start_together_on_one_new_file_load_the_demo_data_once_and_all_serve() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("shop.db").display());
    let starts: Vec<_> = (0..4)
        .map(|_| {
            let url = url.clone();
            let settings = [("APP__ENVIRONMENT", "development")];
            tokio::task::spawn_blocking(move || Shop::start(&url, &settings))
        })
        .collect();
    for start in starts {
        let shop = start.await.unwrap();
        assert_eq!(shop.all("/api/products").await.len(), 8);
    }
}
