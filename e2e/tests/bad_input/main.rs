//! Bad input of every kind: what the object says, that nothing is done to the machine, and that the mend works.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod abandoned;
mod address;
mod answer;
mod boot;
mod callback;
mod claim;
mod identity;
mod login;
mod profile;
mod scene;
mod secret_type;
mod trust;
mod twice;
