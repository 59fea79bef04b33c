//! Metrics as OTLP has them in JSON (OpenTelemetry Protocol 1.x, `ExportMetricsServiceRequest`), made of the OpenMetrics text that
//! `/metrics` shows: one source, so that both say the same under the same names. Owns how kinds of metrics, units and labels translate
//! (OpenTelemetry, "Prometheus and OpenMetrics Compatibility"). Pure.
//!
//! Counts are cumulative since the start, so that a look that is lost takes nothing with it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::encode::{resource, scope, text};

/// Sums since the start, by the number that the protocol has for them.
const CUMULATIVE: u8 = 2;

/// A moment at which was looked, and from when on is counted, in nanoseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) start_ns: u64,
    pub(super) now_ns: u64,
}

/// Labels of a line, in its order.
type Labels = Vec<(String, String)>;

/// Lines of one metric.
#[derive(Debug, Default)]
struct Family {
    name: String,
    help: String,
    unit: String,
    kind: String,
    /// What stands behind the metric's name, the labels, and the value.
    lines: Vec<(String, Labels, String)>,
}

/// What a histogram has under the same labels.
#[derive(Debug, Default)]
struct Buckets {
    /// Bounds as they are written, and how many are at most as large.
    cumulative: Vec<(String, u64)>,
    count: u64,
    sum: f64,
}

/// The body of a request with what this text says.
pub(super) fn body(service: &str, metrics: &str, at: Moment) -> Value {
    let families = families(metrics);
    json!({"resourceMetrics": [{
        "resource": resource(service),
        "scopeMetrics": [{
            "scope": scope(),
            "metrics": families.iter().filter_map(|family| metric(family, at)).collect::<Vec<_>>()
        }]
    }]})
}

/// The metrics of a text, in its order. What is not understood is passed over.
fn families(metrics: &str) -> Vec<Family> {
    let mut families: Vec<Family> = Vec::new();
    for line in metrics.lines() {
        if let Some(said) = line.strip_prefix("# ") {
            let mut words = said.splitn(3, ' ');
            let (Some(word), Some(name)) = (words.next(), words.next()) else { continue };
            if families.last().is_none_or(|last| last.name != name) {
                families.push(Family { name: name.to_owned(), ..Family::default() });
            }
            let (Some(family), said) = (families.last_mut(), words.next().unwrap_or_default().to_owned()) else {
                continue;
            };
            match word {
                "HELP" => family.help = unescaped(&said),
                "TYPE" => family.kind = said,
                "UNIT" => family.unit = said,
                _ => {}
            }
        } else if let Some(family) = families.last_mut()
            && let Some((end, labels, value)) = line.strip_prefix(family.name.as_str()).and_then(read)
        {
            family.lines.push((end, labels, value));
        }
    }
    families
}

/// What stands behind a metric's name: `_total{method="GET"} 3`.
fn read(rest: &str) -> Option<(String, Labels, String)> {
    let end = rest.find(['{', ' '])?;
    let (suffix, rest) = rest.split_at(end);
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(rest) => labels(rest)?,
        None => (Vec::new(), rest),
    };
    let value = rest.split_whitespace().next()?;
    Some((suffix.to_owned(), labels, value.to_owned()))
}

/// The labels up to the closing brace, and what stands behind it. Their values may hold any character.
fn labels(mut rest: &str) -> Option<(Labels, &str)> {
    let mut labels = Vec::new();
    loop {
        rest = rest.trim_start_matches(',');
        if let Some(rest) = rest.strip_prefix('}') {
            return Some((labels, rest));
        }
        let (name, quoted) = rest.split_once("=\"")?;
        let mut is_escaped = false;
        let end = quoted.find(|c| {
            let ends = c == '"' && !is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            ends
        })?;
        labels.push((name.to_owned(), unescaped(&quoted[..end])));
        rest = &quoted[end + 1..];
    }
}

/// A text as it was before it was written (OpenMetrics 1.0, "Escaping").
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        match characters.next() {
            Some('n') => plain.push('\n'),
            Some(other) => plain.push(other),
            None => plain.push('\\'),
        }
    }
    plain
}

