//! From `tracing` to spans: which spans are kept, and what of their fields and of what is said within them. It never waits: where the
//! way out is full a span is lost, and counted.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{SystemTime, UNIX_EPOCH};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::span::{Attribute, Parent, Said, Span};

/// The field of a span that has the `traceparent` header of who asked.
const PARENT: &str = "traceparent";
/// Spans that are kept: requests (`crate::http`) and runs (the supervisor of `civitas-actors`).
const KEPT: [&str; 2] = ["request", "run"];
/// Spans that may wait to be sent: some seconds of a busy server, a few MiB.
const MAX_WAITING: usize = 4_096;

/// Makes spans of what is traced, and hands over those that have ended.
#[derive(Debug)]
pub(crate) struct SpanLayer {
    ended: SyncSender<Span>,
    lost: Arc<AtomicU64>,
}

impl SpanLayer {
    /// A layer, and where its spans come out.
    pub(super) fn new() -> (Self, Receiver<Span>) {
        let (ended, spans) = sync_channel(MAX_WAITING);
        (Self { ended, lost: Arc::default() }, spans)
    }

    /// How many spans were lost, counted on.
    pub(super) fn lost(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.lost)
    }

    /// True for what this layer looks at.
    pub(crate) fn wants(metadata: &Metadata<'_>) -> bool {
        let ours = metadata.target().starts_with("civitas");
        ours && if metadata.is_span() { KEPT.contains(&metadata.name()) } else { *metadata.level() <= Level::INFO }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for SpanLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(place) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let stated = fields.text(PARENT).and_then(Parent::read);
        let around = place.parent().and_then(|parent| {
            parent.extensions().get::<Span>().map(|span| Parent { trace: span.trace, span: span.id })
        });
        let parent = around.or(stated);
        // Without chance there are no ids, and nothing else depends on them.
        let Some((trace, span)) = ids() else { return };
        fields.0.retain(|(name, _)| *name != PARENT);
        place.extensions_mut().insert(Span {
            trace: parent.map_or(trace, |parent| parent.trace),
            id: span,
            parent: parent.map(|parent| parent.span),
            name: attributes.metadata().name(),
            start_ns: now_ns(),
            end_ns: 0,
            attributes: fields.0,
            said: Vec::new(),
        });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(place) = context.span(id) else { return };
        let mut fields = Fields::default();
        values.record(&mut fields);
        if let Some(span) = place.extensions_mut().get_mut::<Span>() {
            span.attributes.extend(fields.0);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Some(place) = context.event_span(event) else { return };
        let mut extensions = place.extensions_mut();
        let Some(span) = extensions.get_mut::<Span>() else { return };
        let mut fields = Fields::default();
        event.record(&mut fields);
        let name = fields.text("message").unwrap_or_default().to_owned();
        fields.0.retain(|(field, _)| *field != "message");
        fields.0.push(("level", Attribute::Text(event.metadata().level().to_string())));
        span.say(Said { at_ns: now_ns(), name, attributes: fields.0 });
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let ended = context.span(&id).and_then(|place| place.extensions_mut().remove::<Span>());
        let Some(mut span) = ended else { return };
        span.end_ns = now_ns();
        if self.ended.try_send(span).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Nanoseconds since 1970.
pub(super) fn now_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// A trace's id and a span's, by chance and not 0.
fn ids() -> Option<(u128, u64)> {
    let mut bytes = [0; 24];
    getrandom::fill(&mut bytes).ok()?;
    let (trace, span) = bytes.split_at(16);
    Some((u128::from_le_bytes(trace.try_into().ok()?) | 1, u64::from_le_bytes(span.try_into().ok()?) | 1))
}

/// Fields as they are recorded.
#[derive(Default)]
struct Fields(Vec<(&'static str, Attribute)>);

impl Fields {
    fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find_map(|(known, value)| match value {
            Attribute::Text(text) if *known == name => Some(text.as_str()),
            _ => None,
        })
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.0.push((field.name(), Attribute::Number(value)));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.push((field.name(), Attribute::Whole(value)));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        let whole = i64::try_from(value).map_or_else(|_| Attribute::Text(value.to_string()), Attribute::Whole);
        self.0.push((field.name(), whole));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.push((field.name(), Attribute::Flag(value)));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.push((field.name(), Attribute::Text(value.to_owned())));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.push((field.name(), Attribute::Text(format!("{value:?}"))));
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::filter::filter_fn;
    use tracing_subscriber::prelude::*;

    use super::*;

    #[test]
    fn spans_keep_their_family_their_fields_and_what_was_said() {
        let (layer, spans) = SpanLayer::new();
        let subscriber = tracing_subscriber::registry().with(layer.with_filter(filter_fn(SpanLayer::wants)));
        tracing::subscriber::with_default(subscriber, || {
            let header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
            let request = tracing::trace_span!(target: "civitas::http", "request", traceparent = header, status = tracing::field::Empty);
            request.in_scope(|| {
                let _run =
                    tracing::error_span!(target: "civitas_actors", "run", tenant = "acme", ticks = 5_u64).entered();
                tracing::info!(target: "civitas_actors", tick = 3, "snapshot written");
                tracing::debug!(target: "civitas_actors", "not kept");
                let _other = tracing::error_span!(target: "actix", "request").entered();
            });
            request.record("status", 200_u64);
        });
        let ended: Vec<Span> = spans.try_iter().collect();
        let [run, request] = &ended[..] else { panic!("{ended:?}") };
        assert_eq!((run.name, request.name), ("run", "request"));
        assert_eq!((request.parent, run.parent), (Some(0xb7ad_6b71_6920_3331), Some(request.id)));
        assert_eq!((request.trace, run.trace), (0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c, request.trace));
        assert_eq!(request.attributes, [("status", Attribute::Whole(200))], "the header is no attribute");
        assert_eq!(
            (run.text("tenant"), run.said.len(), run.said[0].name.as_str()),
            (Some("acme"), 1, "snapshot written")
        );
        assert!(request.start_ns <= run.start_ns && run.start_ns <= run.end_ns && run.end_ns <= request.end_ns);
    }

    #[test]
    fn where_nobody_takes_them_spans_are_lost_and_counted_and_nothing_waits() {
        let (layer, spans) = SpanLayer::new();
        let lost = layer.lost();
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, || {
            for _ in 0..MAX_WAITING + 3 {
                drop(tracing::error_span!(target: "civitas", "run"));
            }
        });
        assert_eq!((spans.try_iter().count(), lost.load(Ordering::Relaxed)), (MAX_WAITING, 3));
    }
}
