//! The table `usage_hours`.

use async_trait::async_trait;
use protocol::Timestamp;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::rows::{signed, unsigned};
use crate::{SqlStorage, StorageError, UsageRecord, UsageRepository};

/// What a measure begins with that is a greatest value.
const PEAK: &str = "peak.";

#[async_trait]
impl UsageRepository for SqlStorage {
    async fn add_usage(&self, records: &[UsageRecord]) -> Result<(), StorageError> {
        let mut transaction = self.writing().await?;
        for UsageRecord { hour, measure, value, is_peak } in records {
            let prefix = if *is_peak { PEAK } else { "" };
            let statement = if *is_peak {
                "INSERT INTO usage_hours (hour, measure, value) VALUES ($1, $2, $3) ON CONFLICT (hour, measure)
                 DO UPDATE SET value = excluded.value WHERE usage_hours.value < excluded.value"
            } else {
                "INSERT INTO usage_hours (hour, measure, value) VALUES ($1, $2, $3) ON CONFLICT (hour, measure)
                 DO UPDATE SET value = usage_hours.value + excluded.value"
            };
            sqlx::query(statement)
                .bind(signed(hour.0))
                .bind(format!("{prefix}{measure}"))
                .bind(signed(*value))
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    async fn usage(&self, from: Timestamp, before: Timestamp) -> Result<Vec<UsageRecord>, StorageError> {
        let rows = sqlx::query(
            "SELECT hour, measure, value FROM usage_hours WHERE hour >= $1 AND hour < $2 ORDER BY hour, measure",
        )
        .bind(signed(from.0))
        .bind(signed(before.0))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(record).collect()
    }

    async fn forget_usage(&self, before: Timestamp) -> Result<u64, StorageError> {
        sqlx::query("DELETE FROM audit_events WHERE at < $1 AND actor IN ('admin', 'operator')")
            .bind(signed(before.0))
            .execute(&self.pool)
            .await?;
        let forgotten = sqlx::query("DELETE FROM usage_hours WHERE hour < $1")
            .bind(signed(before.0))
            .execute(&self.pool)
            .await?;
        Ok(forgotten.rows_affected())
    }
}

fn record(row: &AnyRow) -> Result<UsageRecord, StorageError> {
    let kept: String = row.try_get("measure")?;
    let peak = kept.strip_prefix(PEAK);
    Ok(UsageRecord {
        hour: Timestamp(unsigned(row, "hour")?),
        is_peak: peak.is_some(),
        measure: peak.unwrap_or(&kept).to_owned(),
        value: unsigned(row, "value")?,
    })
}
