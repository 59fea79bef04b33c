//! From the words of a workflow to a [`Script`]: every check that needs the model, the data set or the population, with
//! the path of the field that fails it.

use std::collections::BTreeSet;

use crate::error::{EngineError, Result};
use crate::kernel::AnyModel;
use crate::model::TraitKind;
use crate::spec::in_range;
use crate::workflow::findings::{bits_for, bits_of};
use crate::workflow::groups::Groups;
use crate::workflow::script::{Asked, Cue, Deed, Probe, Script, Time};
use crate::workflow::spec::*;
use crate::workflow::values::{answers, check_text, code};
use crate::workflow::words::Words;
use crate::world::Dataset;

/// See [`Script::new`].
pub(super) fn script(
    workflow: &Workflow,
    model: &dyn AnyModel,
    dataset: &Dataset,
    (seed, agents, horizon_ticks): (u64, u32, u32),
) -> Result<Script> {
    check_day(workflow.day)?;
    let words = Words { model, dataset, workflow, agents };
    let groups = words.groups()?;
    let environment = workflow.environment.iter().map(|(key, &value)| {
        let field = format!("environment.{key}");
        in_range(&field, value, 0.0, 1.0).and_then(|()| Ok((words.variable(&field, key)?, value as f32)))
    });
    let environment = environment.collect::<Result<_>>()?;
    check_length(workflow, horizon_ticks)?;
    let mut script = Script {
        groups: Groups::new(seed, agents, groups),
        environment,
        steps: Vec::with_capacity(workflow.steps.len()),
        probes: Vec::new(),
        kept: Vec::new(),
    };
    for (number, extractor) in workflow.extractors.iter().enumerate() {
        let probe = words.probe(&format!("workflow.metric_extractors[{number}]"), extractor, 0)?;
        script.probes.push(probe);
    }
    let (mut tick, mut time) = (0, Time { day: 0, second: workflow.day.start_s });
    for (number, action) in workflow.steps.iter().enumerate() {
        let path = format!("workflow.steps[{number}]");
        let deed = words.deed(&path, action)?;
        if let Action::Extract(extractor) = action {
            script.probes.push(words.probe(&path, extractor, tick)?);
        }
        script.steps.push(Cue { tick, time, deed });
        if let Action::Run { ticks, seconds_per_tick } = *action {
            tick += ticks;
            time = time.after(workflow.day, ticks, seconds_per_tick);
        }
    }
    check_amounts(workflow, &script.probes, horizon_ticks)?;
    check_names(&script.probes)?;
    let kept = script.steps.iter().filter_map(|cue| match cue.deed {
        Deed::Update { number, .. } => Some(number),
        _ => None,
    });
    script.kept = kept.collect::<BTreeSet<_>>().into_iter().collect();
    Ok(script)
}

fn check_day(day: Day) -> Result<()> {
    if day.start_s >= DAY_SECONDS {
        return Err(EngineError::invalid("environment.start_tick", format!("must be below {DAY_SECONDS} seconds")));
    }
    if day.length_s == 0 || day.start_s + day.length_s.min(DAY_SECONDS) > DAY_SECONDS || day.length_s > DAY_SECONDS {
        let problem = format!("must be at least 1 and, with start_tick, at most {DAY_SECONDS} seconds");
        return Err(EngineError::invalid("environment.total_tick", problem));
    }
    Ok(())
}

fn check_length(workflow: &Workflow, horizon_ticks: u32) -> Result<()> {
    let ticks = workflow.ticks();
    if workflow.steps.len() > MAX_STEPS {
        return Err(EngineError::invalid("workflow.steps", format!("must be at most {MAX_STEPS} steps")));
    }
    for (number, action) in workflow.steps.iter().enumerate() {
        if let Action::Run { ticks, seconds_per_tick } = action
            && (*ticks == 0 || !(1..=DAY_SECONDS).contains(seconds_per_tick))
        {
            let problem = format!("must run at least one tick, of 1 to {DAY_SECONDS} seconds");
            return Err(EngineError::invalid(format!("workflow.steps[{number}]"), problem));
        }
    }
    if !(1..=MAX_WORKFLOW_TICKS).contains(&ticks) {
        let problem = format!("must run between 1 and {MAX_WORKFLOW_TICKS} ticks in all, not {ticks}");
        return Err(EngineError::invalid("workflow.steps", problem));
    }
    if ticks != horizon_ticks {
        return Err(EngineError::invalid("horizon_ticks", format!("must be the workflow's {ticks} ticks")));
    }
    Ok(())
}