/// A metric with all of its points; `None` where it has none, or is of a kind that is not made here.
fn metric(family: &Family, at: Moment) -> Option<Value> {
    let Family { name, help, unit, kind, lines } = family;
    let points = |suffix: &str| -> Vec<Value> {
        let own = lines.iter().filter(|(end, ..)| end == suffix);
        own.filter_map(|(_, labels, value)| number(labels, value, at)).collect()
    };
    let sum = |is_monotonic: bool, points: Vec<Value>| {
        json!({"sum": {
            "aggregationTemporality": CUMULATIVE, "isMonotonic": is_monotonic, "dataPoints": points
        }})
    };
    let mut metric = match kind.as_str() {
        "counter" => sum(true, points("_total")),
        "gauge" => json!({"gauge": {"dataPoints": points("")}}),
        "info" => sum(false, points("_info")),
        "histogram" => json!({"histogram": {
            "aggregationTemporality": CUMULATIVE, "dataPoints": histograms(lines, at)
        }}),
        _ => return None,
    };
    let has_points = ["sum", "gauge", "histogram"]
        .iter()
        .any(|shape| metric[shape]["dataPoints"].as_array().is_some_and(|points| !points.is_empty()));
    metric["name"] = if kind == "info" { format!("{name}_info").into() } else { name.as_str().into() };
    metric["description"] = help.as_str().into();
    metric["unit"] = unit_of(unit).into();
    has_points.then_some(metric)
}

/// A unit in the words of UCUM, which OpenTelemetry has chosen.
fn unit_of(unit: &str) -> &str {
    match unit {
        "seconds" => "s",
        "bytes" => "By",
        other => other,
    }
}

/// A point that is one number; `None` for what is none in JSON.
fn number(labels: &Labels, value: &str, at: Moment) -> Option<Value> {
    let mut point = point(labels, at);
    match value.parse::<i64>() {
        Ok(whole) => point["asInt"] = whole.to_string().into(),
        Err(_) => point["asDouble"] = value.parse::<f64>().ok().filter(|value| value.is_finite())?.into(),
    }
    Some(point)
}

fn point(labels: &Labels, at: Moment) -> Value {
    let attributes: Vec<Value> = labels.iter().map(|(name, value)| text(name, value)).collect();
    json!({
        "attributes": attributes,
        "startTimeUnixNano": at.start_ns.to_string(), "timeUnixNano": at.now_ns.to_string()
    })
}

