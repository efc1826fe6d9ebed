//! The shipped operator is killed (SIGKILL) at every step of a record's life and started again, and answers of the registrar are lost: whatever it was
//! doing, a cluster has one living record at most, none is left over, and no active one is deleted unasked (`facts/ocm.md §9.2` row 3).
//!
//! A life is one object with an account service of its own, and the points at which its operator is killed. The points are numbered: the n-th write to
//! the API server, the n-th call to the registrar, those for tokens too. How many there are is counted in a life without a kill. The account service is
//! the worst that is thinkable: a second request for the same cluster makes a second record.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod chance;
mod person;
mod point;
mod points;
mod random;
mod script;
mod stage;
mod tale;
mod verdict;
