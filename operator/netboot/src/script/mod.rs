//! iPXE scripts. Text of users reaches a script only as a [`Word`].

mod bootstrap;
mod install;
mod local;
mod wait;
mod word;
mod writer;

pub(crate) use bootstrap::BOOTSTRAP;
pub(crate) use install::{Boot, INITRD_NAMES, Platform, install};
pub(crate) use local::{local, local_because};
pub(crate) use wait::wait;
pub(crate) use word::Word;
pub(crate) use writer::{Script, is_script};

/// What the answer to an error report is: a script without a command, which succeeds. A failure report is fetched by
/// `chain`, and BIOS builds run any other 200 as a boot program (`facts/boot.md` A6).
pub(crate) const NOTED: &str = "#!ipxe\n# noted\n";
