//! What an agent sees of those that it listens to.

use crate::draws::Draws;
use crate::kernel::View;

/// The published values of those that an agent listens to.
#[derive(Clone, Copy)]
pub struct Peers<'a, P> {
    slots: &'a [u32],
    view: &'a [P],
    /// Which agent each slot of the view is.
    whose: &'a View,
}

impl<'a, P: Copy> Peers<'a, P> {
    /// Peers found at `slots` of `view`.
    #[inline]
    pub(crate) fn new(slots: &'a [u32], view: &'a [P], whose: &'a View) -> Self {
        Self { slots, view, whose }
    }

    /// What one of them published, given by its place; the places run from 0 to [`Peers::len`] - 1.
    ///
    /// # Panics
    /// For a place beyond: a mistake in the model.
    #[inline]
    pub fn get(&self, place: usize) -> P {
        self.view[self.slots[place] as usize]
    }

    /// The id of one of them, given by its place: whom to write to.
    ///
    /// # Panics
    /// For a place beyond: a mistake in the model.
    pub fn id(&self, place: usize) -> u32 {
        self.whose.id_of(self.slots[place])
    }

    /// What one of them published, each as likely as the others; nothing where there are none.
    #[inline]
    pub fn pick(&self, draws: &mut Draws<'_>) -> Option<P> {
        (!self.is_empty()).then(|| self.get(draws.below(self.len() as u32) as usize))
    }

    /// How many they are.
    #[inline]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// True where there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// What each published, in a fixed order.
    #[inline]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = P> + 'a {
        let view = self.view;
        self.slots.iter().map(move |&slot| view[slot as usize])
    }
}