/// The points of a histogram: of each set of labels one.
fn histograms(lines: &[(String, Labels, String)], at: Moment) -> Vec<Value> {
    let mut all: BTreeMap<Labels, Buckets> = BTreeMap::new();
    for (end, labels, value) in lines {
        let (bound, labels): (Vec<_>, Vec<_>) = labels.iter().cloned().partition(|(name, _)| name == "le");
        let buckets = all.entry(labels).or_default();
        match (end.as_str(), bound.into_iter().next()) {
            ("_bucket", Some((_, bound))) => buckets.cumulative.push((bound, value.parse().unwrap_or(0))),
            ("_count", _) => buckets.count = value.parse().unwrap_or(0),
            ("_sum", _) => buckets.sum = value.parse().unwrap_or(0.0),
            _ => {}
        }
    }
    let told = all.into_iter().map(|(labels, Buckets { cumulative, count, sum })| {
        let below = std::iter::once(0).chain(cumulative.iter().map(|(_, count)| *count));
        let counts = cumulative.iter().zip(below).map(|((_, count), below)| count.saturating_sub(below).to_string());
        let bounds = cumulative.iter().filter_map(|(bound, _)| bound.parse::<f64>().ok());
        let mut point = point(&labels, at);
        point["count"] = count.to_string().into();
        point["sum"] = sum.into();
        point["bucketCounts"] = counts.collect();
        point["explicitBounds"] = bounds.filter(|bound| bound.is_finite()).collect();
        point
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text::encode;
    use prometheus_client::metrics::counter::Counter;
    use prometheus_client::metrics::family::Family as Counts;
    use prometheus_client::metrics::gauge::Gauge;
    use prometheus_client::metrics::histogram::Histogram;
    use prometheus_client::metrics::info::Info;
    use prometheus_client::registry::{Registry, Unit};

    use super::*;

    const AT: Moment = Moment { start_ns: 5, now_ns: 7 };

    fn metrics(registry: &Registry) -> Vec<Value> {
        let mut text = String::new();
        encode(&mut text, registry).unwrap();
        let body = body("civitas", &text, AT);
        let resource = &body["resourceMetrics"][0]["resource"]["attributes"];
        assert_eq!(resource[0], json!({"key": "service.name", "value": {"stringValue": "civitas"}}));
        body["resourceMetrics"][0]["scopeMetrics"][0]["metrics"].as_array().unwrap().clone()
    }

    #[test]
    fn counts_and_gauges_are_written_as_the_protocol_says() {
        let mut registry = Registry::with_prefix("civitas");
        let (requests, open, share) =
            (Counts::<[(&str, String); 2], Counter>::default(), Gauge::<i64>::default(), Counter::<f64>::default());
        // A name that could end its label, or the line.
        let odd = "a \"b\\}, {c=\"\nd";
        requests.get_or_create(&[("tenant", odd.to_owned()), ("status", "200".to_owned())]).inc_by(3);
        open.set(-2);
        share.inc_by(0.5);
        registry.register("http_requests", "Requests answered", requests);
        registry.register_with_unit("held", "What is held", Unit::Bytes, open);
        registry.register("share", "A share", share);
        registry.register("nothing", "No point yet", Counts::<[(&str, String); 1], Counter>::default());
        registry.register("build", "The version", Info::new(vec![("version", "1.2")]));
        let label = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
        let point = |attributes: Value, kind: &str, value: Value| json!([{"attributes": attributes, "startTimeUnixNano": "5", "timeUnixNano": "7", kind: value}]);
        let sum = |monotonic: bool, points: Value| json!({"aggregationTemporality": 2, "isMonotonic": monotonic, "dataPoints": points});
        let labels = json!([label("tenant", odd), label("status", "200")]);
        let wanted = [
            json!({"name": "civitas_http_requests", "description": "Requests answered.", "unit": "",
                "sum": sum(true, point(labels, "asInt", json!("3")))}),
            json!({"name": "civitas_held_bytes", "description": "What is held.", "unit": "By",
                "gauge": {"dataPoints": point(json!([]), "asInt", json!("-2"))}}),
            json!({"name": "civitas_share", "description": "A share.", "unit": "",
                "sum": sum(true, point(json!([]), "asDouble", json!(0.5)))}),
            json!({"name": "civitas_build_info", "description": "The version.", "unit": "",
                "sum": sum(false, point(json!([label("version", "1.2")]), "asInt", json!("1")))}),
        ];
        let found = metrics(&registry);
        assert_eq!(found, wanted, "{found:#?}");
    }

    #[test]
    fn a_histogram_has_counts_between_its_bounds() {
        let mut registry = Registry::default();
        let took = Histogram::new([0.5, 1.0, 2.0]);
        [0.25, 0.25, 0.75, 3.0].iter().for_each(|&value| took.observe(value));
        registry.register_with_unit("took", "Time", Unit::Seconds, took);
        let [found] = &metrics(&registry)[..] else { panic!("one metric") };
        assert_eq!((&found["name"], &found["unit"]), (&json!("took_seconds"), &json!("s")));
        let point = &found["histogram"]["dataPoints"][0];
        assert_eq!((&point["count"], &point["sum"]), (&json!("4"), &json!(4.25)));
        assert_eq!(point["bucketCounts"], json!(["2", "1", "0", "1"]));
        assert_eq!(point["explicitBounds"], json!([0.5, 1.0, 2.0]));
        assert_eq!(found["histogram"]["aggregationTemporality"], json!(2));
    }

    #[test]
    fn what_is_no_metric_is_passed_over() {
        for odd in
            ["", "# EOF", "nonsense", "# TYPE a counter\na_total{b=\"c 3\na_total x\nb_total 3\n# EOF", "# TYPE a\na 1"]
        {
            let body = body("civitas", odd, AT);
            assert_eq!(body["resourceMetrics"][0]["scopeMetrics"][0]["metrics"], json!([]), "{odd}");
        }
    }
}
