//! One person's way into a room, while it is traced: where rooms, threads of media and the page's own report find what their spans belong to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use opentelemetry::Context;
use opentelemetry::trace::{Span as _, SpanBuilder, SpanKind, Tracer as _};
use opentelemetry_sdk::trace::SdkTracer;
use protocol::{JoinSteps, ParticipantId};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::clock;

/// A page that has not told how it went after so long does not any more.
const TOLD_WITHIN: Duration = Duration::from_secs(60);

/// What a page may tell of at the most.
const LONGEST: u32 = 10 * 60 * 1_000;

/// The ways in that are traced now; none where traces are off. A clone is another handle to the same.
#[derive(Clone, Default)]
pub(crate) struct JoinTraces(Option<Arc<Traced>>);

struct Traced {
    tracer: SdkTracer,
    contexts: Mutex<HashMap<ParticipantId, Context>>,
}

/// One of them. It ends with what the page has told, or with its connection.
pub(crate) struct JoinTrace {
    span: Span,
    began: SystemTime,
    participant: Option<ParticipantId>,
    joins: JoinTraces,
}

impl JoinTraces {
    pub(super) fn to(tracer: SdkTracer) -> Self {
        Self(Some(Arc::new(Traced { tracer, contexts: Mutex::default() })))
    }

    /// Somebody wants to get in. `None` where nothing is traced.
    pub(crate) fn begin(&self) -> Option<JoinTrace> {
        self.0.as_ref()?;
        let span = tracing::debug_span!(target: "veranda::join", "join");
        Some(JoinTrace { span, began: clock::system_time(), participant: None, joins: self.clone() })
    }

    /// Whether somebody's way in is traced.
    pub(crate) fn has(&self, participant: ParticipantId) -> bool {
        self.0.as_ref().is_some_and(|traced| traced.contexts().contains_key(&participant))
    }

    /// Something that was done for somebody's way in, from a moment until now.
    pub(crate) fn add(&self, participant: ParticipantId, name: &'static str, began: SystemTime) {
        let Some(traced) = &self.0 else { return };
        let context = traced.contexts().get(&participant).cloned();
        if let Some(context) = context {
            traced.span(name, SpanKind::Internal, &context, began, clock::system_time());
        }
    }
}

impl Traced {
    fn span(
        &self,
        name: &'static str,
        kind: SpanKind,
        parent: &Context,
        began: SystemTime,
        ended: SystemTime,
    ) -> Context {
        use opentelemetry::trace::TraceContextExt as _;

        let builder = SpanBuilder::from_name(name).with_kind(kind).with_start_time(began);
        let mut span = self.tracer.build_with_context(builder, parent);
        span.end_with_timestamp(ended);
        parent.with_remote_span_context(span.span_context().clone())
    }

    fn contexts(&self) -> MutexGuard<'_, HashMap<ParticipantId, Context>> {
        self.contexts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl JoinTrace {
    /// What the steps of it are inside of.
    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    /// This is who it is. Others find it by that.
    pub(crate) fn is_of(&mut self, participant: ParticipantId) {
        self.participant = Some(participant);
        if let Some(traced) = &self.joins.0 {
            traced.contexts().insert(participant, self.span.context());
        }
    }

    /// Whether the page will tell nothing any more.
    pub(crate) fn is_overdue(&self) -> bool {
        clock::system_time().duration_since(self.began).is_ok_and(|since| since > TOLD_WITHIN)
    }

    /// What the page has told, as spans.
    pub(crate) fn told(&self, steps: JoinSteps) {
        let Some(traced) = &self.joins.0 else { return };
        if steps.said > LONGEST {
            return;
        }
        let now = clock::system_time();
        let at = |millis: u32| now - Duration::from_millis(steps.said.saturating_sub(millis).into());
        let span = |name, parent: &Context, from: u32, until: Option<u32>| {
            let until = until.filter(|until| (from..=steps.said).contains(until))?;
            Some(traced.span(name, SpanKind::Client, parent, at(from), at(until)))
        };
        let whole = steps.first_frame.or(Some(steps.said));
        let Some(page) = span("page: join", &self.span.context(), 0, whole) else { return };
        span("page: let in", &page, 0, steps.joined);
        span("page: devices", &page, 0, steps.devices);
        span("page: connect", &page, steps.joined.unwrap_or_default(), steps.connected);
        span("page: first picture", &page, steps.connected.unwrap_or_default(), steps.first_frame);
    }
}

impl Drop for JoinTrace {
    fn drop(&mut self) {
        if let (Some(traced), Some(participant)) = (&self.joins.0, self.participant) {
            traced.contexts().remove(&participant);
        }
    }
}
