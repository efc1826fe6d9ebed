//! What goes wrong in a life of chance.

use std::fmt;

use slipway_e2e::Moment;
use slipway_sim::{Fault, Position, Trouble};

use crate::chance::Chance;
use crate::point::Point;
use crate::stage::Pace;
use crate::tale::Tale;

/// What is asked of the registrar.
const PLACES: [(&str, &str); 8] = [
    ("POST", "cluster_authorizations"),
    ("POST", "cluster_authorizations"),
    ("POST", "cluster_authorizations"),
    ("POST", "/labels"),
    ("PATCH", "/subscriptions/"),
    ("DELETE", "/subscriptions/"),
    ("GET", "/subscriptions"),
    ("POST", "openid-connect/token"),
];

/// Everything that is done to one life.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) seed: u64,
    pub(crate) tale: Tale,
    pub(crate) pace: Pace,
    pub(crate) faults: Vec<Fault<Trouble>>,
    pub(crate) kills: Vec<Point>,
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, tale, pace, faults, kills } = self;
        write!(f, "seed {seed}: {tale} at {pace:?}, {faults:?}, killed {kills:?}")
    }
}

impl Script {
    /// The same for the same seed.
    pub(crate) fn of(seed: u64, pace: Pace) -> Self {
        let mut chance = Chance::of(seed);
        let calls = chance.below(6);
        let tale = chance.one(&[Tale::Whole, Tale::Reserved, Tale::Purged, Tale::Hasty(calls)]);
        let mut faults: Vec<_> = (0..=chance.below(3)).map(|_| fault(&mut chance)).collect();
        let mut kills: Vec<_> = (0..chance.below(3)).map(|_| kill(&mut chance)).collect();
        if chance.hits(4) {
            // The first: what a person sees who pulls the plug of what hangs.
            faults.insert(0, Fault::new(Trouble::HangAfter).on("POST", "cluster_authorizations").once());
            kills.insert(0, Point::Fault);
        }
        Self { seed, tale, pace, faults, kills }
    }
}

/// Mostly an answer that is lost after the effect.
fn fault(chance: &mut Chance) -> Fault<Trouble> {
    let trouble = chance.one(&[
        Trouble::CutAfter,
        Trouble::CutAfter,
        Trouble::CutMiddle,
        Trouble::Truncated,
        Trouble::FailAfter { status: 500 },
        Trouble::FailAfter { status: 504 },
        Trouble::CutBefore,
        Trouble::internal_server_error(),
    ]);
    let (method, path) = chance.one(&PLACES);
    let fault = Fault::new(trouble).on(method, path).times(1 + chance.below(2));
    if method == "GET" { fault.after(chance.below(6)) } else { fault.after(chance.below(2)) }
}

fn kill(chance: &mut Chance) -> Point {
    let number = 1 + chance.below(9);
    match chance.below(4) {
        0 => Point::Late(number),
        1 => Point::Write(number, chance.one(&[Moment::BeforeForwarding, Moment::BeforeAnswering])),
        _ => Point::Call(number, chance.one(&Position::ALL)),
    }
}
