//! What must be so after every life.

use std::collections::BTreeSet;

use anyhow::{Context as _, ensure};
use serde_json::Value;
use slipway_e2e::Site;
use slipway_sim::{Cloud, ConnectionState, Offence};

/// Orders that Oracle Cloud took.
pub(crate) struct Orders {
    /// `READY`.
    pub(crate) accepted: u64,
    /// `REJECT` of a connection that stood.
    pub(crate) cut: u64,
    /// `REJECT` of a connection that was being made. In `REJECT` itself it cannot be told from another change.
    pub(crate) renewed: u64,
}

/// Counts the orders that had an effect, whether or not their answer came through.
pub(crate) fn orders(cloud: &Cloud) -> Orders {
    let puts: Vec<_> = cloud.calls().into_iter().filter(|call| call.method == "PUT").collect();
    let count = |before: &[ConnectionState], after: ConnectionState| {
        let fits = puts.iter().filter(|call| {
            call.state_after == Some(after) && call.state_before.is_some_and(|state| before.contains(&state))
        });
        fits.count() as u64
    };
    Orders {
        accepted: count(&[ConnectionState::Request], ConnectionState::Ready),
        cut: count(&[ConnectionState::Connected], ConnectionState::Reject),
        renewed: count(&[ConnectionState::Request, ConnectionState::Ready], ConnectionState::Reject),
    }
}

/// Whether an operator may do so. A connection is cut when it is asked for, from whatever state and version.
fn is_allowed(offence: &Offence) -> bool {
    matches!(offence, Offence::ConnectedToReject | Offence::WriteWithoutIfMatch)
}

/// Asserts what holds in every life. `last` is the object as it was seen last.
pub(crate) fn judge(site: &Site, last: &Value) -> anyhow::Result<()> {
    let violations = site.cloud.violations();
    let forbidden: Vec<_> = violations.iter().filter(|found| !is_allowed(&found.offence)).collect();
    ensure!(forbidden.is_empty(), "{forbidden:?}");
    let posts = site.racks[0].posts();
    let pins: BTreeSet<_> = posts.iter().filter_map(|post| post.pin.as_ref()).collect();
    ensure!(pins.len() == posts.len(), "a PIN was posted twice: {posts:?}");
    let attempts = last["status"]["handshake"]["attempt"].as_u64().context("no attempt in status")?;
    ensure!(posts.len() as u64 <= attempts, "{} posts in {attempts} attempts", posts.len());
    let log = std::fs::read_to_string(site.operator.log_file())?;
    for pin in pins {
        let leak = log
            .lines()
            .chain([last.to_string().as_str()])
            .find(|line| line.contains(pin.as_str()))
            .map(str::to_owned);
        ensure!(leak.is_none(), "a PIN can be read: {leak:?}");
    }
    Ok(())
}
