//! Comparing two audits, or one with its run done again here: the order of looking, and the verdict. Each question is
//! another file's; here they are put together.

use std::path::Path;

use civitas_engine::{AuditEnd, Catalogue, Replay};

use super::agents;
use super::compare::{Comparison, Departure, compare};
use super::read::{AuditReader, Next};
use super::report::{FileReport, PlaceReport, Report, RerunReport, Verdict};
use super::rerun::{Redone, redo};
use crate::error::{Error, Result};

/// How audits are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Do the runs again where they differ, to find the agents and the file that cannot be reproduced.
    pub rerun: bool,
}

/// Compares two audits. `say` is told what takes long.
///
/// # Errors
/// [`Error::Audit`] when a file cannot be read or is damaged.
pub fn diff(paths: [&Path; 2], catalogue: &Catalogue, options: Options, mut say: impl FnMut(&str)) -> Result<Report> {
    let (mut a, mut b) = (AuditReader::open(paths[0])?, AuditReader::open(paths[1])?);
    let files = vec![FileReport::of("A", paths[0], a.header()), FileReport::of("B", paths[1], b.header())];
    let mut report = empty(files);
    report.header = a.header().differences(b.header());
    if a.header().regions != b.header().regions {
        report.finding = "different: the runs have other agents or regions, so nothing can be told apart".to_owned();
        return Ok(report);
    }
    let found = compare(&mut a, &mut b)?;
    let place = |part: &Option<Departure>| part.as_ref().map(|at| PlaceReport::of(at, a.header(), a.layout()));
    report.environment = place(&found.first.environment);
    report.metrics = place(&found.first.metrics);
    report.state = place(&found.first.state);
    (report.verdict, report.finding) = verdict(&found, &report);
    if let Some(departure) = &found.first.state
        && options.rerun
    {
        look_closer(&mut report, paths, &found, departure, catalogue, &mut say)?;
    }
    Ok(report)
}

/// Does both runs again up to the moment at which they differ, and looks at the agents there.
fn look_closer(
    report: &mut Report,
    paths: [&Path; 2],
    found: &Comparison,
    departure: &Departure,
    catalogue: &Catalogue,
    say: &mut impl FnMut(&str),
) -> Result<()> {
    let mut reached: Vec<Box<Replay>> = Vec::new();
    for ((name, path), moments) in ["A", "B"].into_iter().zip(paths).zip(found.moments) {
        say(&format!("doing {name} again, up to tick {}", departure.tick));
        let (again, replay) = run_again(name, path, moments, catalogue)?;
        report.reruns.push(again);
        reached.extend(replay);
    }
    if let [a, b] = reached.as_slice() {
        let layout = &a.world().layout;
        report.agents = agents::differing(a, b, layout, &departure.blocks);
        return Ok(());
    }
    let broken: Vec<_> = report.reruns.iter().filter(|run| run.departure().is_some()).map(|run| run.file).collect();
    if !broken.is_empty() {
        let files = broken.join(" and ");
        report.finding = format!("{}; {files} cannot be reproduced here", report.finding);
    }
    Ok(())
}

