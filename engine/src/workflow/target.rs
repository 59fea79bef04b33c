//! Whom a step is about: a target in numbers, and the question of whether an agent is meant.

use crate::workflow::spec::Comparison;

/// A target whose names have become numbers. Everything holds together.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Who {
    /// Only these ids, rising.
    pub(crate) ids: Option<Vec<u32>>,
    /// One flag per group.
    pub(crate) groups: Option<Vec<bool>>,
    /// Tests of what is known of an agent.
    pub(crate) tests: Vec<Test>,
}

/// One condition.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Test {
    /// Its trait, by number, compares so.
    Trait(usize, Comparison, f64),
    /// Its id compares so.
    Id(Comparison, f64),
    /// Its region is one of these, by number.
    Region(Vec<bool>),
    /// Its segment is one of these, by number.
    Segment(Vec<bool>),
    /// Its group is one of these, by number.
    Group(Vec<bool>),
}

/// What is known of an agent without looking into it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Address {
    pub(crate) id: u32,
    pub(crate) group: usize,
    pub(crate) region: usize,
    pub(crate) segment: usize,
}

impl Who {
    /// True when the agent is meant; `trait_value` reads its traits.
    pub(crate) fn means(&self, agent: Address, trait_value: impl Fn(usize) -> f64) -> bool {
        self.ids.as_ref().is_none_or(|ids| ids.binary_search(&agent.id).is_ok())
            && self.groups.as_ref().is_none_or(|groups| groups[agent.group])
            && self.tests.iter().all(|test| match test {
                Test::Trait(number, comparison, value) => comparison.holds(trait_value(*number), *value),
                Test::Id(comparison, value) => comparison.holds(f64::from(agent.id), *value),
                Test::Region(wanted) => wanted[agent.region],
                Test::Segment(wanted) => wanted[agent.segment],
                Test::Group(wanted) => wanted[agent.group],
            })
    }
}

impl Comparison {
    /// True when `left` compares so with `right`.
    pub(crate) fn holds<T: PartialOrd>(self, left: T, right: T) -> bool {
        match self {
            Self::Equal => left == right,
            Self::NotEqual => left != right,
            Self::Less => left < right,
            Self::AtMost => left <= right,
            Self::Greater => left > right,
            Self::AtLeast => left >= right,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_conditions_hold_together() {
        let agent = Address { id: 7, group: 1, region: 2, segment: 0 };
        let means = |who: &Who| who.means(agent, |number| [0.5, -1.0][number]);
        assert!(means(&Who::default()));
        let all = Who {
            ids: Some(vec![3, 7]),
            groups: Some(vec![false, true]),
            tests: vec![
                Test::Trait(0, Comparison::AtLeast, 0.5),
                Test::Trait(1, Comparison::Less, 0.0),
                Test::Id(Comparison::NotEqual, 8.0),
                Test::Region(vec![false, false, true]),
                Test::Segment(vec![true]),
                Test::Group(vec![true, true]),
            ],
        };
        assert!(means(&all));
        for other in [
            Who { ids: Some(vec![8]), ..all.clone() },
            Who { groups: Some(vec![true, false]), ..all.clone() },
            Who { tests: vec![Test::Trait(0, Comparison::Greater, 0.5)], ..all.clone() },
            Who { tests: vec![Test::Region(vec![true, true, false])], ..all },
        ] {
            assert!(!means(&other), "{other:?}");
        }
    }

    #[test]
    fn comparisons_are_those_of_arithmetic() {
        use Comparison::*;
        let holds =
            |left: f64, right: f64| [Equal, NotEqual, Less, AtMost, Greater, AtLeast].map(|c| c.holds(left, right));
        assert_eq!(holds(1.0, 2.0), [false, true, true, true, false, false]);
        assert_eq!(holds(2.0, 2.0), [true, false, false, true, false, true]);
    }
}
