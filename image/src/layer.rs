//! A file tree as one layer: a tar archive, compressed.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use flate2::{Compression, GzBuilder, write::GzEncoder};
use oci_spec::image::{Digest, Sha256Digest};
use sha2::{Digest as _, Sha256};

use crate::ImageError;
use crate::tree::{self, Entry, Kind};

/// A packed file tree.
#[derive(Clone, Debug)]
pub struct Layer {
    /// The compressed archive.
    pub gzip: Vec<u8>,
    /// Digest of the archive before compression (OCI image specification, `rootfs.diff_ids`).
    pub diff_id: Digest,
    /// Sum of the files' sizes in bytes.
    pub unpacked: u64,
}

/// The SHA-256 of these bytes in the form of the OCI image specification, `sha256:…`.
pub fn digest(bytes: &[u8]) -> Result<Digest, ImageError> {
    from_hash(&Sha256::digest(bytes))
}

fn from_hash(hash: &[u8]) -> Result<Digest, ImageError> {
    use std::fmt::Write as _;
    let hex = hash.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _always = write!(text, "{byte:02x}");
        text
    });
    Ok(hex.parse::<Sha256Digest>()?.into())
}

/// Packs the files below `root`, which must be those of `entries` and no others. Modes and owners are those of `entries`, the time
/// of each is `time` (seconds since 1970): nothing of the builder's file system shows.
pub fn pack(
    entries: &[Entry],
    root: &Path,
    time: u64,
    compression: Compression,
) -> Result<Layer, ImageError> {
    tree::compare(entries, root)?;
    let gzip = GzBuilder::new().mtime(0).write(Vec::new(), compression);
    let mut archive = tar::Builder::new(Hashed { inner: gzip, hash: Sha256::new() });
    archive.mode(tar::HeaderMode::Deterministic);
    let mut unpacked = 0;
    for entry in entries {
        let path = root.join(entry.path.trim_start_matches('/'));
        unpacked += append(&mut archive, entry, &path, time).map_err(ImageError::io(&path))?;
    }
    let hashed = archive.into_inner().map_err(ImageError::io(root))?;
    let diff_id = from_hash(&hashed.hash.finalize())?;
    let gzip = hashed.inner.finish().map_err(ImageError::io(root))?;
    Ok(Layer { gzip, diff_id, unpacked })
}

fn append<W: Write>(archive: &mut tar::Builder<W>, entry: &Entry, file: &Path, time: u64) -> io::Result<u64> {
    let mut header = tar::Header::new_gnu();
    header.set_mode(entry.mode);
    header.set_uid(entry.uid);
    header.set_gid(entry.gid);
    header.set_mtime(time);
    let name = entry.path.trim_start_matches('/');
    match entry.kind {
        Kind::Folder => {
            header.set_entry_type(tar::EntryType::Directory);
            header.set_size(0);
            archive.append_data(&mut header, format!("{name}/"), io::empty())?;
            Ok(0)
        }
        Kind::File => {
            let content = File::open(file)?;
            let size = content.metadata()?.len();
            header.set_size(size);
            archive.append_data(&mut header, name, content)?;
            Ok(size)
        }
    }
}

/// Hashes what goes into the compressor.
struct Hashed {
    inner: GzEncoder<Vec<u8>>,
    hash: Sha256,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.hash.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
