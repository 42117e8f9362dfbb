//! TLS to PostgreSQL: on with the feature, refused in words without it, never silently left out.

use framework::adapters::persistence::{PoolOptions, SqlStore};
use framework::domain::error::Error;
use tests::support::Fragile;

async fn connect(url: &str) -> Result<SqlStore, Error> {
    SqlStore::connect(url, &PoolOptions::default()).await
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn a_url_that_demands_tls_gets_it_and_a_wrong_certificate_is_refused() {
    use framework::sea_orm::{ConnectionTrait as _, DbBackend, Statement};

    let Some((server, certificate)) = Fragile::postgres_with_tls() else { return };
    let verified = format!("sslmode=verify-full&sslrootcert={certificate}");
    for query in ["sslmode=require", &verified] {
        let store = connect(&format!("{}?{query}", server.url)).await.unwrap();
        let text = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
        let question = Statement::from_string(DbBackend::Postgres, text);
        let row = store.connection().query_one_raw(question).await.unwrap().unwrap();
        assert!(row.try_get_by_index::<bool>(0).unwrap(), "{query}");
    }
    // Nobody we know vouches for it, and it is good for another name.
    let elsewhere = server.url.replace("localhost", "127.0.0.1");
    for url in [format!("{}?sslmode=verify-full", server.url), format!("{elsewhere}?{verified}")] {
        let refused = connect(&url).await;
        assert!(matches!(refused, Err(Error::Configuration(_))), "{url}: {refused:?}");
    }
}

#[tokio::test]
async fn a_server_or_a_build_without_tls_is_named_when_the_url_demands_it() {
    let Some(server) = Fragile::postgres() else { return };
    for mode in ["require", "verify-full"] {
        match connect(&format!("{}?sslmode={mode}", server.url)).await {
            Err(Error::Configuration(reason)) => assert!(reason.contains("TLS"), "{reason}"),
            other => panic!("{other:?}"),
        }
    }
}
