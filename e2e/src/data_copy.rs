//! An older state of a control plane's data, to go back to.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

/// What etcd held when the copy was made.
#[derive(Debug)]
pub struct DataCopy {
    folder: TempDir,
}

/// Only etcd's part of the data folder: keys and port are the same for the life of a control plane.
const PART: &str = "etcd";

impl DataCopy {
    pub(crate) fn take(data: &Path) -> anyhow::Result<Self> {
        let folder = TempDir::with_prefix("slipway-copy-")?;
        copy_tree(&data.join(PART), &folder.path().join(PART))?;
        Ok(Self { folder })
    }

    pub(crate) fn restore(&self, data: &Path) -> anyhow::Result<()> {
        fs::remove_dir_all(data.join(PART))?;
        copy_tree(&self.folder.path().join(PART), &data.join(PART))
    }
}

fn copy_tree(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    fs::set_permissions(to, fs::metadata(from)?.permissions())?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
