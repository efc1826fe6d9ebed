//! Where an operator is killed.

use std::fmt;

use slipway_e2e::Moment;
use slipway_sim::Position;

/// One moment in a life; numbers begin at 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    /// At a write to the API server. After its answer the killed operator would differ only by what it remembers.
    Write(u64, Moment),
    /// At a call to the registrar.
    Call(u64, Position),
    /// At a call to the registrar that is not done yet; it is done when the operator is gone.
    Late(u64),
    /// When the first record is made and nothing is answered.
    Made,
    /// When a fault has been met: the operator waits for an answer that does not come.
    Fault,
}

/// What there was in a life: its points.
#[derive(Clone, Debug)]
pub(crate) struct Counts {
    /// Writes to the API server.
    pub(crate) writes: u64,
    /// Methods of the calls to the registrar.
    pub(crate) calls: Vec<String>,
}

impl Counts {
    /// Every point. A call that reads has one: nothing differs between before and after it but what the operator knows, and it is to know nothing.
    pub(crate) fn points(&self) -> Vec<Point> {
        let moments = [Moment::BeforeForwarding, Moment::BeforeAnswering];
        let writes = (1..=self.writes).flat_map(|number| moments.map(|moment| Point::Write(number, moment)));
        let calls = (1..).zip(&self.calls).flat_map(|(number, method)| {
            let positions = if method == "GET" { &Position::ALL[1..2] } else { &Position::ALL[..] };
            positions.iter().map(move |position| Point::Call(number, *position))
        });
        writes.chain(calls).collect()
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write(number, moment) => write!(f, "at write {number}, {moment:?}"),
            Self::Call(number, position) => write!(f, "at call {number}, {position:?}"),
            Self::Late(number) => write!(f, "at call {number}, which is late"),
            Self::Made => write!(f, "when the record was made"),
            Self::Fault => write!(f, "at a fault"),
        }
    }
}
