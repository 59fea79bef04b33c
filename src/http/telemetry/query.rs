//! Queries about telemetry, read from a request's query string. Owns the parameters' names and what each may be.

use actix_web::HttpRequest;
use civitas_telemetry::{Names, SliceQuery};
use utoipa::IntoParams;
use uuid::Uuid;

use crate::http::errors::{ApiError, ApiResult};
use crate::http::runs::query_pairs;

/// The words for all names and for none.
const ALL: &str = "all";
const NONE: &str = "none";

/// Items of a page where nobody says, and at most.
const DEFAULT_PAGE: u32 = 1_000;
const MAX_PAGE: u32 = 10_000;

/// The first and the last tick, where they are given.
pub(super) type Ticks = (Option<u32>, Option<u32>);

/// Ticks, for the OpenAPI document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters to OpenAPI; never held")]
pub(super) struct TickParams {
    /// The first tick; the first that is recorded where it is left out.
    #[param(required = false)]
    from_tick: Option<u32>,
    /// The last tick; the last that is recorded where it is left out.
    #[param(required = false)]
    to_tick: Option<u32>,
}

/// Curves, for the OpenAPI document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters to OpenAPI; never held")]
pub(super) struct CurveParams {
    /// Names separated by commas, `all` or `none`; all where it is left out.
    #[param(required = false, example = "adoption_rate")]
    metrics: Option<String>,
    /// Codes separated by commas, or `all`; none where it is left out. The index of the run lists them, and so does the data set.
    #[param(required = false, example = "CA,NY")]
    regions: Option<String>,
    /// Names separated by commas, or `all`; none where it is left out. The index of the run lists them, and so does the model.
    #[param(required = false, example = "early_majority,laggards")]
    segments: Option<String>,
}

/// What slices have besides, for the OpenAPI document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters to OpenAPI; never held")]
pub(super) struct SliceParams {
    /// Every so many ticks, and the last.
    #[param(required = false, minimum = 1, default = 1)]
    resolution: Option<u32>,
    /// Names separated by commas, or `all`; none where it is left out.
    #[param(required = false)]
    variables: Option<String>,
}

/// A page, for the OpenAPI document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters to OpenAPI; never held")]
pub(super) struct PageParams {
    /// How many to pass over.
    #[param(required = false, default = 0)]
    skip: Option<u32>,
    /// How many to return.
    #[param(required = false, minimum = 1, maximum = 10_000, default = 1_000)]
    limit: Option<u32>,
}

/// The parameters of a request, taken one by one; none may be left over.
pub(super) struct Asked {
    pairs: Vec<(String, String)>,
    known: Vec<&'static str>,
}

impl Asked {
    pub(super) fn of(request: &HttpRequest) -> ApiResult<Self> {
        Ok(Self { pairs: query_pairs(request)?, known: Vec::new() })
    }

    /// A parameter's value, the last where it stands more than once.
    fn take(&mut self, name: &'static str) -> Option<String> {
        self.known.push(name);
        let value = self.pairs.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        self.pairs.retain(|(key, _)| key != name);
        value
    }

    /// A whole number within bounds.
    pub(super) fn number(&mut self, name: &'static str, (min, max): (u32, u32)) -> ApiResult<Option<u32>> {
        let Some(text) = self.take(name) else { return Ok(None) };
        let number = text.parse().ok().filter(|number| (min..=max).contains(number));
        let wrong =
            || ApiError::invalid(format!("{name} must be a whole number between {min} and {max}, not {text:?}"));
        number.map(Some).ok_or_else(wrong)
    }

    /// The first and the last tick.
    pub(super) fn ticks(&mut self) -> ApiResult<Ticks> {
        let bounds = (0, u32::MAX);
        Ok((self.number("from_tick", bounds)?, self.number("to_tick", bounds)?))
    }

