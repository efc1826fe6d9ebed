//! An image of the operator of this build, made once for all tests of this program.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::Compression;
use slipway_e2e::program;
use slipway_image::archive::{self, Release, Rootfs};
use slipway_image::{sbom, tree};
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// The version that the image of the tests says it is.
pub(crate) const VERSION: &str = "9.8.7";
/// The commit that it says it was built from.
pub(crate) const REVISION: &str = "0123456789abcdef0123456789abcdef01234567";
/// The time that it says: 2026-09-21T14:13:20Z.
pub(crate) const CREATED: i64 = 1_790_000_000;

/// A laid out file tree and the archive of it.
pub(crate) struct Packed {
    folder: TempDir,
}

impl Packed {
    /// The image, made by the first test that asks.
    pub(crate) async fn shared() -> &'static Self {
        static MADE: OnceCell<Packed> = OnceCell::const_new();
        MADE.get_or_init(|| async {
            let operator = program::operator().await.unwrap();
            tokio::task::spawn_blocking(move || Self::make(&operator)).await.unwrap()
        })
        .await
    }

    fn make(operator: &Path) -> Self {
        let packed = Self { folder: TempDir::with_prefix("slipway-image-").unwrap() };
        // Another user reads what is unpacked here.
        fs::set_permissions(packed.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        // A shipped program has no symbols either.
        run(Command::new("strip").arg("-o").arg(packed.path("slipway")).arg(operator));
        let parts = sbom::document("0 slipway v0.1.0|Apache-2.0", &[], release().created).unwrap();
        fs::write(packed.path("sbom"), parts.to_string()).unwrap();
        packed.lay_out("tree");
        packed.write("tree", "image.tar");
        packed
    }

    /// A file of the image's folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The archive.
    pub(crate) fn archive(&self) -> PathBuf {
        self.path("image.tar")
    }

    /// Lays the file tree out once more, from the libraries and certificates of this machine.
    pub(crate) fn lay_out(&self, name: &str) {
        let mut command = Command::new(program::project().join("image/lay-out"));
        command.args([arch(), self.path("slipway").to_str().unwrap(), self.path("sbom").to_str().unwrap()]);
        run(command.arg("/").arg(self.path(name)));
    }

    /// Packs a file tree once more.
    pub(crate) fn write(&self, tree: &str, out: &str) {
        let trees = [Rootfs { arch: arch().to_owned(), folder: self.path(tree) }];
        let out = File::create(self.path(out)).unwrap();
        archive::write(tree::TABLE, &trees, &release(), Compression::fast(), out).unwrap();
    }
}

fn release() -> Release {
    let created = jiff::Timestamp::from_second(CREATED).unwrap();
    Release { version: VERSION.to_owned(), revision: REVISION.to_owned(), created }
}

/// This machine's architecture in the words of images.
pub(crate) fn arch() -> &'static str {
    if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" }
}

/// Runs a command that must succeed and returns what it printed.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
