//! What a test wants to happen at a chosen call through the proxy.

use std::fmt;
use std::sync::Arc;

use http::StatusCode;

use crate::ApiCall;

/// When a rule acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The API server has not heard of the call yet.
    BeforeForwarding,
    /// The API server has carried the call out, the caller has no answer yet.
    BeforeAnswering,
}

/// How the call goes on after a rule has acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// As if there were no rule.
    GoOn,
    /// The connection to the caller is closed without an answer. Before forwarding: the API server never hears of it.
    Cut,
    /// The caller gets this status with an empty body. Before forwarding: the API server never hears of it.
    Answer(StatusCode),
}

type Fits = dyn Fn(&ApiCall) -> bool + Send + Sync;
type Act = dyn Fn(&ApiCall) -> Then + Send + Sync;

/// A hook at some calls. Every rule that fits acts; the first that does not say [`Then::GoOn`] decides.
#[derive(Clone)]
pub struct Rule {
    moment: Moment,
    fits: Arc<Fits>,
    act: Arc<Act>,
}

impl Rule {
    /// Calls `act` at each call that `fits`, on the proxy's runtime: it must not block.
    pub fn new(
        moment: Moment,
        fits: impl Fn(&ApiCall) -> bool + Send + Sync + 'static,
        act: impl Fn(&ApiCall) -> Then + Send + Sync + 'static,
    ) -> Self {
        Self { moment, fits: Arc::new(fits), act: Arc::new(act) }
    }

    /// Calls `act` at the write with this number, counted from 1 since the proxy started or was last reset.
    pub fn at_write(
        number: u64,
        moment: Moment,
        act: impl Fn(&ApiCall) -> Then + Send + Sync + 'static,
    ) -> Self {
        Self::new(moment, move |call| call.write_number == Some(number), act)
    }

    pub(crate) fn apply(&self, moment: Moment, call: &ApiCall) -> Then {
        if self.moment == moment && (self.fits)(call) { (self.act)(call) } else { Then::GoOn }
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rule").field("moment", &self.moment).finish_non_exhaustive()
    }
}
