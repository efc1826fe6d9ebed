//! Where an operator is killed.

use std::fmt;

use slipway_e2e::Moment;
use slipway_sim::Position;

/// One moment in a life; numbers begin at 1.
///
/// A write has two moments, not three: once its answer is on the way, the killed operator differs from one that is killed before the answer only by
/// what it remembers, and it remembers nothing. For calls the third is tried all the same, because it costs one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    /// At a write to the API server.
    Write(u64, Moment),
    /// At a call to Oracle Cloud or to the rack.
    Call(u64, Position),
}

/// How many points there are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counts {
    /// Writes to the API server.
    pub(crate) writes: u64,
    /// Calls to Oracle Cloud and to the rack.
    pub(crate) calls: u64,
}

impl Counts {
    /// Every point.
    pub(crate) fn points(self) -> Vec<Point> {
        let moments = [Moment::BeforeForwarding, Moment::BeforeAnswering];
        let writes = (1..=self.writes).flat_map(|number| moments.map(|moment| Point::Write(number, moment)));
        let calls =
            (1..=self.calls).flat_map(|number| Position::ALL.map(|position| Point::Call(number, position)));
        writes.chain(calls).collect()
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write(number, moment) => write!(f, "at write {number}, {moment:?}"),
            Self::Call(number, position) => write!(f, "at call {number}, {position:?}"),
        }
    }
}
