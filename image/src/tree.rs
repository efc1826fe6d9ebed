//! The table of every path of the image (`tree.txt` beside this crate).

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::ImageError;

/// The table that ships.
pub const TABLE: &str = include_str!("../tree.txt");

/// What a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A folder.
    Folder,
    /// A file.
    File,
}

/// One path of an image.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Absolute, without a slash at its end.
    pub path: String,
    /// What it is.
    pub kind: Kind,
    /// Permission bits.
    pub mode: u32,
    /// Number of the user that owns it.
    pub uid: u64,
    /// Number of the group that owns it.
    pub gid: u64,
}

/// Reads the paths of one architecture (`amd64`, `arm64`), sorted, so that a folder stands before what is in it.
pub fn read(table: &str, arch: &str) -> Result<Vec<Entry>, ImageError> {
    let mut entries = Vec::new();
    for (index, line) in table.lines().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if words.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = |what: &str| ImageError::Table { line: index + 1, what: what.to_owned() };
        let (of, entry) = entry(&words).map_err(|what| wrong(&what))?;
        if of == "all" || of == arch {
            entries.push(entry);
        }
    }
    entries.sort();
    orphan(&entries).map_or(Ok(()), |path| Err(ImageError::Tree(format!("{path} has no folder"))))?;
    Ok(entries)
}

fn entry<'a>(words: &[&'a str]) -> Result<(&'a str, Entry), String> {
    let [kind, mode, owner, arch, path, ..] = words else {
        return Err("fewer than five words".to_owned());
    };
    let kind = match (*kind, words.len()) {
        ("dir", 5) => Kind::Folder,
        ("file", 6) => Kind::File,
        _ => return Err(format!("{kind:?} with {} words", words.len())),
    };
    let mode = u32::from_str_radix(mode, 8).map_err(|_| format!("{mode:?} is no mode"))?;
    let number = |text: &str| text.parse().map_err(|_| format!("{owner:?} is no owner"));
    let (uid, gid) = owner.split_once(':').ok_or_else(|| format!("{owner:?} is no owner"))?;
    if !path.starts_with('/') || path.ends_with('/') {
        return Err(format!("{path:?} is no absolute path"));
    }
    Ok((arch, Entry { path: (*path).to_owned(), kind, mode, uid: number(uid)?, gid: number(gid)? }))
}

fn orphan(entries: &[Entry]) -> Option<&str> {
    let folders: BTreeSet<&str> =
        entries.iter().filter(|entry| entry.kind == Kind::Folder).map(|entry| entry.path.as_str()).collect();
    let parent = |path: &str| path.rsplit_once('/').map_or(String::new(), |(parent, _)| parent.to_owned());
    let lost = |entry: &&Entry| {
        !matches!(parent(&entry.path).as_str(), "") && !folders.contains(parent(&entry.path).as_str())
    };
    entries.iter().find(lost).map(|entry| entry.path.as_str())
}

/// Fails when the folder `root` holds other paths than these, or other kinds. A symbolic link is neither kind.
pub fn compare(entries: &[Entry], root: &Path) -> Result<(), ImageError> {
    let wanted: BTreeSet<(String, Option<Kind>)> =
        entries.iter().map(|entry| (entry.path.clone(), Some(entry.kind))).collect();
    let mut found = BTreeSet::new();
    walk(root, "", &mut found)?;
    let name = |(path, kind): &(String, Option<Kind>)| format!("{path} ({kind:?})");
    let missing: Vec<String> = wanted.difference(&found).map(name).collect();
    let extra: Vec<String> = found.difference(&wanted).map(name).collect();
    if missing.is_empty() && extra.is_empty() {
        return Ok(());
    }
    Err(ImageError::Tree(format!("missing: {missing:?}, not in the table: {extra:?}")))
}

fn walk(folder: &Path, prefix: &str, found: &mut BTreeSet<(String, Option<Kind>)>) -> Result<(), ImageError> {
    for child in fs::read_dir(folder).map_err(ImageError::io(folder))? {
        let child = child.map_err(ImageError::io(folder))?;
        let path = format!("{prefix}/{}", child.file_name().to_string_lossy());
        let file_type = child.file_type().map_err(ImageError::io(child.path()))?;
        let kind = if file_type.is_dir() {
            walk(&child.path(), &path, found)?;
            Some(Kind::Folder)
        } else {
            file_type.is_file().then_some(Kind::File)
        };
        found.insert((path, kind));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_table_is_sound_for_both_architectures_and_differs_only_below_lib() {
        let [amd, arm] = ["amd64", "arm64"].map(|arch| read(TABLE, arch).unwrap());
        let of_all: Vec<&Entry> = amd.iter().filter(|entry| arm.contains(entry)).collect();
        let own: Vec<&Entry> = amd.iter().chain(&arm).filter(|entry| !of_all.contains(entry)).collect();
        assert!(!own.is_empty() && own.iter().all(|entry| entry.path.starts_with("/lib")), "{own:?}");
        let program = of_all.iter().find(|entry| entry.path == "/slipway").unwrap();
        assert_eq!((program.kind, program.mode, program.uid), (Kind::File, 0o755, 0));
    }

    #[test]
    fn only_the_data_folder_is_the_users() {
        let entries = read(TABLE, "amd64").unwrap();
        let theirs: Vec<&str> =
            entries.iter().filter(|entry| entry.uid != 0).map(|entry| entry.path.as_str()).collect();
        assert_eq!(theirs, ["/var/lib/slipway"]);
        assert!(entries.iter().all(|entry| entry.mode & 0o7022 == 0), "writable by others, or set-uid");
    }

    #[test]
    fn a_wrong_line_is_named() {
        for wrong in [
            "dir 0755 0:0 all",
            "link 0755 0:0 all /a",
            "dir 0788 0:0 all /a",
            "dir 0755 0 all /a",
            "dir 0755 0:0 all a",
        ] {
            let failure = read(&format!("# first\n{wrong}\n"), "amd64").unwrap_err().to_string();
            assert!(failure.starts_with("line 2 of the table"), "{wrong}: {failure}");
        }
        let orphan = read("file 0644 0:0 all /a/b program", "amd64").unwrap_err().to_string();
        assert!(orphan.contains("/a/b has no folder"), "{orphan}");
    }

    #[test]
    fn what_is_missing_or_too_much_is_named() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("a")).unwrap();
        let entries = read("dir 0755 0:0 all /a\nfile 0644 0:0 all /a/b program", "amd64").unwrap();
        let failure = compare(&entries, root.path()).unwrap_err().to_string();
        assert!(failure.contains("missing: [\"/a/b"), "{failure}");
        fs::write(root.path().join("a/b"), "").unwrap();
        compare(&entries, root.path()).unwrap();
        std::os::unix::fs::symlink("b", root.path().join("a/c")).unwrap();
        let failure = compare(&entries, root.path()).unwrap_err().to_string();
        assert!(failure.contains("not in the table: [\"/a/c"), "{failure}");
    }
}
