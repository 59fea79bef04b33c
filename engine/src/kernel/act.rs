//! What an experiment does to a partition's agents and asks of them, between two ticks: some blocks at a time, so that a
//! run can be stopped in the middle and others have their turn. Only its own agents; what all partitions find is merged by
//! the coordinator.

use crate::conditions::Conditions;
use crate::kernel::partition::{Block, Partition};
use crate::model::{Around, Message, Model, Peers};
use crate::workflow::{Address, Asked, Column, Deed, Findings, Script, Task, Testimony, Who};

/// A task that is being done.
#[derive(Default)]
pub(crate) struct Doing {
    /// The next block.
    block: usize,
    findings: Findings,
}

/// One piece of a task: what is done with every agent that is meant.
enum Part<'a> {
    Survey(&'a [Asked]),
    Extract(Vec<usize>),
    Interview,
    Update { number: usize, value: f64 },
    Message(Message),
    NextRound { memory: Vec<usize> },
}

impl Part<'_> {
    /// True when agents may be others afterwards.
    fn changes(&self) -> bool {
        matches!(self, Self::Update { .. } | Self::Message(_) | Self::NextRound { .. })
    }

    /// How many looks at an agent it takes.
    fn weight(&self) -> usize {
        match self {
            Self::Survey(questions) => questions.len().max(1),
            Self::Extract(probes) => probes.len().max(1),
            _ => 1,
        }
    }

    fn columns(&self, script: &Script) -> Vec<Column> {
        match self {
            Self::Survey(questions) => {
                questions.iter().map(|asked| Column::new(asked.answers.len(), asked.bits)).collect()
            }
            Self::Extract(probes) => probes.iter().map(|&probe| Column::new(0, script.probes[probe].bits)).collect(),
            _ => Vec::new(),
        }
    }
}

/// The part of a script that a task is, and whom it is about; nobody in particular for metrics, which say so one by one.
fn part_of<M: Model>(script: &Script, task: Task) -> Option<(Part<'_>, Option<&Who>)> {
    let step = match task {
        Task::Extract { tick } => return Some((Part::Extract(script.due_probes(tick).collect()), None)),
        Task::Step(step) => step as usize,
    };
    Some(match &script.steps.get(step)?.deed {
        Deed::Survey { questions, who } => (Part::Survey(questions), Some(who)),
        Deed::Interview { who } => (Part::Interview, Some(who)),
        Deed::Update { number, value, who } => (Part::Update { number: *number, value: *value }, Some(who)),
        &Deed::Message { stance, strength, ref who } => (Part::Message(Message { stance, strength }), Some(who)),
        Deed::NextRound => {
            let kept = |place: &usize| M::TRAITS[*place].memory && M::TRAITS[*place].settable;
            (Part::NextRound { memory: (0..M::TRAITS.len()).filter(kept).collect() }, None)
        }
        Deed::Run | Deed::Environment { .. } | Deed::Extract => return None,
    })
}

impl<M: Model> Partition<M> {
    /// Does some of a task; see [`crate::PartitionKernel::act_some`].
    pub(super) fn do_some(&mut self, task: Task, conditions: &Conditions, agents: usize) -> Option<Findings> {
        let Some(script) = self.script.clone() else { return Some(Findings::default()) };
        let Some((part, who)) = part_of::<M>(&script, task) else { return Some(Findings::default()) };
        let mut doing = self.doing.take().unwrap_or_default();
        if doing.block == 0 {
            doing.findings.columns = part.columns(&script);
            self.forget_activity();
            self.tally.clear();
        }
        let mut left = agents;
        while let Some(&block) = self.columns.blocks.get(doing.block) {
            self.do_block(&script, &part, who, block, conditions, &mut doing.findings);
            if part.changes() {
                self.publish_block(block);
            }
            doing.block += 1;
            left = left.saturating_sub(block.len as usize * part.weight());
            if left == 0 && doing.block < self.columns.blocks.len() {
                self.doing = Some(doing);
                return None;
            }
        }
        if part.changes() {
            self.next_exchange();
            self.watch();
            doing.findings.tally = Some(self.tally.clone());
        }
        Some(doing.findings)
    }

