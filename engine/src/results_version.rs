//! The versions of results: which specifications come out as they did before. A model's own version is the model's affair.

use crate::cast::Cast;
use crate::scenario::{Effect, is_applied_again};

/// Changes whenever the same specification gives other results by the engine's doing: draws, network, layout, sums. A
/// model's own changes raise the model's version.
pub const RESULTS_VERSION: u32 = 2;
/// The version for specifications whose results changed later than all others': copies of a persona are drawn one by one, and a
/// bundle that is applied again is told of again.
const LATER_RESULTS_VERSION: u32 = 3;

/// The version of the results of a specification with this cast and these effects: of what was stored with another version, the
/// results are not expected to come out here.
pub fn results_version(cast: Option<&Cast>, effects: &[Effect]) -> u32 {
    let is_later = matches!(cast, Some(Cast::Target(_))) || is_applied_again(effects);
    if is_later { LATER_RESULTS_VERSION } else { RESULTS_VERSION }
}
