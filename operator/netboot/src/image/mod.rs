//! Images: fetched once, checked against their digest, kept on disk.

mod fetch;
mod outbound;
mod source;
mod store;

pub use outbound::OutboundImages;
pub use source::{ImageSource, ImageStream};
pub(crate) use store::Images;