    /// The part, for the agents of a block.
    fn do_block(
        &mut self,
        script: &Script,
        part: &Part<'_>,
        who: Option<&Who>,
        block: Block,
        conditions: &Conditions,
        found: &mut Findings,
    ) {
        if let Part::NextRound { memory } = part {
            return self.renew(block, memory, found);
        }
        for lane in 0..block.len {
            let (place, id) = ((block.first + lane) as usize, block.first_id + lane);
            let agent = &self.columns.agents[place];
            let (group, region) = (script.groups.of(id), block.region as usize);
            let address = Address { id, group, region, segment: self.model.segment(agent) };
            let value = |number: usize| self.model.trait_value(agent, number);
            if let Part::Extract(probes) = part {
                for (&number, column) in probes.iter().zip(&mut found.columns) {
                    let probe = &script.probes[number];
                    if probe.who.means(address, value) {
                        column.add(value(probe.number), None);
                    }
                }
                continue;
            }
            if !who.is_none_or(|who| who.means(address, value)) {
                continue;
            }
            found.agents += 1;
            match part {
                Part::Survey(questions) => {
                    for (asked, column) in questions.iter().zip(&mut found.columns) {
                        let value = value(asked.number);
                        column.add(asked.number(value), asked.answer(value));
                    }
                }
                Part::Interview => found.testimonies.push(self.testimony(place, address, conditions)),
                Part::Update { number, value } => {
                    self.change(place, found, |model, agent| model.set_trait(agent, *number, *value));
                }
                Part::Message(message) => {
                    let environment = conditions.of(region, address.segment);
                    self.change(place, found, |model, agent| model.hear(agent, *message, environment));
                }
                Part::Extract(_) | Part::NextRound { .. } => {}
            }
        }
    }

    fn change(&mut self, place: usize, found: &mut Findings, change: impl Fn(&M, &mut M::Agent)) {
        let before = self.kept_of(place);
        change(&self.model, &mut self.columns.agents[place]);
        found.changed += u64::from(self.kept_of(place) != before);
    }

    fn testimony(&self, place: usize, address: Address, conditions: &Conditions) -> Testimony {
        let agent = &self.columns.agents[place];
        let slots = self.ties.of(place, self.tick);
        let around = Around {
            id: address.id,
            region: address.region,
            tick: self.tick,
            peers: Peers::new(&slots, self.ties.weights_of(place), &self.now, &self.view),
            environment: conditions.of(address.region, address.segment),
            society: &conditions.society,
            mail: &[],
            bulletin: &[],
            desk: None,
        };
        Testimony {
            agent: address.id,
            group: address.group,
            region: address.region,
            segment: address.segment,
            state: (0..M::TRAITS.len()).map(|number| self.model.trait_value(agent, number)).collect(),
            reasons: self.model.explain(agent, around),
        }
    }

    /// The block's agents are as they were born, but for their memory.
    fn renew(&mut self, block: Block, memory: &[usize], found: &mut Findings) {
        let newborn: Vec<_> = self.cradle.block(block.id, block.first_id..block.first_id + block.len).collect();
        for (place, mut agent) in (block.first as usize..).zip(newborn) {
            for &number in memory {
                let kept = self.model.trait_value(&self.columns.agents[place], number);
                self.model.set_trait(&mut agent, number, kept);
            }
            found.agents += 1;
            self.change(place, found, |_, old| old.clone_from(&agent));
        }
    }

    /// What a snapshot would keep of an agent.
    fn kept_of(&self, place: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.kept.bytes);
        self.kept.save(&*self.model, &self.columns.agents[place..=place], &mut bytes);
        bytes
    }

    /// Publishes the block's agents for the next exchange, and adds them to the sums.
    fn publish_block(&mut self, block: Block) {
        let (first, len) = (block.first as usize, block.len as usize);
        let agents = &self.columns.agents[first..first + len];
        for (slot, agent) in self.next[first..].iter_mut().zip(agents) {
            *slot = self.model.publish(agent);
        }
        self.sums.fill(0);
        self.model.measure_block(agents, &self.next[first..first + len], &mut self.sums);
        self.tally.add_block(block.region as usize, &self.sums, len, 0);
    }
}
