//! What nodes are asked: the query parameters of their operations. Owns their names, bounds and defaults.

use civitas_store::RunStatus;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::http::errors::{ApiError, ApiResult};
use crate::nodes::{MAX_COMPARED, MapQuery};

/// Nodes of a map where no number is asked for.
const DEFAULT_NODES: usize = 500;
/// The most nodes of a map.
const MAX_NODES: usize = 1_000;
/// Children per page where no number is asked for.
const DEFAULT_LIMIT: usize = 20;
/// The most children per page.
const MAX_LIMIT: usize = 100;

/// Query parameters of the map, as documentation: [`map_query`] reads them.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters to OpenAPI; never held")]
pub struct MapParams {
    /// The deepest nodes that are shown; roots have depth 0.
    #[param(required = false, minimum = 0, maximum = 64)]
    max_depth: Option<u32>,
    /// Only nodes with this status.
    #[param(required = false, example = "succeeded")]
    status: Option<String>,
    /// How many are shown at the most; the newest are.
    #[param(required = false, minimum = 1, maximum = 1000, default = 500)]
    limit: Option<u32>,
}

/// Query parameters of a page of children, as documentation: [`page_query`] reads them.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters to OpenAPI; never held")]
pub struct PageParams {
    /// How many to pass over.
    #[param(required = false, default = 0)]
    skip: Option<u64>,
    /// How many to return.
    #[param(required = false, minimum = 1, maximum = 100, default = 20)]
    limit: Option<u32>,
}

/// Query parameters of a comparison, as documentation: [`compared`] reads them.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters to OpenAPI; never held")]
pub struct CompareParams {
    /// Two to four nodes, with commas between them; the first is the baseline.
    #[param(example = "01a2a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10,01a2a5b2-7c1e-7f3a-9b51-3d2f6c8e4a11")]
    node_ids: String,
}

/// The decoded pairs of a query string.
pub(super) type Pairs = [(String, String)];

/// The values of these parameters, in their order; others are refused, as is what is given twice.
pub(super) fn known<'a, const N: usize>(pairs: &'a Pairs, names: [&str; N]) -> ApiResult<[Option<&'a str>; N]> {
    let mut values = [None; N];
    for (name, value) in pairs {
        let Some(place) = names.iter().position(|known| known == name) else {
            let detail = format!("query parameter {name} is unknown; there are: {}", names.join(", "));
            return Err(ApiError::invalid(detail));
        };
        if values[place].replace(value.as_str()).is_some() {
            return Err(ApiError::invalid(format!("query parameter {name} is given twice")));
        }
    }
    Ok(values)
}

/// The error for a parameter that must be something else.
pub(super) fn wrong(name: &str, must: &str, value: &str) -> ApiError {
    ApiError::invalid(format!("query parameter {name} must be {must}, not {value:?}"))
}

fn limit(value: Option<&str>, default: usize, max: usize) -> ApiResult<usize> {
    let Some(value) = value else { return Ok(default) };
    let limit = value.parse().ok().filter(|limit| (1..=max).contains(limit));
    limit.ok_or_else(|| wrong("limit", &format!("between 1 and {max}"), value))
}

/// What a map is asked for.
///
/// # Errors
/// `VALIDATION_ERROR` naming the parameter.
pub fn map_query(pairs: &Pairs) -> ApiResult<MapQuery> {
    let [max_depth, status, most] = known(pairs, ["max_depth", "status", "limit"])?;
    let depth = |value: &str| value.parse().map_err(|_| wrong("max_depth", "a whole number from 0", value));
    let named = |value: &str| {
        let names = RunStatus::ALL.map(RunStatus::as_str).join(", ");
        let status = RunStatus::ALL.into_iter().find(|status| status.as_str() == value);
        status.ok_or_else(|| wrong("status", &format!("one of {names}"), value))
    };
    Ok(MapQuery {
        max_depth: max_depth.map(depth).transpose()?,
        status: status.map(named).transpose()?,
        limit: limit(most, DEFAULT_NODES, MAX_NODES)?,
    })
}

