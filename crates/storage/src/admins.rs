//! The tables `admin_links` and `admin_sessions`.

use async_trait::async_trait;
use protocol::Timestamp;

use crate::rows::signed;
use crate::{AdminRepository, Digest, SqlStorage, StorageError};

#[async_trait]
impl AdminRepository for SqlStorage {
    async fn add_admin_link(&self, link: &Digest, expires_at: Timestamp) -> Result<(), StorageError> {
        sqlx::query("INSERT INTO admin_links (digest, expires_at) VALUES ($1, $2)")
            .bind(link.0.clone())
            .bind(signed(expires_at.0))
            .execute(&self.pool)
            .await
            .map_err(StorageError::of_insert)?;
        Ok(())
    }

    async fn open_admin_session(
        &self,
        link: &Digest,
        session: &Digest,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StorageError> {
        // Whoever guesses keeps nobody from writing.
        let row = sqlx::query("SELECT digest FROM admin_links WHERE digest = $1 AND expires_at > $2")
            .bind(link.0.clone())
            .bind(signed(now.0))
            .fetch_optional(&self.pool)
            .await?;
        if row.is_none() {
            return Ok(false);
        }
        let mut transaction = self.writing().await?;
        // Of two who use it at once, one has deleted it.
        let used = sqlx::query("DELETE FROM admin_links WHERE digest = $1 AND expires_at > $2")
            .bind(link.0.clone())
            .bind(signed(now.0))
            .execute(&mut *transaction)
            .await?;
        if used.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query("INSERT INTO admin_sessions (digest, expires_at) VALUES ($1, $2)")
            .bind(session.0.clone())
            .bind(signed(expires_at.0))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn is_admin_session(&self, session: &Digest, now: Timestamp) -> Result<bool, StorageError> {
        let row = sqlx::query("SELECT digest FROM admin_sessions WHERE digest = $1 AND expires_at > $2")
            .bind(session.0.clone())
            .bind(signed(now.0))
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.is_some())
    }

    async fn end_admin_session(&self, session: &Digest) -> Result<bool, StorageError> {
        let ended = sqlx::query("DELETE FROM admin_sessions WHERE digest = $1")
            .bind(session.0.clone())
            .execute(&self.pool)
            .await?;
        Ok(ended.rows_affected() > 0)
    }

    async fn forget_admins(&self, now: Timestamp) -> Result<(), StorageError> {
        for statement in [
            "DELETE FROM admin_links WHERE expires_at <= $1",
            "DELETE FROM admin_sessions WHERE expires_at <= $1",
        ] {
            sqlx::query(statement).bind(signed(now.0)).execute(&self.pool).await?;
        }
        Ok(())
    }

    async fn revoke_admins(&self) -> Result<u64, StorageError> {
        let mut transaction = self.writing().await?;
        let links = sqlx::query("DELETE FROM admin_links").execute(&mut *transaction).await?;
        let sessions = sqlx::query("DELETE FROM admin_sessions").execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(links.rows_affected() + sessions.rows_affected())
    }
}
