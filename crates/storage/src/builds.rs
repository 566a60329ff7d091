//! The tables `builds`, `build_files` and `assets`: what pages of earlier builds still ask for.

use async_trait::async_trait;
use protocol::Timestamp;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::rows::{signed, unsigned};
use crate::{BuildFile, BuildRepository, KeptFile, SqlStorage, StorageError};

#[async_trait]
impl BuildRepository for SqlStorage {
    async fn start_build(&self, id: &str, now: Timestamp) -> Result<bool, StorageError> {
        let mut transaction = self.writing().await?;
        sqlx::query("UPDATE builds SET replaced_at = $1 WHERE id <> $2 AND replaced_at = 0")
            .bind(signed(now.0))
            .bind(id.to_owned())
            .execute(&mut *transaction)
            .await?;
        let known = sqlx::query("UPDATE builds SET replaced_at = 0 WHERE id = $1")
            .bind(id.to_owned())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(known.rows_affected() > 0)
    }

    async fn keep_build(&self, id: &str, files: &[BuildFile]) -> Result<(), StorageError> {
        let mut transaction = self.writing().await?;
        for BuildFile { path, digest, content } in files {
            sqlx::query("INSERT INTO assets (digest, content) VALUES ($1, $2) ON CONFLICT DO NOTHING")
                .bind(digest.clone())
                .bind(content.clone())
                .execute(&mut *transaction)
                .await?;
            sqlx::query(
                "INSERT INTO build_files (build, path, digest) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            )
            .bind(id.to_owned())
            .bind(path.clone())
            .bind(digest.clone())
            .execute(&mut *transaction)
            .await?;
        }
        // Last, so that a build which is known is whole.
        sqlx::query("INSERT INTO builds (id, replaced_at) VALUES ($1, 0) ON CONFLICT DO NOTHING")
            .bind(id.to_owned())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn file_of_build(&self, id: &str, path: &str) -> Result<Option<KeptFile>, StorageError> {
        let row = sqlx::query(
            "SELECT assets.digest AS digest, CAST(LENGTH(content) AS BIGINT) AS bytes
             FROM build_files JOIN assets ON assets.digest = build_files.digest WHERE build = $1 AND path = $2",
        )
        .bind(id.to_owned())
        .bind(path.to_owned())
        .fetch_optional(&self.pool)
        .await?;
        let file =
            |row: AnyRow| Ok(KeptFile { digest: row.try_get("digest")?, bytes: unsigned(&row, "bytes")? });
        row.map(file).transpose()
    }

    async fn content_of_file(&self, digest: &str) -> Result<Option<Vec<u8>>, StorageError> {
        let row = sqlx::query("SELECT content FROM assets WHERE digest = $1")
            .bind(digest.to_owned())
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|row| row.try_get("content")).transpose()?)
    }

    async fn forget_builds(&self, replaced_before: Timestamp, most: u32) -> Result<u64, StorageError> {
        let mut transaction = self.writing().await?;
        let forgotten = sqlx::query(
            "DELETE FROM builds WHERE replaced_at <> 0 AND (replaced_at < $1 OR id NOT IN
                 (SELECT id FROM builds WHERE replaced_at <> 0 ORDER BY replaced_at DESC, id LIMIT $2))",
        )
        .bind(signed(replaced_before.0))
        .bind(i64::from(most))
        .execute(&mut *transaction)
        .await?;
        if forgotten.rows_affected() > 0 {
            sqlx::query("DELETE FROM build_files WHERE build NOT IN (SELECT id FROM builds)")
                .execute(&mut *transaction)
                .await?;
            sqlx::query("DELETE FROM assets WHERE digest NOT IN (SELECT digest FROM build_files)")
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(forgotten.rows_affected())
    }
}
