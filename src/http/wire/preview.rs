//! How many regions a version of a data set is shown with. Owns that parameter; what a region looks like is
//! [`super::dataset`]'s matter.

use civitas_engine::MAX_REGIONS;
use utoipa::IntoParams;

use crate::http::errors::{ApiError, ApiResult};

/// How many regions are shown unless it is said: enough to see whether columns were understood.
const PREVIEW_REGIONS: usize = 20;

/// Query parameters of GET /datasets/{name}/{version}, as documentation: [`regions`] reads them.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters to OpenAPI; never held")]
pub struct PreviewParams {
    /// How many regions to show in `preview`, at most; 4096 are all that there can be.
    #[param(required = false, minimum = 0, maximum = 4096, default = 20)]
    regions: Option<u32>,
}

/// Reads the decoded pairs of a query string; gives the number of regions.
///
/// # Errors
/// `VALIDATION_ERROR` naming the first parameter that is unknown, given twice or wrong.
pub fn regions(pairs: &[(String, String)]) -> ApiResult<usize> {
    let wrong = |name: &str, must: &str| ApiError::invalid(format!("query parameter {name} {must}"));
    match pairs {
        [] => Ok(PREVIEW_REGIONS),
        [(name, value)] if name == "regions" => {
            let count = value.parse().ok().filter(|count| *count <= MAX_REGIONS);
            count.ok_or_else(|| wrong(name, &format!("must be between 0 and {MAX_REGIONS}, not {value:?}")))
        }
        [(first, _), (second, _), ..] if first == "regions" && second == "regions" => {
            Err(wrong("regions", "is given twice"))
        }
        pairs => {
            let unknown = pairs.iter().find(|(name, _)| name != "regions").map_or("regions", |(name, _)| name);
            Err(wrong(unknown, "is unknown; there is: regions"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_regions_is_read_or_refused_in_words() {
        let parse = |pairs: &[(&str, &str)]| {
            let pairs: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            regions(&pairs).map_err(|error| error.detail)
        };
        assert_eq!(parse(&[]), Ok(20));
        assert_eq!(parse(&[("regions", "0")]), Ok(0));
        assert_eq!(parse(&[("regions", "4096")]), Ok(4096));
        for (pairs, wanted) in [
            (&[("regions", "4097")][..], "between 0 and 4096"),
            (&[("regions", "all")], "not \"all\""),
            (&[("regions", "1"), ("regions", "2")], "is given twice"),
            (&[("limit", "1")], "limit is unknown"),
            (&[("regions", "1"), ("limit", "1")], "limit is unknown"),
        ] {
            let refused = parse(pairs).unwrap_err();
            assert!(refused.contains(wanted), "{pairs:?}: {refused}");
        }
    }
}
