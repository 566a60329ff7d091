//! A queue with a part for each participant: everybody has their turn, and who says too much harms nobody but themselves.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sfu::Who;
use tokio::sync::Notify;

/// Something that waits in parts for one participant.
pub(super) trait Parts: Default {
    /// Whether nothing is left.
    fn is_empty(&self) -> bool;
}

/// Who waits, in the order of their turns.
pub(super) struct FairQueue<P> {
    waiting: HashMap<Who, P>,
    order: VecDeque<Who>,
}

/// The same, to be shared between who puts in and who takes out.
pub(super) struct SharedFairQueue<P, S = ()> {
    inner: Mutex<Inner<P, S>>,
    more: Notify,
}

pub(super) struct Inner<P, S> {
    pub(super) queue: FairQueue<P>,
    /// What whoever takes out has to remember.
    pub(super) state: S,
    pub(super) is_closed: bool,
}

impl<P> Default for FairQueue<P> {
    fn default() -> Self {
        Self { waiting: HashMap::new(), order: VecDeque::new() }
    }
}

impl<P: Parts> FairQueue<P> {
    /// What waits for a participant, to add to it.
    pub(super) fn of(&mut self, who: Who) -> &mut P {
        let order = &mut self.order;
        self.waiting.entry(who).or_insert_with(|| {
            order.push_back(who);
            P::default()
        })
    }

    /// The first thing that `take` finds, going round once. Who gave something is last from then on; who could give nothing yet
    /// keeps their place.
    pub(super) fn next<T>(&mut self, mut take: impl FnMut(Who, &mut P) -> Option<T>) -> Option<T> {
        let mut taken = None;
        for index in 0..self.order.len() {
            let Some(parts) = self.order.get(index).and_then(|who| self.waiting.get_mut(who)) else {
                continue;
            };
            taken = take(self.order[index], parts);
            if taken.is_some() {
                let is_empty = parts.is_empty();
                if let Some(who) = self.order.remove(index) {
                    if is_empty {
                        self.waiting.remove(&who);
                    } else {
                        self.order.push_back(who);
                    }
                }
                break;
            }
        }
        taken
    }
}

impl<P, S: Default> Default for SharedFairQueue<P, S> {
    fn default() -> Self {
        let inner = Inner { queue: FairQueue::default(), state: S::default(), is_closed: false };
        Self { inner: Mutex::new(inner), more: Notify::new() }
    }
}

impl<P, S> SharedFairQueue<P, S> {
    /// A panic while it is held leaves what was there: each change is done in one step.
    pub(super) fn lock(&self) -> MutexGuard<'_, Inner<P, S>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds to what waits.
    pub(super) fn add(&self, add: impl FnOnce(&mut FairQueue<P>)) {
        add(&mut self.lock().queue);
        self.more.notify_one();
    }

    /// Nothing will be added any more, or taken.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.more.notify_one();
    }

    /// Waits until something is added.
    pub(super) async fn more(&self) {
        self.more.notified().await;
    }
}
