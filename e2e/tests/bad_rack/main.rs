//! Bad input of every kind for a rack: what the object says, that nothing is sent that should not be, and that the mend works without a
//! restart.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod address;
mod clock;
mod credentials;
mod distrust;
mod hidden;
mod identity;
mod key;
mod lookup;
mod provisioning;
mod scene;
mod schedule;
mod twice;
mod window;
