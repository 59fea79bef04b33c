//! The comparison of a run executed again with what it noted, moment by moment, pure: it is told what came out and says what
//! differs first. It must not execute anything.

use std::sync::Arc;

use civitas_store::{RunManifest, RunPosition};

use super::{Agreed, Difference, Differing};

/// Compares one run, from its birth on.
pub(crate) struct Check {
    manifest: Arc<RunManifest>,
    /// The digest of all state that is to be compared next.
    next_state: usize,
    agreed: Agreed,
}

impl Check {
    /// Nothing is compared yet.
    pub(crate) fn new(manifest: Arc<RunManifest>) -> Self {
        Self { manifest, next_state: 0, agreed: Agreed::default() }
    }

    /// What agreed so far.
    pub(crate) fn agreed(&self) -> Agreed {
        self.agreed
    }

    /// True where the run stood at its end.
    pub(crate) fn is_end(&self, at: RunPosition) -> bool {
        at == self.manifest.end
    }

    /// True when the digest of all state was noted here.
    pub(crate) fn wants_state(&self, at: RunPosition) -> bool {
        self.manifest.state_digests.get(self.next_state).is_some_and(|noted| noted.at == at)
    }

    /// Compares the specification.
    ///
    /// # Errors
    /// The difference, here and from the others.
    pub(crate) fn specification(&self, found: u64) -> Result<(), Difference> {
        hexadecimal(Differing::Specification, 0, (self.manifest.spec_hash, found), 16)
    }

    /// Compares the digest of a tick that is over. Ticks before the first that was noted are passed over.
    pub(crate) fn tick(&mut self, tick: u32, found: u64) -> Result<(), Difference> {
        let place = tick.checked_sub(self.manifest.first_tick);
        let noted = place.and_then(|place| self.manifest.tick_digests.get(place as usize));
        match noted {
            Some(&noted) => hexadecimal(Differing::Tick, tick, (noted, found), 16)?,
            None if place.is_none() => return Ok(()),
            None => return Err(course(tick, "no digest of this tick".to_owned(), "one".to_owned())),
        }
        self.agreed.tick_digests += 1;
        Ok(())
    }

    /// Compares the digest of all state where [`Check::wants_state`] says so.
    pub(crate) fn state(&mut self, found: u128) -> Result<(), Difference> {
        let Some(noted) = self.manifest.state_digests.get(self.next_state) else { return Ok(()) };
        hexadecimal(Differing::State, noted.at.tick, (noted.digest, found), 32)?;
        self.next_state += 1;
        self.agreed.state_digests += 1;
        Ok(())
    }

    /// A run cannot come past a moment that it noted, nor past its end, without having been there.
    pub(crate) fn passing(&self, at: RunPosition) -> Result<(), Difference> {
        let noted = self.manifest.state_digests.get(self.next_state).map(|noted| noted.at);
        let missed = noted.into_iter().chain([self.manifest.end]).min().filter(|missed| *missed < at);
        missed.map_or(Ok(()), |missed| Err(course(missed.tick, said(missed), said(at))))
    }

    /// The run came to its end, or could not go on, before it was where it had been.
    pub(crate) fn stopped_short(&self, at: RunPosition, why: &str) -> Difference {
        course(at.tick, said(self.manifest.end), format!("{}, where {why}", said(at)))
    }

    /// Compares the results, last of all.
    pub(crate) fn results(&mut self, found: [u8; 32]) -> Result<(), Difference> {
        if found != self.manifest.results_sha256 {
            let text = |hash: [u8; 32]| hash.iter().map(|byte| format!("{byte:02x}")).collect();
            let (recorded, found) = (text(self.manifest.results_sha256), text(found));
            return Err(Difference { tick: self.manifest.end.tick, what: Differing::Results, recorded, found });
        }
        self.agreed.results = true;
        Ok(())
    }
}

