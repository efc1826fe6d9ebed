//! `InstallProfile`: how an operating system gets onto a host.

mod boot;
mod spec;
mod status;

pub use boot::{BootSource, Download, KernelBoot, LocalBoot, LocalBootMode};
pub use spec::{AnswerFile, Completion, InstallProfile, InstallProfileSpec, OperatingSystem};
pub use status::{ImageState, ImageStatus, InstallProfileStatus, ProfilePhase};