    /// The id of something.
    pub(super) fn uuid(&mut self, name: &'static str) -> ApiResult<Option<Uuid>> {
        let Some(text) = self.take(name) else { return Ok(None) };
        let wrong = |_| ApiError::invalid(format!("{name} must be a UUID, not {text:?}"));
        Uuid::parse_str(&text).map(Some).map_err(wrong)
    }

    /// Names, separated by commas, or one of the words for all and none.
    pub(super) fn names(&mut self, name: &'static str, left_out: Names) -> Names {
        match self.take(name).as_deref() {
            None => left_out,
            Some(ALL) => Names::All,
            Some(NONE | "") => Names::None,
            Some(names) => Names::Some(names.split(',').map(|name| name.trim().to_owned()).collect()),
        }
    }

    /// One of some words.
    pub(super) fn word(&mut self, name: &'static str, words: &[&'static str]) -> ApiResult<Option<&'static str>> {
        let Some(text) = self.take(name) else { return Ok(None) };
        let wrong = || ApiError::invalid(format!("{name} must be one of {}, not {text:?}", words.join(", ")));
        words.iter().find(|word| **word == text).copied().map(Some).ok_or_else(wrong)
    }

    /// Items to pass over, and items at most.
    pub(super) fn page(&mut self) -> ApiResult<(usize, usize)> {
        let skip = self.number("skip", (0, u32::MAX))?.unwrap_or(0);
        let limit = self.number("limit", (1, MAX_PAGE))?.unwrap_or(DEFAULT_PAGE);
        Ok((skip as usize, limit as usize))
    }

    /// Refuses what was not asked for.
    pub(super) fn nothing_more(self) -> ApiResult<()> {
        match self.pairs.first() {
            None => Ok(()),
            Some((name, _)) if self.known.is_empty() => {
                Err(ApiError::invalid(format!("query parameter {name} is unknown; there are none")))
            }
            Some((name, _)) => Err(ApiError::invalid(format!(
                "query parameter {name} is unknown; there are: {}",
                self.known.join(", ")
            ))),
        }
    }
}

/// Of a query that asks nothing.
pub(super) fn nothing(_: &mut Asked) -> ApiResult<()> {
    Ok(())
}

/// The ticks, metrics, regions and segments of a query; with resolution and variables where `whole` says so.
pub(super) fn slice_query(asked: &mut Asked, whole: bool) -> ApiResult<SliceQuery> {
    let (from_tick, to_tick) = asked.ticks()?;
    let defaults = SliceQuery::default();
    let mut query = SliceQuery {
        from_tick,
        to_tick,
        metrics: asked.names("metrics", Names::All),
        regions: asked.names("regions", Names::None),
        segments: asked.names("segments", Names::None),
        ..defaults
    };
    if whole {
        query.resolution = asked.number("resolution", (1, u32::MAX))?.unwrap_or(query.resolution);
        query.variables = asked.names("variables", Names::None);
    }
    Ok(query)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn slice(query: &str) -> ApiResult<SliceQuery> {
        let request = TestRequest::with_uri(&format!("/x?{query}")).to_http_request();
        let mut asked = Asked::of(&request)?;
        let slice = slice_query(&mut asked, true)?;
        asked.nothing_more().map(|()| slice)
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        assert_eq!(slice("").unwrap(), SliceQuery::default());
        let query = slice("metrics=a,%20b&regions=all&variables=none&from_tick=3&resolution=5").unwrap();
        assert_eq!(query.metrics, Names::Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!((query.regions, query.variables), (Names::All, Names::None));
        assert_eq!((query.from_tick, query.to_tick, query.resolution), (Some(3), None, 5));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (query, wanted) in [
            ("from_tick=-1", "from_tick must be a whole number between 0"),
            ("resolution=0", "resolution must be a whole number between 1"),
            ("since=1", "query parameter since is unknown; there are: from_tick, to_tick"),
        ] {
            let said = slice(query).unwrap_err().detail;
            assert!(said.starts_with(wanted), "{said}");
        }
    }
}
