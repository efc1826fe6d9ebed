//! Many subscriptions of one account: what they cost the registrar, the API server and the operator, and what happens when the registrar's lists fail
//! (`facts/ocm.md §9.2` rows 5, 6, 12, 14, 17).

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod at_rest;
mod budget;
mod crowd;
mod listing;
mod token;
mod walk;
