//! What an experiment does to a partition's agents and asks of them, between two ticks. Only its own agents; what all
//! partitions find is merged by the coordinator.

use crate::conditions::Conditions;
use crate::kernel::partition::{Block, Partition};
use crate::model::{Around, Message, Model, Peers};
use crate::workflow::{Address, Asked, Column, Deed, Findings, Script, Task, Testimony, Who};

impl<M: Model> Partition<M> {
    /// Does one task; see [`crate::PartitionKernel::act`].
    pub(super) fn do_task(&mut self, task: Task, conditions: &Conditions) -> Findings {
        let Some(script) = self.script.clone() else { return Findings::default() };
        let step = match task {
            Task::Extract { tick } => return self.extract(&script, tick),
            Task::Step(step) => step as usize,
        };
        match script.steps.get(step).map(|cue| &cue.deed) {
            Some(Deed::Survey { questions, who }) => self.survey(&script, questions, who),
            Some(Deed::Interview { who }) => self.interview(&script, who, conditions),
            Some(Deed::Update { number, value, who }) => self.change(&script, who, |model, agent| {
                model.set_trait(agent, *number, *value);
            }),
            Some(&Deed::Message { stance, strength, ref who }) => self.change(&script, who, |model, agent| {
                model.hear(agent, Message { stance, strength });
            }),
            Some(Deed::NextRound) => self.next_round(),
            Some(Deed::Run | Deed::Environment { .. } | Deed::Extract) | None => Findings::default(),
        }
    }

    /// Calls `f` with every agent that is meant: its place in the partition and its address.
    fn each(&self, script: &Script, who: &Who, mut f: impl FnMut(usize, Address)) {
        for block in &self.columns.blocks {
            let Block { first, first_id, len, region, .. } = *block;
            for lane in 0..len {
                let (place, id) = ((first + lane) as usize, first_id + lane);
                let agent = &self.columns.agents[place];
                let segment = self.model.segment(agent);
                let address = Address { id, group: script.groups.of(id), region: region as usize, segment };
                if who.means(address, |number| self.model.trait_value(agent, number)) {
                    f(place, address);
                }
            }
        }
    }

    fn survey(&self, script: &Script, questions: &[Asked], who: &Who) -> Findings {
        let mut columns: Vec<_> = questions.iter().map(|asked| Column::new(asked.answers.len())).collect();
        let mut agents = 0;
        self.each(script, who, |place, _| {
            agents += 1;
            for (asked, column) in questions.iter().zip(&mut columns) {
                let value = self.model.trait_value(&self.columns.agents[place], asked.number);
                column.add(asked.number(value), asked.answer(value));
            }
        });
        Findings { agents, columns, ..Findings::default() }
    }

    fn extract(&self, script: &Script, tick: u32) -> Findings {
        let column = |number: usize| {
            let (probe, mut column) = (&script.probes[number], Column::new(0));
            self.each(script, &probe.who, |place, _| {
                column.add(self.model.trait_value(&self.columns.agents[place], probe.number), None);
            });
            column
        };
        Findings { columns: script.due_probes(tick).map(column).collect(), ..Findings::default() }
    }

    fn interview(&self, script: &Script, who: &Who, conditions: &Conditions) -> Findings {
        let mut testimonies = Vec::new();
        self.each(script, who, |place, address| {
            let agent = &self.columns.agents[place];
            let slots = self.ties.of(place, self.tick);
            let peers = Peers::new(&slots, &self.now);
            let environment = conditions.of_region(address.region);
            let (id, tick, society) = (address.id, self.tick, conditions.society.as_slice());
            testimonies.push(Testimony {
                agent: address.id,
                group: address.group,
                region: address.region,
                segment: address.segment,
                state: (0..M::TRAITS.len()).map(|number| self.model.trait_value(agent, number)).collect(),
                reasons: self.model.explain(agent, Around { id, tick, peers, environment, society }),
            });
        });
        Findings { agents: testimonies.len() as u64, testimonies, ..Findings::default() }
    }

    fn change(&mut self, script: &Script, who: &Who, change: impl Fn(&M, &mut M::Agent)) -> Findings {
        // All are chosen before any is changed, though none can see another's state.
        let mut meant = Vec::new();
        self.each(script, who, |place, _| meant.push(place));
        let mut changed = 0;
        for &place in &meant {
            let before = self.kept_of(place);
            change(&self.model, &mut self.columns.agents[place]);
            changed += u64::from(self.kept_of(place) != before);
        }
        self.changed(meant.len() as u64, changed)
    }

    fn next_round(&mut self) -> Findings {
        let memory: Vec<_> = (0..M::TRAITS.len()).filter(|&n| M::TRAITS[n].memory && M::TRAITS[n].settable).collect();
        let mut changed = 0;
        for index in 0..self.columns.blocks.len() {
            let Block { id, first, first_id, len, .. } = self.columns.blocks[index];
            let newborn: Vec<_> = self.cradle.block(id, first_id..first_id + len).collect();
            for (place, mut agent) in (first as usize..).zip(newborn) {
                for &number in &memory {
                    let kept = self.model.trait_value(&self.columns.agents[place], number);
                    self.model.set_trait(&mut agent, number, kept);
                }
                let before = self.kept_of(place);
                self.columns.agents[place] = agent;
                changed += u64::from(self.kept_of(place) != before);
            }
        }
        self.changed(self.columns.agents.len() as u64, changed)
    }

    /// What a snapshot would keep of an agent.
    fn kept_of(&self, place: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.kept.bytes);
        self.kept.save(&*self.model, &self.columns.agents[place..=place], &mut bytes);
        bytes
    }

    /// Publishes and measures everybody again: a new exchange begins.
    fn changed(&mut self, agents: u64, changed: u64) -> Findings {
        for (slot, agent) in self.next[self.view.own..].iter_mut().zip(&self.columns.agents) {
            *slot = self.model.publish(agent);
        }
        std::mem::swap(&mut self.now, &mut self.next);
        self.exchange += 1;
        Findings { agents, changed, tally: Some(self.measure_all()), ..Findings::default() }
    }
}
