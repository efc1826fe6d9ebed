//! The shipped operator is killed (SIGKILL) at every step of a rack's life and started again: whatever it was doing, no PIN is given twice, no
//! handshake begins early, and no rack is let in without a match (`facts/reliability-ux.md §1.7`, S1 to S3).
//!
//! A life is one operator with one rack, its own namespace, its own Oracle Cloud whose clock runs fast, and one point at which the operator is
//! killed. The points are numbered: the n-th write to the API server, the n-th call to Oracle Cloud or to the rack. How many there are is counted in
//! a life without a kill.

mod life;
mod mismatch;
mod person;
mod point;
mod verdict;
mod whole;
