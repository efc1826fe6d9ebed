//! Network boot: scripts, answer files, images and callbacks over HTTP.
//!
//! [`BootService`] holds what the controllers publish and answers machines from memory alone; see `../../docs/profiles.md`
//! for what a profile can say and `facts/boot.md` for why scripts look as they do.

mod attempt;
mod config;
mod decision;
mod hex;
mod http_api;
mod image;
mod index;
mod metrics;
mod query;
mod render;
mod script;
mod service;
mod smbios;
mod stranger;
mod token;

pub use config::BootConfig;
pub use image::{ImageSource, ImageStream, OutboundImages};
pub use service::{BootService, StartError};
pub use stranger::UnknownMachine;
pub use token::TokenKey;
