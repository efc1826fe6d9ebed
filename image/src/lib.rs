//! The container image without a container engine: a file tree is packed as one OCI archive, the same bytes for the same files.
//!
//! [`tree`] is the table of every path, [`layer`] packs a tree, [`archive`] puts layers, configurations and indexes into
//! one file, [`inspect`] reads such a file strictly, and [`sbom`] lists what the program is made of. `docs/image.md` tells the whole.

pub mod archive;
pub mod error;
pub mod inspect;
pub mod layer;
pub mod sbom;
pub mod tree;

pub use error::ImageError;
