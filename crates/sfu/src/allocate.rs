//! Which layer of whom a receiver gets out of its downlink. When there is too little, resolution goes first, then the frame
//! rate, then pictures, those in small tiles before those in large ones; sound is never touched.

/// Spatial layers, from the smallest.
pub(crate) const LAYERS: usize = 3;

/// Temporal layers above the lowest.
pub(crate) const HIGHEST_TEMPORAL: u8 = 2;

/// What part of the bits the temporal layers up to each have (libwebrtc's allocation for three).
const TEMPORAL_SHARE: [f64; 3] = [0.4, 0.6, 1.0];

/// An upgrade has to fit with this much to spare, so that the next small change does not take it back.
const HEADROOM: f64 = 1.1;

/// What one slot could have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Demand {
    /// The layer that suits the size of the tile.
    pub(crate) wanted: usize,
    /// What each layer takes, in bits per second; `None` where it is not sent.
    pub(crate) rates: [Option<u64>; LAYERS],
    /// What it has now.
    pub(crate) has: Option<usize>,
    /// The height of the tile; higher ones come first.
    pub(crate) height: u16,
}

/// What one slot gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Assignment {
    /// The spatial layer, or no picture.
    pub(crate) layer: Option<usize>,
    /// The highest temporal layer.
    pub(crate) temporal: u8,
}

/// What all slots get, and what they would like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Allocation {
    /// In the order of the demands.
    pub(crate) assignments: Vec<Assignment>,
    /// What the assignments take, in bits per second.
    pub(crate) assigned: u64,
    /// What the next step up would take in all; the same as `assigned` when there is none.
    pub(crate) next: u64,
    /// What all subscriptions would take.
    pub(crate) desired: u64,
}

/// What every picture takes in its smallest form, in bits per second.
pub(crate) fn least_of_all(demands: &[Demand]) -> u64 {
    demands.iter().map(|demand| demand.rate(Assignment { temporal: 0, ..demand.least() })).sum()
}

/// Divides `budget` bits per second.
pub(crate) fn allocate(budget: u64, demands: &[Demand]) -> Allocation {
    let mut order: Vec<usize> = (0..demands.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse(demands[index].height));
    let mut assignments: Vec<Assignment> = demands.iter().map(Demand::least).collect();
    let cost = |assignments: &[Assignment]| -> u64 {
        assignments.iter().zip(demands).map(|(assignment, demand)| demand.rate(*assignment)).sum()
    };
    // Fewer frames for those in the smallest tiles first, then no picture.
    for reduce in [Assignment::with_fewer_frames, Assignment::with_fewest_frames, Assignment::without_video] {
        for &index in order.iter().rev() {
            if cost(&assignments) > budget {
                assignments[index] = reduce(assignments[index]);
            }
        }
    }
    let is_whole = assignments.iter().zip(demands).all(|(assignment, demand)| *assignment == demand.least());
    let mut next = None;
    if is_whole {
        next = upgrade(budget, demands, &order, &mut assignments);
    }
    let assigned = cost(&assignments);
    let least: Vec<_> = demands.iter().map(Demand::least).collect();
    Allocation {
        assigned,
        next: if is_whole { next.unwrap_or(assigned) } else { cost(&least) },
        desired: demands.iter().map(Demand::desired).sum(),
        assignments,
    }
}

/// One layer more for each in turn, the largest tile first. Returns what the first step that did not fit would take in all.
fn upgrade(budget: u64, demands: &[Demand], order: &[usize], assignments: &mut [Assignment]) -> Option<u64> {
    let mut total: u64 =
        assignments.iter().zip(demands).map(|(assignment, demand)| demand.rate(*assignment)).sum();
    let mut refused: Option<u64> = None;
    for _ in 1..LAYERS {
        for &index in order {
            let demand = &demands[index];
            let Some(better) = demand.above(assignments[index]) else { continue };
            let after = total - demand.rate(assignments[index]) + demand.rate(better);
            // What somebody has they keep as long as it fits at all.
            let keeps = demand.has >= better.layer;
            let needed = if keeps { after } else { (after as f64 * HEADROOM) as u64 };
            if needed <= budget {
                assignments[index] = better;
                total = after;
            } else {
                refused = Some(refused.map_or(needed, |least| least.min(needed)));
            }
        }
    }
    refused
}

impl Allocation {
    /// Whether somebody who sends a picture is not shown.
    pub(crate) fn lacks_video(&self, demands: &[Demand]) -> bool {
        self.assignments
            .iter()
            .zip(demands)
            .any(|(assignment, demand)| assignment.layer.is_none() && demand.least().layer.is_some())
    }
}

impl Demand {
    /// Whether there is a picture.
    pub(crate) fn can_be_had(&self) -> bool {
        self.rates.iter().any(Option::is_some)
    }

