//! The society that copies of a persona live in: a run that was recorded, read from its telemetry when a run is created, so
//! that the new run's specification holds all that it needs. It runs nothing.

use civitas_actors::from_stored;
use civitas_engine::{Activation, Cast, RunSpec, Surrounding, Surroundings};
use civitas_store::{RunMode, RunRecord, RunStatus};
use civitas_telemetry::{Index, Names, Slice, SliceQuery};

use crate::http::app::AppState;
use crate::http::errors::{ApiError, ApiResult, ErrorCode};
use crate::http::telemetry;
use crate::http::wire::cast::ensemble::SocietyBody;
use crate::http::wire::create::{CreateRun, Draft};
use crate::http::wire::fork::fixed_by_society;
use crate::http::wire::number::Whole;
use crate::keys::Identity;

/// The run that a body asks for: with what it leaves out as in the society that it names, if it names one.
///
/// # Errors
/// `RUN_NOT_FOUND`, `SOCIETY_UNUSABLE`, `NO_TELEMETRY`, or `VALIDATION_ERROR` starting with the field.
pub(super) async fn settled(state: &AppState, caller: &Identity, mut body: CreateRun) -> ApiResult<Draft> {
    let target = body.config.as_mut().and_then(|config| config.target.as_mut());
    let Some(society) = target.and_then(|target| target.society.take()) else { return body.draft() };
    let is_mean = society.is_mean()?;
    let record = state.runtime.run(caller.tenant_id, society.run_id).await?;
    usable(&record)?;
    if let Some(config) = &mut body.config {
        fixed_by_society(config, &record.spec)?;
        if let Some(scheduler) = &mut config.scheduler {
            // As in the society; what that is for its copies is said below.
            (scheduler.activation, scheduler.sample_rate) = (None, None);
        }
        config.horizon_ticks.get_or_insert(Whole(record.total_ticks.into()));
    }
    let mut draft = body.draft()?;
    let spec = lived_in(std::mem::take(&mut draft.plan.spec), &record)?;
    let index = telemetry::index_of(state, &record).await?;
    draft.plan.versions = record.spec.versions.clone();
    draft.plan.spec = match region_of(&spec, &index) {
        // The engine says which regions there are.
        None => spec,
        Some(region) => {
            if !index.options.by_region {
                return Err(unusable(
                    "must have telemetry by region: this one was created with telemetry.by_region false",
                ));
            }
            let wanted = vec![region.clone()];
            let query = SliceQuery { regions: Names::Some(wanted), variables: Names::All, ..SliceQuery::default() };
            let place = state.place.as_ref().ok_or_else(|| unusable("must have telemetry: this server keeps none"))?;
            let slice = place.reader().slice(&index, &query).await?;
            with_society(spec, &society, &record, surroundings(&index, &slice, (&region, record.total_ticks), is_mean)?)
        }
    };
    Ok(draft)
}

/// Refuses a run that is no society, or has not come to its end.
fn usable(record: &RunRecord) -> ApiResult<()> {
    let why = match (record.mode, record.status) {
        (RunMode::Target, _) => "must be a run of a society: this one is of copies".to_owned(),
        (_, RunStatus::Succeeded) => return Ok(()),
        (_, status) => format!("must be a run that has succeeded: this one is {status}"),
    };
    Err(unusable(&why))
}

fn unusable(why: &str) -> ApiError {
    ApiError::new(ErrorCode::SocietyUnusable, format!("config.target.society.run_id {why}"))
}

/// The specification of copies that live in the society of a run: its model and parameters, its network and scheduler.
fn lived_in(asked: RunSpec, record: &RunRecord) -> ApiResult<RunSpec> {
    let society = from_stored(&record.spec)?;
    // Where one agent acts in a tick, each does so with this chance.
    let sample_rate = match society.activation {
        Activation::One => 1.0 / f64::from(society.population.agents),
        Activation::All => society.sample_rate,
    };
    let mut population = asked.population;
    population.dataset = society.population.dataset;
    let (model, parameters, network) = (society.model, society.parameters, society.network);
    Ok(RunSpec { model, parameters, network, population, sample_rate, activation: Activation::All, ..asked })
}