/// Does an audit's run again here, to its end, and compares every moment.
///
/// # Errors
/// [`Error::Audit`] when the file cannot be read or is damaged, or when this program cannot be expected to give the same.
pub fn verify(path: &Path, catalogue: &Catalogue, mut say: impl FnMut(&str)) -> Result<Report> {
    let reader = AuditReader::open(path)?;
    let mut report = empty(vec![FileReport::of("A", path, reader.header())]);
    say("doing A again");
    let layout = reader.layout().clone();
    let header = reader.header().clone();
    let again = match redo(reader, u64::MAX, catalogue)? {
        Redone::Refused(why) => {
            let hint = "use the civitas that wrote it, or compare it with another audit: civitas diff A B";
            return Err(Error::audit(path, format!("cannot be done again: {why}"), hint));
        }
        Redone::Departed(first) => RerunReport::departed("A", &first, &header, &layout),
        Redone::Reached { tick, moments, end, .. } => {
            let cut = end == Some(Next::Cut);
            report.verdict = if cut { Verdict::Unknown } else { Verdict::Same };
            let so_far = format!("{moments} moments up to tick {tick}");
            report.finding = match end {
                Some(Next::Cut) => format!("reproducible as far as it goes, {so_far}: the file is cut there"),
                Some(Next::End(AuditEnd::Cancelled)) => format!("reproducible: {so_far}, where it was cancelled"),
                Some(Next::End(AuditEnd::Paused)) => format!("reproducible: {so_far}, where it was paused"),
                Some(Next::End(AuditEnd::Failed)) => format!("reproducible: {so_far}, after which it failed"),
                _ => format!("reproducible: {so_far}"),
            };
            RerunReport { file: "A", reproduced: true, tick: Some(tick), moments, ..RerunReport::default() }
        }
    };
    if let Some(place) = again.departure() {
        let what = if again.state.is_some() { "state" } else { "environment or metrics" };
        report.finding = format!("not reproducible here: another {what} {}", place.when());
    }
    report.reruns.push(again);
    Ok(report)
}

fn run_again(
    file: &'static str,
    path: &Path,
    moments: u64,
    catalogue: &Catalogue,
) -> Result<(RerunReport, Option<Box<Replay>>)> {
    let reader = AuditReader::open(path)?;
    let (header, layout) = (reader.header().clone(), reader.layout().clone());
    Ok(match redo(reader, moments, catalogue)? {
        Redone::Refused(why) => (RerunReport { file, refused: Some(why), ..RerunReport::default() }, None),
        Redone::Departed(first) => (RerunReport::departed(file, &first, &header, &layout), None),
        Redone::Reached { replay, tick, moments, .. } => {
            let report = RerunReport { file, reproduced: true, tick: Some(tick), moments, ..RerunReport::default() };
            (report, Some(replay))
        }
    })
}

/// A report of which nothing is known yet.
fn empty(files: Vec<FileReport>) -> Report {
    Report {
        verdict: Verdict::Different,
        finding: String::new(),
        files,
        header: Vec::new(),
        environment: None,
        metrics: None,
        state: None,
        reruns: Vec::new(),
        agents: Vec::new(),
    }
}

/// What a comparison comes to.
fn verdict(found: &Comparison, report: &Report) -> (Verdict, String) {
    let tick = found.tick;
    if let Some(state) = &report.state {
        let regions: Vec<_> = state.regions.iter().map(|region| region.region.as_str()).collect();
        let regions = match regions.as_slice() {
            [one] => format!("region {one}"),
            _ => format!("{} regions", state.regions_total),
        };
        return (Verdict::Different, format!("different: the state first differs {}, in {regions}", state.when()));
    }
    match &found.ends {
        _ if found.compared == 0 => {
            (Verdict::Unknown, "they have no tick in common: one begins after the other ends".to_owned())
        }
        [Some(Next::Cut), _] | [_, Some(Next::Cut)] if found.first.none() => {
            let name = if found.ends[0] == Some(Next::Cut) { "A" } else { "B" };
            (Verdict::Unknown, format!("the same up to tick {tick}, where {name} is cut: more cannot be told"))
        }
        [Some(_), Some(_)] if found.first.none() => {
            let more = match report.header.iter().any(|difference| difference.field.starts_with("specification.")) {
                true => ", though the specifications differ",
                false => "",
            };
            (Verdict::Same, format!("the same: {} moments up to tick {tick}{more}", found.compared))
        }
        [None, Some(_)] if found.first.none() => {
            (Verdict::Different, format!("different: the same up to tick {tick}, where B ends and A goes on"))
        }
        [Some(_), None] if found.first.none() => {
            (Verdict::Different, format!("different: the same up to tick {tick}, where A ends and B goes on"))
        }
        _ => {
            let until = format!("the state is the same up to tick {tick}");
            (Verdict::Different, format!("different: the environment or the metrics differ, {until}"))
        }
    }
}
