//! What an agent sees of those that it listens to.

use crate::draws::Draws;
use crate::kernel::View;
use crate::model::Model;

/// The published values of those that an agent listens to.
#[derive(Clone, Copy)]
pub struct Peers<'a, P> {
    slots: &'a [u32],
    /// One for each slot, or none at all.
    weights: &'a [f32],
    view: &'a [P],
    roused_by: Option<u32>,
    /// Which agent each slot of the view is.
    whose: &'a View,
}

impl<'a, P: Copy> Peers<'a, P> {
    /// Peers found at `slots` of `view`, with as many `weights` or none.
    #[inline]
    pub(crate) fn new(slots: &'a [u32], weights: &'a [f32], view: &'a [P], whose: &'a View) -> Self {
        Self { slots, weights, view, roused_by: None, whose }
    }

    /// The same, with the number of those among them who rouse, where that is known.
    #[inline]
    pub(crate) fn roused_by(self, count: Option<u32>) -> Self {
        Self { roused_by: count, ..self }
    }

    /// How many of them publish what [`Model::rouses`]: without a look at any where the engine has counted them.
    #[inline]
    pub fn rousing<M: Model<Published = P>>(&self, model: &M) -> u32 {
        let count = || self.iter().map(|published| u32::from(model.rouses(&published))).sum();
        self.roused_by.unwrap_or_else(count)
    }

    /// What one of them published, given by its place; the places run from 0 to [`Peers::len`] - 1.
    ///
    /// # Panics
    /// For a place beyond: a mistake in the model.
    #[inline]
    pub fn get(&self, place: usize) -> P {
        self.view[self.slots[place] as usize]
    }

    /// The weight of one of them, given by its place: a finite number above 0, and 1 where ties have no weights. Only models
    /// that say [`crate::Model::WEIGHS`] meet others.
    ///
    /// # Panics
    /// For a place beyond, where ties have weights: a mistake in the model.
    #[inline]
    pub fn weight(&self, place: usize) -> f32 {
        if self.weights.is_empty() { 1.0 } else { self.weights[place] }
    }

    /// True where there are peers and their ties have weights.
    #[inline]
    pub fn have_weights(&self) -> bool {
        !self.weights.is_empty()
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

    /// What each published with its weight, in a fixed order.
    #[inline]
    pub fn weighted(&self) -> impl ExactSizeIterator<Item = (P, f32)> + 'a {
        let peers = *self;
        (0..peers.len()).map(move |place| (peers.get(place), peers.weight(place)))
    }
}
