//! What can go wrong with an image.

use std::path::{Path, PathBuf};

/// Why an image cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// A file or folder cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line of the table is not `kind mode owner arch path from`.
    #[error("line {line} of the table: {what}")]
    Table {
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        what: String,
    },
    /// The files are not those of the table.
    #[error("the file tree is not the table's: {0}")]
    Tree(String),
    /// A document of the image does not follow its specification.
    #[error("{what}: {source}")]
    Document {
        /// Which one.
        what: String,
        /// What the reader said.
        source: serde_json::Error,
    },
    /// A part of the image cannot be put together.
    #[error(transparent)]
    Specification(#[from] oci_spec::OciSpecError),
    /// The archive is not a sound image.
    #[error("not a sound image: {0}")]
    Unsound(String),
}

impl ImageError {
    pub(crate) fn io(path: impl AsRef<Path>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.as_ref().to_path_buf();
        move |source| Self::Io { path, source }
    }

    pub(crate) fn document(what: &str) -> impl FnOnce(serde_json::Error) -> Self {
        let what = what.to_owned();
        move |source| Self::Document { what, source }
    }
}