/// Metrics are told apart by their names.
fn check_names(probes: &[Probe]) -> Result<()> {
    let mut names = BTreeSet::new();
    match probes.iter().find(|probe| !names.insert(&probe.name)) {
        None => Ok(()),
        Some(twice) => {
            let problem = format!("extracts two metrics named {:?}; give them names of their own", twice.name);
            Err(EngineError::invalid("workflow", problem))
        }
    }
}

/// Bounds on what a run has to remember.
fn check_amounts(workflow: &Workflow, probes: &[Probe], horizon_ticks: u32) -> Result<()> {
    let refuse = |path: &str, count: u64, max: u64, what: &str| {
        Err(EngineError::invalid(path, format!("must have at most {max} {what}, not {count}")))
    };
    let (mut questions, mut interviews) = (0, 0);
    for action in &workflow.steps {
        match action {
            Action::Survey { questions: more, .. } => questions += more.len(),
            Action::Interview { agents, .. } => interviews += agents.len(),
            _ => {}
        }
    }
    if questions > MAX_QUESTIONS {
        return refuse("workflow.steps", questions as u64, MAX_QUESTIONS as u64, "survey questions in all");
    }
    if interviews > MAX_INTERVIEWS {
        return refuse("workflow.steps", interviews as u64, MAX_INTERVIEWS as u64, "agents to interview in all");
    }
    if probes.len() > MAX_EXTRACTORS {
        return refuse("workflow", probes.len() as u64, MAX_EXTRACTORS as u64, "extracted metrics");
    }
    let samples = probes.iter().map(|probe| u64::from((horizon_ticks - probe.from_tick) / probe.every_ticks) + 1).sum();
    if samples > MAX_SAMPLES {
        return refuse("workflow", samples, MAX_SAMPLES, "metric values in all (a larger step_interval gives fewer)");
    }
    Ok(())
}

