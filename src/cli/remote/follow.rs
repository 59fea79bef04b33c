//! Following a run on a server through its stream of events. A stream that breaks off is opened again after the last event that
//! was seen, for as long as the server is expected back.

use std::io::BufRead;
use std::time::Duration;

use serde_json::Value;

use super::Server;
use crate::cli::progress::RunBar;
use crate::error::{Error, Result};

/// Time before a stream that broke off is opened again, in turn; a server that starts again is back within this.
const PAUSES_S: [u64; 6] = [1, 2, 4, 8, 16, 32];

/// How a run ended.
pub(in crate::cli) struct Ended {
    /// `completed`, `failed` or `cancelled`.
    pub(in crate::cli) event: String,
    /// What the event says.
    pub(in crate::cli) data: Value,
}

/// Watches a run to its end; each event is shown on the bar, or given to `each` as its name and data.
///
/// # Errors
/// [`Error::Remote`] when the server refuses, or does not come back.
pub(in crate::cli) fn follow(server: &Server, run: &str, mut each: impl FnMut(&str, &Value)) -> Result<Ended> {
    let (mut last, mut bar, mut failures) = (None, None::<RunBar>, 0);
    loop {
        let seen = last;
        let broken = match server.stream(&format!("/runs/{run}/progress"), last) {
            Ok(stream) => match listen(stream, &mut last, &mut bar, &mut each) {
                Some(ended) => return Ok(ended),
                None => Error::Remote { problem: format!("the stream of run {run} broke off"), hint: None },
            },
            // Whoever was never heard is not waited for.
            Err(error) if last.is_none() && failures == 0 => return Err(error),
            Err(error) => error,
        };
        failures = if last == seen { failures } else { 0 };
        let Some(&pause) = PAUSES_S.get(failures) else { return Err(broken) };
        failures += 1;
        std::thread::sleep(Duration::from_secs(pause));
    }
}

/// Reads events until the run's last one, or the stream's end.
fn listen(
    stream: impl BufRead,
    last: &mut Option<u64>,
    bar: &mut Option<RunBar>,
    each: &mut impl FnMut(&str, &Value),
) -> Option<Ended> {
    let (mut event, mut data) = (String::new(), String::new());
    for line in stream.lines() {
        let line = line.ok()?;
        match line.split_once(':').map(|(name, value)| (name, value.strip_prefix(' ').unwrap_or(value))) {
            Some(("event", name)) => event = name.to_owned(),
            Some(("data", text)) => data.push_str(text),
            Some(("id", id)) => *last = id.parse().ok().or(*last),
            None if line.is_empty() && !data.is_empty() => {
                let told: Value = serde_json::from_str(&data).unwrap_or_default();
                let name = std::mem::take(&mut event);
                data.clear();
                each(&name, &told);
                match name.as_str() {
                    "progress" => show(bar, &told),
                    "completed" | "failed" | "cancelled" => {
                        if let Some(bar) = bar {
                            bar.clear();
                        }
                        return Some(Ended { event: name, data: told });
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
    None
}

fn show(bar: &mut Option<RunBar>, told: &Value) {
    let number = |field: &str| told[field].as_u64().unwrap_or(0);
    let bar = bar.get_or_insert_with(|| RunBar::new(u32::try_from(number("total_ticks")).unwrap_or(u32::MAX)));
    let tick = u32::try_from(number("tick")).unwrap_or(u32::MAX);
    bar.step(tick, if told["status"] == "running" { "running" } else { "waiting" });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_read_to_the_runs_end() {
        let text = "retry: 2000\n\nid: 3\nevent: progress\ndata: {\"tick\":3,\"total_ticks\":9}\n\n: silence\n\n\
                    id: 9\nevent: completed\ndata: {\"status\":\"succeeded\"}\n\nevent: progress\ndata: {}\n\n";
        let (mut last, mut bar, mut seen) = (None, None, Vec::new());
        let ended = listen(text.as_bytes(), &mut last, &mut bar, &mut |name, _| seen.push(name.to_owned())).unwrap();
        assert_eq!(
            (ended.event.as_str(), last, ended.data["status"].as_str()),
            ("completed", Some(9), Some("succeeded"))
        );
        assert_eq!(seen, ["progress", "completed"]);
        let cut = "id: 4\nevent: progress\ndata: {\"tick\":4}\n\nid: 5\nevent: prog";
        assert!(listen(cut.as_bytes(), &mut last, &mut bar, &mut |_, _| {}).is_none());
        assert_eq!(last, Some(5));
    }
}