fn hexadecimal<T: Into<u128>>(
    what: Differing,
    tick: u32,
    (noted, found): (T, T),
    digits: usize,
) -> Result<(), Difference> {
    let (noted, found): (u128, u128) = (noted.into(), found.into());
    if noted == found {
        return Ok(());
    }
    let text = |number: u128| format!("{number:0digits$x}");
    Err(Difference { tick, what, recorded: text(noted), found: text(found) })
}

fn course(tick: u32, recorded: String, found: String) -> Difference {
    Difference { tick, what: Differing::Course, recorded, found }
}

fn said(at: RunPosition) -> String {
    match at.steps {
        0 => format!("tick {}", at.tick),
        steps => format!("tick {} after {steps} steps of the workflow", at.tick),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use civitas_store::RunStateDigest;
    use uuid::Uuid;

    use super::*;

    fn at(tick: u32, steps: u32) -> RunPosition {
        RunPosition { tick, steps, extracted_below: 0 }
    }

    fn check() -> Check {
        Check::new(Arc::new(RunManifest {
            run_id: Uuid::nil(),
            civitas_version: String::new(),
            engine_version: String::new(),
            target: String::new(),
            results_version: 2,
            model_version: String::new(),
            parameters: Vec::new(),
            dataset_fingerprint: 0,
            spec_hash: 5,
            end: at(3, 2),
            first_tick: 1,
            tick_digests: vec![11, 12, 13],
            state_digests: vec![
                RunStateDigest { at: at(2, 1), digest: 20 },
                RunStateDigest { at: at(3, 2), digest: 30 },
            ],
            results_sha256: [7; 32],
        }))
    }

    #[test]
    fn what_agrees_is_counted() {
        let mut check = check();
        check.specification(5).unwrap();
        // Nothing was noted of tick 0.
        check.tick(0, 99).unwrap();
        for tick in 1..=3 {
            check.tick(tick, 10 + u64::from(tick)).unwrap();
        }
        assert!(!check.wants_state(at(2, 0)) && check.wants_state(at(2, 1)));
        check.state(20).unwrap();
        assert!(check.wants_state(at(3, 2)) && check.is_end(at(3, 2)) && !check.is_end(at(3, 1)));
        check.state(30).unwrap();
        check.results([7; 32]).unwrap();
        assert_eq!(check.agreed(), Agreed { tick_digests: 3, state_digests: 2, results: true });
    }

    #[test]
    fn every_difference_has_its_tick_and_both_sides() {
        let found = |different: Result<(), Difference>| {
            let Difference { tick, what, recorded, found } = different.unwrap_err();
            (tick, what, recorded, found)
        };
        let hex = |number: u64| format!("{number:016x}");
        assert_eq!(found(check().specification(6)), (0, Differing::Specification, hex(5), hex(6)));
        assert_eq!(found(check().tick(2, 5)), (2, Differing::Tick, hex(12), hex(5)));
        assert_eq!(found(check().tick(4, 5)).1, Differing::Course);
        assert_eq!(found(check().state(5)), (2, Differing::State, format!("{:032x}", 20), format!("{:032x}", 5)));
        assert_eq!(found(check().results([8; 32])), (3, Differing::Results, "07".repeat(32), "08".repeat(32)));
    }

    #[test]
    fn what_was_noted_cannot_be_passed_by() {
        let mut check = check();
        assert_eq!((check.passing(at(1, 0)), check.passing(at(2, 1))), (Ok(()), Ok(())));
        let missed = check.passing(at(2, 2)).unwrap_err();
        assert_eq!(
            (missed.tick, missed.what, missed.recorded.as_str()),
            (2, Differing::Course, "tick 2 after 1 steps of the workflow")
        );
        check.state(20).unwrap();
        check.passing(at(2, 2)).unwrap();
        assert_eq!(check.passing(at(4, 0)).unwrap_err().tick, 3);
        let short = check.stopped_short(at(2, 0), "it ended");
        assert_eq!((short.tick, short.found.as_str()), (2, "tick 2, where it ended"));
    }
}
