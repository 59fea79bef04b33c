//! How far an experiment has come and what it has found: kept beside a run's history, in its snapshots too.

use serde::{Deserialize, Serialize};

use crate::World;
use crate::error::{EngineError, Result};
use crate::workflow::findings::{Column, Findings, Testimony};
use crate::workflow::report::*;
use crate::workflow::script::{Asked, Cue, Deed, Script, Task, shown};
use crate::workflow::spec::{Action, Method, Question, QuestionKind, Value, Workflow};

/// What is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Journal {
    /// Steps that are done.
    done: u32,
    /// Ticks whose metrics have been extracted: all below this one.
    extracted_below: u32,
    /// The sum of the model's headline metric before each step that is done.
    headline_before: Vec<i64>,
    report: Report,
}

/// What is next between two ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Something that the partitions do.
    Partitions(Task),
    /// A step that they have no part in.
    Alone(u32),
    /// The next tick.
    Nothing,
}

impl Journal {
    /// An experiment at its start.
    pub(crate) fn new(workflow: &Workflow, script: &Script) -> Self {
        let extractors = workflow.extractors.iter().chain(workflow.steps.iter().filter_map(|step| match step {
            Action::Extract(extractor) => Some(extractor),
            _ => None,
        }));
        // In the order of the script's probes.
        let metrics = extractors.zip(&script.probes).map(|(extractor, probe)| MetricReport {
            name: probe.name.clone(),
            key: extractor.key.clone(),
            method: name_of(probe.method).to_owned(),
            step_interval: probe.every_ticks,
            points: Vec::new(),
        });
        Self { report: Report { steps: Vec::new(), metrics: metrics.collect() }, ..Self::default() }
    }

    /// What is next at a tick: its steps in order, then its metrics.
    pub(crate) fn next(&self, script: &Script, tick: u32) -> Next {
        if let Some(cue) = script.steps.get(self.done as usize).filter(|cue| cue.tick == tick) {
            return match cue.deed {
                Deed::Run | Deed::Environment { .. } | Deed::Extract => Next::Alone(self.done),
                _ => Next::Partitions(Task::Step(self.done)),
            };
        }
        if self.extracted_below <= tick && script.due_probes(tick).next().is_some() {
            return Next::Partitions(Task::Extract { tick });
        }
        Next::Nothing
    }

    /// Steps that are done.
    pub(crate) fn done(&self) -> u32 {
        self.done
    }

    /// Steps that are done, and the tick below which metrics have been extracted.
    pub(crate) fn position(&self) -> (u32, u32) {
        (self.done, self.extracted_below)
    }

    /// What came of the experiment so far.
    pub(crate) fn report(&self) -> &Report {
        &self.report
    }

    /// Notes a step that is done.
    pub(crate) fn note(&mut self, world: &World, step: u32, result: StepResult, headline_before: i64) {
        let Some(cue) = world.script.as_ref().and_then(|script| script.steps.get(step as usize)) else { return };
        let Cue { tick, time, .. } = *cue;
        let (hours, minutes, seconds) = (time.second / 3_600, time.second / 60 % 60, time.second % 60);
        let time_text = format!("{hours:02}:{minutes:02}:{seconds:02}");
        self.report.steps.push(StepReport { step, tick, day: time.day, time: time_text, result });
        self.headline_before.push(headline_before);
        self.done = step + 1;
    }

    /// The sum of the headline metric before each step that is done.
    pub(crate) fn headline_before(&self) -> &[i64] {
        &self.headline_before
    }

    /// Notes what the partitions found in a task.
    pub(crate) fn learn(&mut self, world: &World, task: Task, findings: &Findings, headline_before: i64) {
        let (Some(workflow), Some(script)) = (&world.spec.workflow, &world.script) else { return };
        match task {
            Task::Extract { tick } => {
                for (number, column) in script.due_probes(tick).zip(&findings.columns) {
                    let value = value_of(script.probes[number].method, column);
                    self.report.metrics[number].points.push(MetricPoint { tick, agents: column.agents, value });
                }
                self.extracted_below = tick + 1;
            }
            Task::Step(step) => {
                let action = &workflow.steps[step as usize];
                let deed = &script.steps[step as usize].deed;
                if let Some(result) = result_of(world, action, deed, findings) {
                    self.note(world, step, result, headline_before);
                }
            }
        }
    }

