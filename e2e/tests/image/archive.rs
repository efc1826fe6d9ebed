//! The archive is a sound image that says what it should, and the same input gives the same bytes.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, SystemTime};

use slipway_image::{archive, inspect, layer, tree};

use crate::packed::{CREATED, Packed, REVISION, VERSION, arch};

#[tokio::test]
async fn the_archive_is_sound_and_says_what_it_is() {
    let packed = Packed::shared().await;
    let image = inspect::read(File::open(packed.archive()).unwrap()).unwrap();
    assert_eq!(image.tag, VERSION);
    let [platform] = image.platforms.as_slice() else { panic!("{:?}", image.platforms) };
    assert_eq!(platform.arch, arch());
    let created = jiff::Timestamp::from_second(CREATED).unwrap().to_string();
    assert_eq!(platform.configuration.created().as_deref(), Some(created.as_str()));
    let config = platform.configuration.config().as_ref().unwrap();
    assert_eq!(config.user().as_deref(), Some("65532:65532"));
    assert_eq!(config.entrypoint().as_deref(), Some(["/slipway".to_owned()].as_slice()));
    let mut ports = config.exposed_ports().clone().unwrap();
    ports.sort();
    assert_eq!(ports, archive::PORTS);
    let labels = config.labels().clone().unwrap();
    let label = |name: &str| labels[&format!("org.opencontainers.image.{name}")].as_str();
    assert_eq!([label("version"), label("revision"), label("created")], [VERSION, REVISION, &created]);
    assert_eq!([label("title"), label("licenses")], ["slipway", "Apache-2.0"]);
    assert_eq!(platform.entries, tree::read(tree::TABLE, arch()).unwrap());
    assert!(platform.entries.iter().any(|entry| entry.path == archive::SBOM));
}

#[tokio::test]
async fn the_same_content_gives_the_same_bytes_whenever_and_whoever_lays_it_out() {
    let packed = Packed::shared().await;
    packed.lay_out("again");
    let program = packed.path("again/slipway");
    File::open(&program).unwrap().set_modified(SystemTime::UNIX_EPOCH + Duration::from_hours(1)).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
    packed.write("again", "again.tar");
    assert!(fs::read(packed.path("again.tar")).unwrap() == fs::read(packed.archive()).unwrap());

    fs::write(packed.path("again/etc/passwd"), "other").unwrap();
    packed.write("again", "other.tar");
    assert!(fs::read(packed.path("other.tar")).unwrap() != fs::read(packed.archive()).unwrap());
}

#[tokio::test]
async fn a_file_that_the_table_does_not_name_is_refused() {
    let packed = Packed::shared().await;
    packed.lay_out("stray");
    fs::write(packed.path("stray/etc/shadow"), "").unwrap();
    let entries = tree::read(tree::TABLE, arch()).unwrap();
    let refused = layer::pack(&entries, &packed.path("stray"), 0, flate2::Compression::fast()).unwrap_err();
    assert!(refused.to_string().contains("not in the table: [\"/etc/shadow"), "{refused}");
}

#[tokio::test]
async fn a_broken_archive_is_not_taken_for_sound() {
    let packed = Packed::shared().await;
    let whole = fs::read(packed.archive()).unwrap();
    let names: Vec<String> = names(&whole);
    assert_eq!(names.iter().filter(|name| name.starts_with("blobs/sha256/")).count(), 4, "{names:?}");
    for name in &names {
        let refused = inspect::read(rewritten(&whole, name, |_| None).as_slice()).unwrap_err();
        assert!(refused.to_string().contains("is missing"), "without {name}: {refused}");
        if name.starts_with("blobs/") {
            let flipped = rewritten(&whole, name, |mut bytes| {
                *bytes.last_mut()? ^= 1;
                Some(bytes)
            });
            let refused = inspect::read(flipped.as_slice()).unwrap_err();
            assert!(refused.to_string().contains("another digest"), "with another {name}: {refused}");
        }
    }
    let both = with_stray(&whole);
    let refused = inspect::read(both.as_slice()).unwrap_err();
    assert!(refused.to_string().contains("nobody names [\"blobs/sha256/stray\"]"), "{refused}");
}

fn names(archive: &[u8]) -> Vec<String> {
    let mut archive = tar::Archive::new(archive);
    let name = |file: tar::Entry<&[u8]>| file.path().unwrap().to_str().unwrap().to_owned();
    archive.entries().unwrap().map(|file| name(file.unwrap())).collect()
}

/// The archive with one more file.
fn with_stray(whole: &[u8]) -> Vec<u8> {
    let mut out = tar::Builder::new(Vec::new());
    for file in tar::Archive::new(whole).entries().unwrap() {
        let file = file.unwrap();
        out.append(&file.header().clone(), file).unwrap();
    }
    let mut header = tar::Header::new_gnu();
    header.set_size(0);
    out.append_data(&mut header, "blobs/sha256/stray", std::io::empty()).unwrap();
    out.into_inner().unwrap()
}

/// The archive with one of its files changed, or left out.
fn rewritten(whole: &[u8], name: &str, change: impl Fn(Vec<u8>) -> Option<Vec<u8>>) -> Vec<u8> {
    use std::io::Read as _;
    let mut out = tar::Builder::new(Vec::new());
    for file in tar::Archive::new(whole).entries().unwrap() {
        let mut file = file.unwrap();
        let mut header = file.header().clone();
        let path = file.path().unwrap().to_str().unwrap().to_owned();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        let kept = if path == name { change(bytes) } else { Some(bytes) };
        if let Some(bytes) = kept {
            header.set_size(bytes.len() as u64);
            out.append_data(&mut header, &path, bytes.as_slice()).unwrap();
        }
    }
    out.into_inner().unwrap()
}
