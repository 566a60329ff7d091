//! Traces, where the operator wants them: what one person's way into a room took, from *Join* to the first picture, as spans for a receiver that
//! speaks OTLP. The page's part is what it has told with `report_join`; rooms, storage and the threads of media add theirs.
//!
//! ```text
//!   join ─┬─ find ── storage…          page: join ─┬─ page: let in
//!         ├─ check ── storage…                     ├─ page: devices
//!         ├─ enter                                 ├─ page: connect
//!         ├─ room: let in                          └─ page: first picture
//!         └─ node: describe, node: connect
//! ```
//!
//! No span names a room, a person or an address. Nothing is made where traces are off; where they are on, spans wait in a bounded queue for a
//! thread of their own, and those beyond it are lost.

mod join;
mod receiver;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider, SpanLimits,
};
use tracing::{Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::registry::LookupSpan;

use crate::config::TracesConfig;
use receiver::Receiver;

pub(crate) use join::{JoinTrace, JoinTraces};

/// What the targets of spans begin with. What the log has of the same moments is not in them.
const TARGET: &str = "veranda";

/// Spans that wait. A join has about twenty.
const WAITING_SPANS: usize = 4_096;

/// How often they are sent, and how many at once.
const SENT_EVERY: Duration = Duration::from_secs(2);
const AT_ONCE: usize = 512;

/// How long the receiver may take.
const TAKEN_WITHIN: Duration = Duration::from_secs(5);

/// How long a server that stops waits for what is still to be sent.
const ENDS_WITHIN: Duration = Duration::from_secs(2);

/// Where spans go, if anywhere; a clone is another handle to the same.
#[derive(Clone, Default)]
pub struct Traces(Option<Arc<Sent>>);

struct Sent {
    provider: SdkTracerProvider,
    joins: JoinTraces,
}

impl Traces {
    /// Nothing where the settings name no receiver. Has to be called where there is a runtime.
    ///
    /// # Errors
    ///
    /// When the address of the receiver is none.
    pub fn start(config: &TracesConfig) -> anyhow::Result<Self> {
        if config.endpoint.is_empty() {
            return Ok(Self::default());
        }
        let receiver = Receiver::new(TAKEN_WITHIN)?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(receiver)
            .with_endpoint(&config.endpoint)
            .with_timeout(TAKEN_WITHIN)
            .build()
            .with_context(|| format!("[traces] endpoint = \"{}\" cannot be used", config.endpoint))?;
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(WAITING_SPANS)
            .with_max_export_batch_size(AT_ONCE)
            .with_scheduled_delay(SENT_EVERY)
            .build();
        let share = f64::from(config.percent.min(100)) / 100.0;
        let resource = Resource::builder_empty()
            .with_service_name("veranda")
            .with_attribute(opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(BatchSpanProcessor::builder(exporter).with_batch_config(batches).build())
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(share))))
            .with_span_limits(SpanLimits::default())
            .with_resource(resource)
            .build();
        let joins = JoinTraces::to(provider.tracer("veranda"));
        Ok(Self(Some(Arc::new(Sent { provider, joins }))))
    }

    /// What hands the program's spans over; nothing where traces are off.
    pub fn layer<S>(&self) -> Option<impl Layer<S> + use<S>>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let sent = self.0.as_ref()?;
        let layer = tracing_opentelemetry::layer()
            .with_tracer(sent.provider.tracer("veranda"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false);
        Some(layer.with_filter(Targets::new().with_target(TARGET, Level::TRACE)))
    }

    /// The ways into rooms that are traced.
    pub(crate) fn joins(&self) -> JoinTraces {
        self.0.as_ref().map(|sent| sent.joins.clone()).unwrap_or_default()
    }

    /// Sends what still waits, unless the receiver takes too long.
    pub async fn stop(&self) {
        let Some(sent) = self.0.clone() else { return };
        let ending = tokio::task::spawn_blocking(move || sent.provider.shutdown_with_timeout(ENDS_WITHIN));
        _ = tokio::time::timeout(ENDS_WITHIN * 2, ending).await;
    }
}

#[cfg(test)]
mod tests {
    use protocol::ParticipantId;
    use tracing_subscriber::Registry;
    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn where_traces_are_off_nothing_is_made_and_where_they_are_on_somebody_is_found() {
        let off = Traces::start(&TracesConfig::default()).unwrap();
        assert!(off.layer::<Registry>().is_none() && off.joins().begin().is_none());

        let endpoint = "http://127.0.0.1:9/v1/traces".to_owned();
        let on = Traces::start(&TracesConfig { endpoint, ..TracesConfig::default() }).unwrap();
        let (joins, ada) = (on.joins(), ParticipantId::new(Uuid::from_u128(1)));
        let mut trace = joins.begin().unwrap();
        assert!(on.layer::<Registry>().is_some() && !joins.has(ada));
        trace.is_of(ada);
        assert!(joins.has(ada) && !trace.is_overdue());
        drop(trace);
        assert!(!joins.has(ada), "nothing is remembered of a way in that is over");
    }
}
