//! The shipped operator is killed (SIGKILL) at every step of a launch and of a forced reboot, and started again: whatever
//! it was doing, the machine is reset once and installed once (`facts/reliability-ux.md §1.7`, S4 and S5).
//!
//! A life is one operator with one host, its own namespace and one point at which it is killed. The points are numbered:
//! the n-th write to the API server, the n-th call to the BMC, the n-th request to the boot service, each before it has
//! an effect, and after its effect but before the answer. How many there are is counted in a life without a kill.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod launch;
mod life;
mod point;
mod reboot;
mod relay;
