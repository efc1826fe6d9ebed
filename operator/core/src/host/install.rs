//! One installation, from the request to the report of completion.

mod attempt;
mod step;

pub use step::{InstallRecord, InstallStep, NextStep, TRANSITIONS, Trigger};

pub(super) use attempt::next;