/// How many children to pass over, and how many to return.
///
/// # Errors
/// `VALIDATION_ERROR` naming the parameter.
pub fn page_query(pairs: &Pairs) -> ApiResult<(usize, usize)> {
    let [skip, most] = known(pairs, ["skip", "limit"])?;
    page_of(skip, most)
}

/// How many to pass over, and how many to return, of what stands in these parameters.
pub(super) fn page_of(skip: Option<&str>, most: Option<&str>) -> ApiResult<(usize, usize)> {
    let number = |value: &str| value.parse().map_err(|_| wrong("skip", "a whole number from 0", value));
    Ok((skip.map(number).transpose()?.unwrap_or(0), limit(most, DEFAULT_LIMIT, MAX_LIMIT)?))
}

/// The nodes that are to be compared, the baseline first.
///
/// # Errors
/// `VALIDATION_ERROR` for fewer than two or more than four, for what is no id, and for a node that is named twice.
pub fn compared(pairs: &Pairs) -> ApiResult<Vec<Uuid>> {
    let [ids] = known(pairs, ["node_ids"])?;
    let given = ids.ok_or_else(|| {
        ApiError::invalid("query parameter node_ids is required: two to four ids of nodes, with commas")
    })?;
    let id =
        |text: &str| Uuid::parse_str(text.trim()).map_err(|_| wrong("node_ids", "ids of nodes, with commas", text));
    let ids = given.split(',').map(id).collect::<ApiResult<Vec<_>>>()?;
    distinct(&ids)?;
    Ok(ids)
}

/// Two to four nodes, each once.
///
/// # Errors
/// `VALIDATION_ERROR`.
pub fn distinct(ids: &[Uuid]) -> ApiResult<()> {
    if !(2..=MAX_COMPARED).contains(&ids.len()) {
        return Err(ApiError::invalid(format!(
            "node_ids must name between 2 and {MAX_COMPARED} nodes, not {}",
            ids.len()
        )));
    }
    match ids.iter().enumerate().find(|(place, id)| ids[..*place].contains(id)) {
        Some((_, twice)) => {
            Err(ApiError::invalid(format!("node_ids must name every node once, and has {twice} twice")))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let query = map_query(&pairs(&[("max_depth", "0"), ("status", "failed")])).unwrap();
        assert_eq!(query, MapQuery { max_depth: Some(0), status: Some(RunStatus::Failed), limit: 500 });
        assert_eq!(page_query(&[]).unwrap(), (0, 20));
    }

    #[test]
    fn refusals_name_the_parameter() {
        let (a, b) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let six = [a.to_string(), a.to_string()].join(",");
        for (refused, said) in [
            (
                map_query(&pairs(&[("max_depth", "-1")])).err(),
                "query parameter max_depth must be a whole number from 0",
            ),
            (map_query(&pairs(&[("status", "done")])).err(), "query parameter status must be one of queued"),
            (map_query(&pairs(&[("limit", "1001")])).err(), "query parameter limit must be between 1 and 1000"),
            (
                map_query(&pairs(&[("depth", "1")])).err(),
                "query parameter depth is unknown; there are: max_depth, status, limit",
            ),
            (page_query(&pairs(&[("skip", "1"), ("skip", "1")])).err(), "query parameter skip is given twice"),
            (compared(&[]).err(), "query parameter node_ids is required"),
            (compared(&pairs(&[("node_ids", "x")])).err(), "query parameter node_ids must be ids of nodes"),
            (
                compared(&pairs(&[("node_ids", &a.to_string())])).err(),
                "node_ids must name between 2 and 4 nodes, not 1",
            ),
            (compared(&pairs(&[("node_ids", &six)])).err(), "node_ids must name every node once"),
        ] {
            let refused = refused.unwrap_or_else(|| panic!("{said}")).detail;
            assert!(refused.starts_with(said), "{refused}");
        }
        let two = compared(&pairs(&[("node_ids", &format!("{a},{b}"))]));
        assert_eq!(two.unwrap(), [a, b]);
    }
}
