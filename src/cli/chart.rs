//! The main trends of a run as charts of plain characters, for terminals and for logs that keep text. Owns which trends are
//! drawn and how; pure, but for asking how wide the terminal is.

use clap::Args;
use serde_json::{Map, Value};

use super::summary::words;

/// Rows of a chart.
const ROWS: usize = 8;
/// Trends that are drawn.
const MAX_TRENDS: usize = 3;
/// Columns of the numbers at the left, with the axis.
const MARGIN: usize = 11;
/// Columns in all: the least and the most that are used, and what is used where nobody can say.
const WIDTHS: (usize, usize) = (40, 100);
const WIDTH: usize = 80;

/// Whether there is a chart.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(super) struct ChartArgs {
    /// Draw the main trends even where standard output is no terminal; on a terminal they are drawn anyway
    #[arg(long, conflicts_with = "json")]
    chart: bool,
}

impl ChartArgs {
    /// Columns of the charts; `None` for none.
    pub(super) fn width(self) -> Option<usize> {
        let terminal = console::Term::stdout();
        match (terminal.is_term(), terminal.size_checked()) {
            (true, Some((_, columns))) => Some(usize::from(columns).clamp(WIDTHS.0, WIDTHS.1)),
            // Some terminals do not know how wide they are.
            (true, None) => Some(WIDTH),
            (false, _) => self.chart.then_some(WIDTH),
        }
    }
}

/// The main trends of an outcome: those that its summary names, then the others.
pub(super) fn of(outcome: &Map<String, Value>, width: usize) -> String {
    let Some(trends) = outcome.get("trends").and_then(Value::as_object) else { return String::new() };
    let summary = outcome.get("outcome_summary").and_then(Value::as_object);
    let is_main = |name: &str| summary.is_some_and(|summary| summary.contains_key(name));
    let mut names: Vec<&String> = trends.keys().collect();
    // Stable: otherwise the order stays.
    names.sort_by_key(|name| !is_main(name));
    let charts = names.into_iter().filter_map(|name| chart(name, &points(trends.get(name)?), width));
    charts.take(MAX_TRENDS).collect::<Vec<_>>().join("\n")
}

/// A trend's points, tick and value, by tick.
fn points(trend: &Value) -> Vec<(f64, f64)> {
    let point = |point: &Value| Some((point.get("tick")?.as_f64()?, point.get("value")?.as_f64()?));
    trend.as_array().into_iter().flatten().filter_map(point).collect()
}

/// One trend; `None` where there is nothing to see.
fn chart(name: &str, points: &[(f64, f64)], width: usize) -> Option<String> {
    let (first, last) = (points.first()?.0, points.last()?.0);
    if last <= first {
        return None;
    }
    let columns = width.saturating_sub(MARGIN).max(ROWS);
    let (least, most) = points
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), (_, value)| (least.min(*value), most.max(*value)));
    let range = if most > least { most - least } else { 1.0 };
    let height = |column: usize| {
        let tick = first + (last - first) * column as f64 / (columns - 1) as f64;
        ((at(points, tick) - least) / range * (ROWS - 1) as f64).round() as usize
    };
    // A steep line has no holes: a column reaches to where the one before it ends.
    let reach = |column: usize| {
        let (row, before) = (height(column), height(column.saturating_sub(1)));
        let from = match before {
            before if before < row => before + 1,
            before if before > row => before - 1,
            _ => row,
        };
        from.min(row)..=from.max(row)
    };
    let reaches: Vec<_> = (0..columns).map(reach).collect();
    let mut text = format!("  {}\n", words(name));
    for place in 0..ROWS {
        let value = match place {
            0 => format!("{most:.3}"),
            place if place == ROWS - 1 => format!("{least:.3}"),
            _ => String::new(),
        };
        let mark =
            |reach: &std::ops::RangeInclusive<usize>| if reach.contains(&(ROWS - 1 - place)) { '*' } else { ' ' };
        let line: String = reaches.iter().map(mark).collect();
        text.push_str(&format!("{value:>MARGIN$}{}\n", format!(" |{}", line).trim_end(), MARGIN = MARGIN - 2));
    }
    let (start, end) = (format!("{first:.0}"), format!("tick {last:.0}"));
    let gap = " ".repeat(columns.saturating_sub(start.len() + end.len()));
    let left = " ".repeat(MARGIN - 1);
    text.push_str(&format!("{left}+{}\n{left} {start}{gap}{end}\n", "-".repeat(columns)));
    Some(text)
}

/// The value at a tick, on the line between the points beside it.
fn at(points: &[(f64, f64)], tick: f64) -> f64 {
    let after = points.partition_point(|(known, _)| *known < tick).min(points.len() - 1);
    let ((t1, v1), (t2, v2)) = (points[after.saturating_sub(1)], points[after]);
    if t2 > t1 { v1 + (v2 - v1) * ((tick - t1) / (t2 - t1)).clamp(0.0, 1.0) } else { v2 }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn drawn(value: Value, width: usize) -> String {
        of(value.as_object().unwrap(), width)
    }

    #[test]
    fn a_line_goes_from_corner_to_corner_without_holes() {
        let text = drawn(json!({"trends": {"share": [{"tick": 0, "value": 0.0}, {"tick": 100, "value": 1.0}]}}), 60);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 1 + ROWS + 2, "{text}");
        assert_eq!(lines[0], "  share");
        assert!(lines[1].starts_with("    1.000 |") && lines[1].ends_with('*') && lines[1].len() == 60, "{text}");
        assert!(lines[ROWS].starts_with("    0.000 |*"), "{text}");
        assert!(lines[ROWS + 1].starts_with("          +---") && lines[ROWS + 2].ends_with("tick 100"), "{text}");
        assert!(text.is_ascii() && lines.iter().all(|line| line.len() <= 60), "{text}");
        for column in MARGIN..60 {
            assert!(lines[1..=ROWS].iter().any(|line| line.as_bytes().get(column) == Some(&b'*')), "{column}\n{text}");
        }
    }

    #[test]
    fn a_jump_is_drawn_as_a_steep_line() {
        let points = json!([{"tick": 0, "value": 0.0}, {"tick": 50, "value": 0.0}, {"tick": 51, "value": 1.0}, {"tick": 100, "value": 1.0}]);
        let text = drawn(json!({"trends": {"a": points}}), 60);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[1..=ROWS].iter().all(|line| line.contains('*')), "{text}");
        let down = drawn(
            json!({"trends": {"a": [{"tick": 0, "value": 1.0}, {"tick": 1, "value": 0.0}, {"tick": 100, "value": 0.0}]}}),
            60,
        );
        assert!(down.lines().skip(1).take(ROWS).all(|line| line.contains('*')), "{down}");
    }

    #[test]
    fn the_trends_of_the_summary_come_first_and_no_more_than_three() {
        let trend = json!([{"tick": 0, "value": 1.0}, {"tick": 5, "value": 1.0}]);
        let text = drawn(
            json!({"outcome_summary": {"z": 1}, "trends": {"a": trend, "b": trend, "c": trend, "z": trend, "one": [{"tick": 0, "value": 1}]}}),
            50,
        );
        let names: Vec<_> =
            text.lines().filter(|line| line.starts_with("  ") && !line.contains(['|', '+', '0'])).collect();
        assert_eq!(names, ["  z", "  a", "  b"]);
        assert_eq!((drawn(json!({}), 50), drawn(json!({"trends": {}}), 50)), (String::new(), String::new()));
    }
}
