//! Who owns what, where several servers share a database: tables `cluster`, `nodes` and `duties`, and the owner beside a room's token.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use protocol::RoomCode;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use crate::rows::{signed, unsigned};
use crate::{Fence, SqlStorage, Storage, StorageError};

/// What one node owns at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ownable {
    /// A room.
    Room(RoomCode),
    /// All rings, and what else is done once for the whole cluster.
    Rings,
}

/// Who owns it, and the last token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ownership {
    /// As the owner has written it; `None` of what nobody owns.
    pub owner: Option<String>,
    /// Grows by one with each change of the owner.
    pub fence: Fence,
}

/// What became of a compare-and-swap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Swap {
    /// It was done, and this is the new token.
    Done(Fence),
    /// The token was another one. `None` where there is no such room.
    Lost(Option<Ownership>),
}

/// Who owns what.
#[async_trait]
pub trait ClusterRepository {
    /// Counts a start of a node, from 1. `None`, and nothing is kept, when the database belongs to a cluster with another tag. The first node
    /// of all gives the database its tag.
    async fn register_node(&self, tag: &str, node: &str) -> Result<Option<u64>, StorageError>;

    /// Who owns it. `None` when there is no such room.
    async fn ownership(&self, of: Ownable) -> Result<Option<Ownership>, StorageError>;

    /// The same of many, in their order.
    async fn ownerships(&self, of: &[Ownable]) -> Result<Vec<Option<Ownership>>, StorageError>;

    /// Gives it another owner, or none, if its token is still the expected one, and raises the token by one.
    async fn swap_owner(
        &self,
        of: Ownable,
        expected: Fence,
        owner: Option<&str>,
    ) -> Result<Swap, StorageError>;

    /// The same storage, for whoever has taken the rings with this token: rows of calls are refused once somebody has them with another
    /// one ([`StorageError::Fenced`]).
    fn of_rings(&self, fence: Fence) -> Arc<dyn Storage>;
}

/// The table and the row of it.
fn place(of: Ownable) -> (&'static str, &'static str, String) {
    match of {
        Ownable::Room(code) => ("rooms", "code", code.to_string()),
        Ownable::Rings => ("duties", "name", "rings".to_owned()),
    }
}

fn ownership(row: &AnyRow) -> Result<Ownership, StorageError> {
    Ok(Ownership { owner: row.try_get("owner")?, fence: Fence(unsigned(row, "fence")?) })
}

impl SqlStorage {
    /// Takes a row of a call, or refuses it.
    pub(crate) async fn check_rings(&self, transaction: &mut AnyConnection) -> Result<(), StorageError> {
        let Some(fence) = self.rings_fence else { return Ok(()) };
        let (table, key, value) = place(Ownable::Rings);
        let statement = format!("SELECT fence FROM {table} WHERE {key} = $1{}", self.lock_rows);
        let row = sqlx::query(AssertSqlSafe(statement)).bind(value).fetch_one(transaction).await?;
        if unsigned(&row, "fence")? == fence.0 { Ok(()) } else { Err(StorageError::Fenced) }
    }
}

#[async_trait]
impl ClusterRepository for SqlStorage {
    async fn register_node(&self, tag: &str, node: &str) -> Result<Option<u64>, StorageError> {
        let mut transaction = self.writing().await?;
        sqlx::query("INSERT INTO cluster (one, tag) VALUES (1, $1) ON CONFLICT (one) DO NOTHING")
            .bind(tag)
            .execute(&mut *transaction)
            .await?;
        let row = sqlx::query("SELECT tag FROM cluster").fetch_one(&mut *transaction).await?;
        if row.try_get::<String, _>("tag")? != tag {
            return Ok(None);
        }
        let row = sqlx::query(
            "INSERT INTO nodes (id, starts) VALUES ($1, 1)
             ON CONFLICT (id) DO UPDATE SET starts = nodes.starts + 1 RETURNING starts",
        )
        .bind(node)
        .fetch_one(&mut *transaction)
        .await?;
        transaction.commit().await?;
        unsigned(&row, "starts").map(Some)
    }

    async fn ownership(&self, of: Ownable) -> Result<Option<Ownership>, StorageError> {
        let (table, key, value) = place(of);
        let statement = format!("SELECT owner, fence FROM {table} WHERE {key} = $1");
        let row = sqlx::query(AssertSqlSafe(statement)).bind(value).fetch_optional(&self.pool).await?;
        row.as_ref().map(ownership).transpose()
    }

    async fn ownerships(&self, of: &[Ownable]) -> Result<Vec<Option<Ownership>>, StorageError> {
        let codes: Vec<_> = of.iter().filter(|of| **of != Ownable::Rings).map(|of| place(*of).2).collect();
        let mut found = HashMap::new();
        if !codes.is_empty() {
            let placeholders: Vec<_> = (1..=codes.len()).map(|index| format!("${index}")).collect();
            let places = placeholders.join(", ");
            let statement = format!("SELECT code, owner, fence FROM rooms WHERE code IN ({places})");
            let mut query = sqlx::query(AssertSqlSafe(statement));
            for code in codes {
                query = query.bind(code);
            }
            for row in query.fetch_all(&self.pool).await? {
                found.insert(row.try_get::<String, _>("code")?, ownership(&row)?);
            }
        }
        let mut rows = Vec::with_capacity(of.len());
        for of in of {
            rows.push(match of {
                Ownable::Rings => self.ownership(*of).await?,
                Ownable::Room(code) => found.remove(&code.to_string()),
            });
        }
        Ok(rows)
    }

    async fn swap_owner(
        &self,
        of: Ownable,
        expected: Fence,
        owner: Option<&str>,
    ) -> Result<Swap, StorageError> {
        let (table, key, value) = place(of);
        let statement = format!(
            "UPDATE {table} SET owner = $1, fence = fence + 1 WHERE {key} = $2 AND fence = $3 RETURNING fence"
        );
        let row = sqlx::query(AssertSqlSafe(statement))
            .bind(owner)
            .bind(value)
            .bind(signed(expected.0))
            .fetch_optional(&self.pool)
            .await?;
        match row {
            Some(row) => Ok(Swap::Done(Fence(unsigned(&row, "fence")?))),
            None => Ok(Swap::Lost(self.ownership(of).await?)),
        }
    }

    fn of_rings(&self, fence: Fence) -> Arc<dyn Storage> {
        let mut storage = self.clone();
        storage.rings_fence = Some(fence);
        Arc::new(storage)
    }
}
