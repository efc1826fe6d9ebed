//! Where an operator is killed.

use std::fmt;

use slipway_e2e::Moment;

/// To whom the operator, or the machine, speaks at the point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// The operator writes to the API server.
    Write,
    /// The operator calls the BMC.
    Bmc,
    /// The machine asks the boot service.
    Boot,
}

/// One moment in a life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Point {
    /// On which way.
    pub(crate) way: Way,
    /// Which call of that way, from 1.
    pub(crate) number: u64,
    /// Before its effect, or after it and before its answer.
    pub(crate) moment: Moment,
}

impl Point {
    /// Every point of a way with so many calls.
    pub(crate) fn all(way: Way, calls: u64) -> impl Iterator<Item = Self> {
        let both = [Moment::BeforeForwarding, Moment::BeforeAnswering];
        (1..=calls).flat_map(move |number| both.map(|moment| Self { way, number, moment }))
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let when = match self.moment {
            Moment::BeforeForwarding => "before",
            Moment::BeforeAnswering => "after",
        };
        write!(f, "{when} {:?} {}", self.way, self.number)
    }
}
