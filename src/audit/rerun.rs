//! Doing a recorded run again, here and on one thread, moment by moment beside its file: does this program still give what
//! the file says? Where it does not, determinism is broken between the two.

use std::panic::{AssertUnwindSafe, catch_unwind};

use civitas_engine::{Catalogue, Dataset, Replay, RunSpec, results_version};

use super::compare::{Differences, View};
use super::header::Header;
use super::read::{AuditReader, Next};
use super::specification::Specification;
use crate::error::{Error, Result};

/// What came of doing a run again.
pub(super) enum Redone {
    /// This program cannot be expected to give the same, and why.
    Refused(String),
    /// Another answer than the file's, at this moment for the first time.
    Departed(Box<Differences>),
    /// The same up to the moment that was asked for, or the end of the file.
    Reached {
        /// The run at that moment.
        replay: Box<Replay>,
        /// The last tick.
        tick: u32,
        /// Moments that were compared.
        moments: u64,
        /// What the file ends with, where its end was reached.
        end: Option<Next>,
    },
}

/// Does a recorded run again, up to so many moments, comparing each.
///
/// # Errors
/// [`Error::Audit`] when the file is damaged, or the run fails here.
pub(super) fn redo(mut reader: AuditReader, moments: u64, catalogue: &Catalogue) -> Result<Redone> {
    let spec = match spec_of(reader.header(), catalogue) {
        Ok(spec) => spec,
        Err(why) => return Ok(Redone::Refused(why)),
    };
    let path = reader.path().to_owned();
    let failed = |problem: String| {
        let hint = "the run itself fails here; `civitas run` of its specification says more";
        Error::audit(&path, format!("cannot be done again: {problem}"), hint)
    };
    // A panic of the model is an answer too, and no reason to end without one.
    let done = catch_unwind(AssertUnwindSafe(|| {
        let replay = Replay::new(spec, catalogue, 1, reader.header().agent_hashes);
        replay.map_err(|error| failed(error.to_string())).and_then(|replay| side_by_side(&mut reader, replay, moments))
    }));
    done.unwrap_or_else(|_| Err(failed("the model panicked".to_owned())))
}

fn side_by_side(reader: &mut AuditReader, mut replay: Replay, wanted: u64) -> Result<Redone> {
    let layout = reader.layout().clone();
    let (mut recorded, mut here) = (View::new(), View::new());
    let (mut tick, mut moments) = (0, 0);
    while moments < wanted {
        let entry = match reader.next_part()? {
            Next::Entry(entry) => *entry,
            end => return Ok(Redone::Reached { replay: Box::new(replay), tick, moments, end: Some(end) }),
        };
        let mut next = || {
            let again = replay.next_entry();
            again.map_err(|error| {
                let problem = format!("cannot be done again: {error}");
                Error::audit(reader.path(), problem, "report it with the file")
            })
        };
        let mut again = next()?;
        // The file of a fork begins where the fork does; what came before is done here without a look.
        while moments == 0 && again.as_ref().is_some_and(|again| again.tick < entry.tick) {
            again = next()?;
        }
        let Some(again) = again else {
            let hint = "its specification ends earlier here; compare the headers";
            return Err(Error::audit(reader.path(), format!("goes on after tick {tick}, its run does not"), hint));
        };
        let same = entry == again;
        tick = entry.tick;
        recorded.take(entry);
        here.take(again);
        if !same {
            let mut first = Differences::default();
            first.note(&recorded, &here, &layout, false);
            return Ok(Redone::Departed(Box::new(first)));
        }
        moments += 1;
    }
    Ok(Redone::Reached { replay: Box::new(replay), tick, moments, end: None })
}

/// The specification, where this program must give the same results for it.
fn spec_of(header: &Header, catalogue: &Catalogue) -> std::result::Result<RunSpec, String> {
    let Some(card) = catalogue.cards().find(|card| card.name == header.model.name) else {
        return Err(format!("this program has no model `{}`", header.model.name));
    };
    if card.version != header.model.version {
        let (name, theirs) = (card.name, &header.model.version);
        return Err(format!("it is of version {theirs} of model `{name}`, this program has version {}", card.version));
    }
    let dataset = Dataset::named(&header.dataset.name).map_err(|error| error.to_string())?;
    if format!("{:016x}", dataset.fingerprint()) != header.dataset.version {
        return Err(format!("this program has other data under the name `{}`", header.dataset.name));
    }
    let specification: Specification = serde_json::from_value(header.specification.clone())
        .map_err(|error| format!("its specification makes no sense here: {error}"))?;
    let spec = specification.into_spec().map_err(|error| error.to_string())?;
    let (theirs, ours) = (header.results_version, results_version(spec.cast.as_deref(), &spec.effects));
    if theirs != ours {
        return Err(format!("it has results of version {theirs}, this program gives version {ours}"));
    }
    let world = civitas_engine::World::new(spec.clone(), catalogue).map_err(|error| error.to_string())?;
    if format!("{:016x}", world.fingerprint()) != header.fingerprint {
        return Err("its specification has another fingerprint here: the header was changed".to_owned());
    }
    Ok(spec)
}