impl Words<'_> {
    fn deed(&self, path: &str, action: &Action) -> Result<Deed> {
        Ok(match action {
            Action::Run { .. } => Deed::Run,
            Action::Environment { key, value, regions } => {
                let variable = self.variable(&format!("{path}.key"), key)?;
                in_range(&format!("{path}.value"), *value, 0.0, 1.0)?;
                let regions = (!regions.is_empty()).then(|| self.regions(path, regions)).transpose()?;
                Deed::Environment { variable, value: *value as f32, regions }
            }
            Action::UpdateState { key, value, target } => {
                let number = self.settable(&format!("{path}.key"), key)?;
                let value = code(&format!("{path}.value"), &self.model.traits()[number], value)?;
                Deed::Update { number, value, who: self.who(path, target)? }
            }
            Action::Message { text, stance, strength, target } => {
                if !self.model.hears() {
                    let problem = format!("cannot be message: agents of `{}` hear none", self.model.name());
                    return Err(EngineError::invalid(format!("{path}.type"), problem));
                }
                check_text(&format!("{path}.intervene_message"), text, MAX_TEXT_CHARS)?;
                in_range(&format!("{path}.stance"), *stance, -1.0, 1.0)?;
                in_range(&format!("{path}.strength"), *strength, 0.0, 1.0)?;
                let (stance, strength) = (*stance as f32, *strength as f32);
                Deed::Message { stance, strength, who: self.who(path, target)? }
            }
            Action::Survey { title, questions, target } => {
                let path_of = |n: usize| format!("{path}.survey.questions[{n}]");
                check_text(&format!("{path}.survey.title"), title, MAX_TEXT_CHARS)?;
                if questions.is_empty() {
                    return Err(EngineError::invalid(format!("{path}.survey.questions"), "must not be empty"));
                }
                let asked = questions.iter().enumerate().map(|(n, question)| self.asked(&path_of(n), question));
                Deed::Survey { questions: asked.collect::<Result<_>>()?, who: self.who(path, target)? }
            }
            Action::Interview { text, agents } => {
                check_text(&format!("{path}.interview_message"), text, MAX_TEXT_CHARS)?;
                if agents.is_empty() {
                    return Err(EngineError::invalid(format!("{path}.target_agent"), "must name at least one agent"));
                }
                let target = Target { ids: Some(agents.clone()), ..Target::default() };
                Deed::Interview { who: self.who(path, &target)? }
            }
            Action::NextRound => Deed::NextRound,
            Action::Extract(_) => Deed::Extract,
        })
    }

    fn asked(&self, path: &str, question: &Question) -> Result<Asked> {
        check_text(&format!("{path}.name"), &question.name, MAX_LABEL_CHARS)?;
        check_text(&format!("{path}.title"), &question.text, MAX_TEXT_CHARS)?;
        let number = self.known(&format!("{path}.key"), &question.key)?;
        let known = &self.model.traits()[number];
        let range = match known.kind {
            TraitKind::Number { min, max, .. } => Some((min, max - min)),
            TraitKind::Flag | TraitKind::Choice(_) => None,
        };
        let bits = bits_of(known);
        match &question.kind {
            QuestionKind::Number => {
                if let TraitKind::Choice(_) = known.kind {
                    let problem = format!("cannot be number: `{}` has labels; ask it as choice", known.name);
                    return Err(EngineError::invalid(format!("{path}.type"), problem));
                }
                Ok(Asked { number, answers: Vec::new(), places: Vec::new(), range: None, rating: None, bits })
            }
            QuestionKind::Choice(choices) => {
                let (answers, places) = answers(&format!("{path}.choices"), known, choices)?;
                Ok(Asked { number, answers, places, range, rating: None, bits })
            }
            QuestionKind::Rating { min, max } => {
                let points = i64::from(*max) - i64::from(*min) + 1;
                if !(2..=MAX_CHOICES as i64).contains(&points) {
                    let problem = format!("must be 1 to {} above min", MAX_CHOICES - 1);
                    return Err(EngineError::invalid(format!("{path}.max"), problem));
                }
                if range.is_none() {
                    let problem = format!("cannot be rating: `{}` is no number; ask it as choice", known.name);
                    return Err(EngineError::invalid(format!("{path}.type"), problem));
                }
                let answers = (*min..=*max).map(|rating| rating.to_string()).collect();
                let bits = bits_for((*min).into(), (*max).into());
                Ok(Asked { number, answers, places: Vec::new(), range, rating: Some(*min), bits })
            }
        }
    }

    fn probe(&self, path: &str, extractor: &Extractor, from_tick: u32) -> Result<Probe> {
        check_text(&format!("{path}.name"), &extractor.name, MAX_LABEL_CHARS)?;
        if extractor.every_ticks == 0 {
            return Err(EngineError::invalid(format!("{path}.step_interval"), "must be at least 1"));
        }
        let number = self.known(&format!("{path}.key"), &extractor.key)?;
        if let TraitKind::Choice(_) = self.model.traits()[number].kind {
            let problem = format!("must be a number: `{}` has labels; ask it in a survey", extractor.key);
            return Err(EngineError::invalid(format!("{path}.key"), problem));
        }
        Ok(Probe {
            name: extractor.name.clone(),
            number,
            method: extractor.method,
            every_ticks: extractor.every_ticks,
            from_tick,
            who: self.who(path, &extractor.target)?,
            bits: bits_of(&self.model.traits()[number]),
        })
    }
}