/// The region that the copies live in, as the telemetry calls it.
fn region_of(spec: &RunSpec, index: &Index) -> Option<String> {
    let Some(Cast::Target(ensemble)) = spec.cast.as_deref() else { return None };
    let mut known = index.regions.iter().map(|region| &region.name);
    match &ensemble.persona.region {
        Some(code) => known.find(|name| *name == code).cloned(),
        None => known.next().filter(|_| index.regions.len() == 1).cloned(),
    }
}

fn with_society(spec: RunSpec, society: &SocietyBody, record: &RunRecord, ticks: Vec<Surrounding>) -> RunSpec {
    let Some(Cast::Target(mut ensemble)) = spec.cast.as_deref().cloned() else { return spec };
    let (source, agents) = (Some(society.run_id.to_string()), Some(record.spec.agents));
    ensemble.around = Surroundings { source, agents, ticks };
    RunSpec { cast: Some(std::sync::Arc::new(Cast::Target(ensemble))), ..spec }
}

/// What was recorded, tick by tick or on average.
fn surroundings(
    index: &Index,
    slice: &Slice,
    (region, total_ticks): (&str, u32),
    is_mean: bool,
) -> ApiResult<Vec<Surrounding>> {
    if slice.ticks.last() != Some(&total_ticks) {
        return Err(unusable("must have telemetry up to its end: of this one there is none of its last ticks"));
    }
    if slice.ticks.first() != Some(&0) || slice.ticks.len() < 2 {
        return Err(unusable("must have telemetry from tick 0 on: of this one there is none of its first ticks"));
    }
    let at = |tick: usize| -> Option<Surrounding> {
        let variables = index.variables.iter().map(|known| slice.variables.get(&known.name)?.get(region)?.get(tick));
        let of_region = |name: &str| slice.metrics.get(name)?.by_region.get(region)?.get(tick).copied();
        let metrics = || index.metrics.iter().map(|known| known.name.as_str());
        Some(Surrounding {
            environment: variables.map(|value| value.copied()).collect::<Option<_>>()?,
            region: metrics().map(of_region).collect::<Option<_>>()?,
            society: metrics()
                .map(|name| slice.metrics.get(name)?.overall.get(tick).copied())
                .collect::<Option<_>>()?,
        })
    };
    let ticks: Option<Vec<_>> = (0..slice.ticks.len()).map(at).collect();
    let whole = |around: &Surrounding| {
        around.environment.iter().all(|value| value.is_finite())
            && around.region.iter().chain(&around.society).all(|mean| mean.is_finite())
    };
    let ticks = ticks.filter(|ticks| ticks.iter().all(whole));
    let ticks = ticks.ok_or_else(|| unusable("must have telemetry of every tick: of this one some are missing"))?;
    Ok(if is_mean { vec![mean_of(&ticks)] } else { ticks })
}

/// How a society was on average over its ticks.
fn mean_of(ticks: &[Surrounding]) -> Surrounding {
    let n = ticks.len() as f64;
    let over = |of: &dyn Fn(&Surrounding) -> Vec<f64>| -> Vec<f64> {
        let mut sums = vec![0.0; ticks.first().map_or(0, |around| of(around).len())];
        for around in ticks {
            sums.iter_mut().zip(of(around)).for_each(|(sum, value)| *sum += value);
        }
        sums.into_iter().map(|sum| sum / n).collect()
    };
    let environment = over(&|around| around.environment.iter().map(|&value| value.into()).collect());
    Surrounding {
        environment: environment.into_iter().map(|value| value as f32).collect(),
        region: over(&|around| around.region.clone()),
        society: over(&|around| around.society.clone()),
    }
}
