//! What the runs of a batch that is created have in common: said at once, and found again by each of them when it begins.

use civitas_store::{ForkPoint, RunRecord};

use super::Runtime;
use crate::request::NewRun;
use crate::sharing::{Member, Sharing, may_share};

impl Runtime {
    /// For each run of a batch, with whose state of which tick it begins if all goes as usual.
    pub(super) fn shared_in(&self, records: &[RunRecord], runs: &[NewRun]) -> Vec<Option<ForkPoint>> {
        if !self.config.shares_prefixes || !records.iter().any(may_share) {
            return vec![None; records.len()];
        }
        let member = |(record, run): (&RunRecord, &NewRun)| Member { record: record.clone(), spec: run.spec.clone() };
        let members: Vec<Member> = records.iter().zip(runs).map(member).collect();
        (0..members.len()).map(|place| Sharing::of(place, &members).source()).collect()
    }
}
