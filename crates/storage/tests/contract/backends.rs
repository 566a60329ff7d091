//! A storage of its own for each test.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::AnyPool;
use storage::SqlStorage;
use tempfile::TempDir;

pub(crate) struct Sqlite {
    pub(crate) storage: SqlStorage,
    _folder: TempDir,
}

impl Sqlite {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { storage: SqlStorage::sqlite(folder.path()).await.unwrap(), _folder: folder }
    }
}

pub(crate) struct Postgres {
    pub(crate) storage: SqlStorage,
    name: String,
}

impl Postgres {
    /// A database of its own on the server of the tests.
    pub(crate) async fn new() -> Self {
        static DATABASES: AtomicU32 = AtomicU32::new(0);
        let name = format!("contract_{}_{}", std::process::id(), DATABASES.fetch_add(1, Ordering::Relaxed));
        run(&format!("CREATE DATABASE {name}")).await;
        let url = format!("{}/{name}", server());
        Self { storage: SqlStorage::postgres(&url).await.unwrap(), name }
    }

    pub(crate) fn url(&self) -> String {
        format!("{}/{}", server(), self.name)
    }

    pub(crate) async fn drop(self) {
        self.storage.close().await;
        run(&format!("DROP DATABASE {}", self.name)).await;
    }

    /// With connections that are just ending.
    pub(crate) async fn drop_by_force(self) {
        self.storage.close().await;
        run(&format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
    }
}

fn server() -> String {
    std::env::var("VERANDA_TEST_POSTGRES").unwrap_or_else(|_| {
        panic!("VERANDA_TEST_POSTGRES is not set: run the tests with `make test-rust`, or `scripts/with-postgres`")
    })
}

async fn run(statement: &str) {
    sqlx::any::install_default_drivers();
    let pool = AnyPool::connect(&format!("{}/postgres", server())).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned())).execute(&pool).await.unwrap();
    pool.close().await;
}