    /// The journal as bytes.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a journal holds string keys and finite numbers only")
    }

    /// Reads what [`Journal::to_bytes`] wrote for the same script.
    pub(crate) fn from_bytes(bytes: &[u8], script: &Script) -> Result<Self> {
        let journal: Self = serde_json::from_slice(bytes)
            .map_err(|error| EngineError::State(format!("its journal cannot be read: {error}")))?;
        if journal.done as usize > script.steps.len() || journal.report.metrics.len() != script.probes.len() {
            return Err(EngineError::State("its journal is of another workflow".to_owned()));
        }
        Ok(journal)
    }
}

fn name_of(method: Method) -> &'static str {
    match method {
        Method::Mean => "mean",
        Method::Sum => "sum",
        Method::Max => "max",
        Method::Min => "min",
    }
}

fn value_of(method: Method, column: &Column) -> Option<f64> {
    let some = column.agents > 0;
    match method {
        Method::Mean => column.mean(),
        Method::Sum => Some(column.sum()),
        Method::Max => some.then_some(column.max),
        Method::Min => some.then_some(column.min),
    }
}

/// What a step of partitions came to, in the words of its action.
fn result_of(world: &World, action: &Action, deed: &Deed, findings: &Findings) -> Option<StepResult> {
    let Findings { agents, changed, .. } = *findings;
    Some(match (action, deed) {
        (Action::UpdateState { key, value, .. }, _) => {
            StepResult::UpdateState { key: key.clone(), value: json(value), agents, changed }
        }
        (Action::Message { text, stance, strength, .. }, _) => {
            let intervene_message = text.clone();
            StepResult::Message { intervene_message, stance: *stance, strength: *strength, agents, changed }
        }
        (Action::Survey { title, questions, .. }, Deed::Survey { questions: asked, .. }) => {
            let all = questions.iter().zip(asked).zip(&findings.columns);
            let questions = all.map(|((question, asked), column)| answered(question, asked, column)).collect();
            StepResult::Survey { title: title.clone(), agents, questions }
        }
        (Action::Interview { text, .. }, _) => {
            let interviews = findings.testimonies.iter().map(|said| interviewed(world, said)).collect();
            StepResult::Interview { interview_message: text.clone(), interviews }
        }
        (Action::NextRound, _) => StepResult::NextRound { agents, changed },
        _ => return None,
    })
}

fn answered(question: &Question, asked: &Asked, column: &Column) -> QuestionReport {
    let counts = asked.answers.iter().zip(&column.counts).map(|(answer, &agents)| AnswerCount {
        answer: answer.clone(),
        agents,
        share: if column.agents == 0 { 0.0 } else { agents as f64 / column.agents as f64 },
    });
    let kind = match question.kind {
        QuestionKind::Choice(_) => "choice",
        QuestionKind::Rating { .. } => "rating",
        QuestionKind::Number => "number",
    };
    let numbers = kind != "choice" && column.agents > 0;
    QuestionReport {
        name: question.name.clone(),
        title: question.text.clone(),
        key: question.key.clone(),
        r#type: kind.to_owned(),
        answers: column.agents,
        counts: counts.collect(),
        mean: column.mean().filter(|_| numbers),
        std: column.deviation().filter(|_| numbers),
        min: numbers.then_some(column.min),
        max: numbers.then_some(column.max),
    }
}

fn interviewed(world: &World, said: &Testimony) -> Interviewed {
    let traits = world.model.traits().iter().zip(&said.state);
    let groups = world.spec.workflow.as_ref().map(|workflow| workflow.groups.as_slice()).unwrap_or_default();
    Interviewed {
        agent: said.agent,
        agent_class: groups.get(said.group).map(|group| group.agent_class.clone()).unwrap_or_default(),
        region: world.dataset.regions()[said.region].code.clone(),
        segment: world.model.segments()[said.segment].to_owned(),
        state: traits.map(|(known, &value)| (known.name.to_owned(), shown(&known.kind, value))).collect(),
        reasons: said.reasons.clone(),
    }
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Number(number) => (*number).into(),
        Value::Flag(flag) => (*flag).into(),
        Value::Text(text) => text.as_str().into(),
    }
}
