//! One fetch of one image.

use std::{
    fs::File,
    io::{self, Write},
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use futures::StreamExt;
use slipway_core::{
    boot::Artifact,
    failure::Failure,
    reason::{Class, Reason},
};
use tempfile::NamedTempFile;

use super::ImageSource;
use crate::hex::hex;

/// How files of unfinished fetches start; what is found at start is removed.
pub(crate) const UNFINISHED: &str = ".fetch-";

/// Fetches an image into `folder`, where it appears under its digest only when it is whole, checked and on disk.
/// Answers its length in bytes.
pub(crate) async fn fetch(
    source: &dyn ImageSource,
    artifact: &Artifact,
    folder: &Path,
    so_far: &AtomicU64,
) -> Result<u64, Failure> {
    let mut stream = source.open(&artifact.url).await.map_err(|failure| unavailable(artifact, failure))?;
    let mut file = on_disk({
        let folder = folder.to_owned();
        move || tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder)
    })
    .await
    .map_err(|error| not_written(artifact, &error))?;
    let mut digest = Context::new(&SHA256);
    let mut length = 0;
    while let Some(piece) = stream.pieces.next().await {
        let piece = piece.map_err(|failure| unavailable(artifact, failure))?;
        length += piece.len() as u64;
        so_far.store(length, Ordering::Relaxed);
        (file, digest) = append(file, digest, piece).await.map_err(|error| not_written(artifact, &error))?;
    }
    if stream.length.is_some_and(|promised| promised != length) {
        let why = format!("the server sent {length} bytes of {}", stream.length.unwrap_or_default());
        return Err(unavailable(artifact, Failure::new(Reason::ImageUnavailable, why)));
    }
    check(artifact, digest)?;
    let target = folder.join(&artifact.sha256);
    on_disk(move || keep(file, &target)).await.map_err(|error| not_written(artifact, &error))?;
    Ok(length)
}

async fn append(
    mut file: NamedTempFile,
    mut digest: Context,
    piece: Bytes,
) -> io::Result<(NamedTempFile, Context)> {
    on_disk(move || {
        digest.update(&piece);
        file.write_all(&piece)?;
        Ok((file, digest))
    })
    .await
}

fn check(artifact: &Artifact, digest: Context) -> Result<(), Failure> {
    let actual = hex(digest.finish().as_ref());
    if actual == artifact.sha256 {
        return Ok(());
    }
    let why = format!(
        "{} has SHA-256 {actual}, the profile says {}; correct the one that is wrong",
        shown(artifact),
        artifact.sha256
    );
    Err(Failure::new(Reason::ImageDigestMismatch, why))
}

/// Content before name, and the name before success: a crash leaves either a whole image or none.
fn keep(file: NamedTempFile, target: &Path) -> io::Result<()> {
    file.as_file().sync_all()?;
    file.persist(target)?;
    target.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

async fn on_disk<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

/// What only a person can mend keeps its reason; everything else is the image's server.
fn unavailable(artifact: &Artifact, failure: Failure) -> Failure {
    if failure.reason.class() == Class::Person {
        return failure;
    }
    let message = format!("{} cannot be fetched: {}", shown(artifact), failure.message);
    Failure { reason: Reason::ImageUnavailable, message, ..failure }
}

fn not_written(artifact: &Artifact, error: &io::Error) -> Failure {
    let why = format!("{} cannot be written to the operator's disk: {error}", shown(artifact));
    Failure::new(Reason::ImageUnavailable, why)
}

/// The URL without its query, which may hold a signature.
fn shown(artifact: &Artifact) -> String {
    let mut url = artifact.url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.to_string()
}
