//! Bad input of every kind for a subscription: what the object says, that nothing is sent that should not be, that nobody is asked again and
//! again, and that the mend works without a restart.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod address;
mod answer;
mod cluster;
mod credentials;
mod name;
mod right;
mod scene;
mod secrecy;
mod trust;
