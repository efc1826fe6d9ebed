//! The files on disk are what the table says: those that the Dockerfile copies, and those that another program unpacks from the archive.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use slipway_image::tree::{self, Entry, Kind};

use crate::container::Container;
use crate::packed::{Packed, arch};

#[tokio::test]
async fn what_the_dockerfile_copies_is_the_table() {
    check(&Packed::shared().await.path("tree"));
}

#[tokio::test]
async fn what_another_program_unpacks_is_the_table() {
    check(&Container::unpack().await.rootfs());
}

fn check(root: &Path) {
    let mut entries = tree::read(tree::TABLE, arch()).unwrap();
    tree::compare(&entries, root).unwrap();
    // Only root can give files to others.
    let own = fs::metadata(root).unwrap();
    if own.uid() != 0 {
        for entry in &mut entries {
            (entry.uid, entry.gid) = (own.uid().into(), own.gid().into());
        }
    }
    for entry in entries {
        assert_eq!(on_disk(root, &entry), entry);
    }
}

fn on_disk(root: &Path, entry: &Entry) -> Entry {
    let meta = fs::symlink_metadata(root.join(entry.path.trim_start_matches('/'))).unwrap();
    let kind = if meta.is_dir() { Kind::Folder } else { Kind::File };
    let (uid, gid) = (meta.uid().into(), meta.gid().into());
    Entry { path: entry.path.clone(), kind, mode: meta.mode() & 0o7777, uid, gid }
}