    /// The smallest layer that is sent, whole.
    fn least(&self) -> Assignment {
        Assignment { layer: self.rates.iter().position(Option::is_some), temporal: HIGHEST_TEMPORAL }
    }

    /// The next layer that is sent, up to the one that suits.
    fn above(&self, assignment: Assignment) -> Option<Assignment> {
        let from = assignment.layer? + 1;
        let layer = (from..=self.wanted.min(LAYERS - 1)).find(|layer| self.rates[*layer].is_some())?;
        Some(Assignment { layer: Some(layer), ..assignment })
    }

    fn rate(&self, assignment: Assignment) -> u64 {
        let whole = assignment.layer.and_then(|layer| self.rates[layer]).unwrap_or_default();
        (whole as f64 * TEMPORAL_SHARE[usize::from(assignment.temporal)]) as u64
    }

    fn desired(&self) -> u64 {
        let best = (0..=self.wanted.min(LAYERS - 1)).rev().find_map(|layer| self.rates[layer]);
        best.or_else(|| self.rates.iter().flatten().next().copied()).unwrap_or_default()
    }
}

impl Assignment {
    fn with_fewer_frames(self) -> Self {
        Self { temporal: 1, ..self }
    }

    fn with_fewest_frames(self) -> Self {
        Self { temporal: 0, ..self }
    }

    fn without_video(self) -> Self {
        Self { layer: None, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demand(height: u16, has: Option<usize>) -> Demand {
        Demand { wanted: 2, rates: [Some(100), Some(400), Some(1_500)], has, height }
    }

    fn layers(budget: u64, demands: &[Demand]) -> Vec<(Option<usize>, u8)> {
        allocate(budget, demands)
            .assignments
            .iter()
            .map(|assignment| (assignment.layer, assignment.temporal))
            .collect()
    }

    #[test]
    fn large_tiles_get_more_layers_first() {
        let demands = [demand(200, None), demand(700, None)];
        assert_eq!(layers(10_000, &demands), [(Some(2), 2), (Some(2), 2)]);
        assert_eq!(layers(2_200, &demands), [(Some(1), 2), (Some(2), 2)]);
        assert_eq!(layers(2_000, &demands), [(Some(1), 2), (Some(1), 2)]);
        assert_eq!(layers(600, &demands), [(Some(0), 2), (Some(1), 2)]);
        assert_eq!(layers(200, &demands), [(Some(0), 2), (Some(0), 2)]);
    }

    #[test]
    fn resolution_goes_before_frame_rate_and_frame_rate_before_video() {
        let demands = [demand(200, None), demand(700, None)];
        let mut steps: Vec<_> = (0..=40).rev().map(|tenth| layers(tenth * 100, &demands)).collect();
        steps.dedup();
        let frames_begin = steps.iter().position(|step| step.iter().any(|one| one.1 < 2)).unwrap();
        let video_ends = steps.iter().position(|step| step.iter().any(|one| one.0.is_none())).unwrap();
        assert!(steps[frames_begin].iter().all(|one| one.0 <= Some(0)), "{steps:?}");
        assert!(frames_begin < video_ends, "{steps:?}");
        assert_eq!(
            layers(150, &demands),
            [(Some(0), 1), (Some(0), 2)][..1].iter().copied().chain([(Some(0), 1)]).collect::<Vec<_>>()
        );
        assert_eq!(layers(50, &demands), [(None, 0), (Some(0), 0)]);
        assert_eq!(layers(0, &demands), [(None, 0), (None, 0)]);
    }

    #[test]
    fn what_somebody_has_is_not_taken_for_want_of_headroom() {
        assert_eq!(layers(405, &[demand(300, None)]), [(Some(0), 2)]);
        assert_eq!(layers(405, &[demand(300, Some(1))]), [(Some(1), 2)]);
        assert_eq!(layers(395, &[demand(300, Some(1))]), [(Some(0), 2)]);
    }

    #[test]
    fn layers_that_are_not_sent_are_passed_over() {
        let odd = Demand { wanted: 2, rates: [None, Some(400), None], has: None, height: 300 };
        assert_eq!(layers(10_000, &[odd]), [(Some(1), 2)]);
        let silent = Demand { rates: [None; 3], ..odd };
        assert_eq!(layers(10_000, &[silent]), [(None, 2)]);
    }

    #[test]
    fn the_next_step_says_what_to_probe_for() {
        let allocation = allocate(200, &[demand(300, None)]);
        assert_eq!((allocation.assigned, allocation.next, allocation.desired), (100, 440, 1_500));
        let satisfied = allocate(10_000, &[demand(300, None)]);
        assert_eq!((satisfied.assigned, satisfied.next), (1_500, 1_500));
    }
}
