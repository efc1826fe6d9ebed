//! `slipway-image`: packs file trees as an image, reads one, and lists what the program is made of. `scripts/image` calls it.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use flate2::Compression;
use jiff::Timestamp;
use slipway_image::archive::{self, Release, Rootfs};
use slipway_image::{ImageError, inspect, sbom, tree};

/// Packs the operator's file tree as an OCI archive.
#[derive(Debug, Parser)]
#[command(version)]
enum Args {
    /// Packs file trees as one archive.
    Pack {
        /// An architecture and the folder that is its `/`; may be given several times.
        #[arg(long = "root", value_name = "ARCH=FOLDER", value_parser = rootfs, required = true)]
        roots: Vec<Rootfs>,
        /// Commit that the image was built from.
        #[arg(long)]
        revision: String,
        /// Time of that commit, in seconds since 1970.
        #[arg(long)]
        created: i64,
        /// The archive.
        out: PathBuf,
    },
    /// Reads an archive strictly and says what is in it.
    Show {
        /// The archive.
        archive: PathBuf,
    },
    /// Writes the list of parts to standard output; reads the answer of `cargo tree` from standard input.
    Sbom {
        /// File with a line `name version arch` for each package of Debian.
        #[arg(long)]
        packages: PathBuf,
        /// Time of the commit, in seconds since 1970.
        #[arg(long)]
        created: i64,
    },
}

fn rootfs(text: &str) -> Result<Rootfs, String> {
    let (arch, folder) = text.split_once('=').ok_or_else(|| format!("{text:?} is not ARCH=FOLDER"))?;
    if !["amd64", "arm64"].contains(&arch) {
        return Err(format!("{arch:?} is not amd64 or arm64"));
    }
    Ok(Rootfs { arch: arch.to_owned(), folder: folder.into() })
}

fn main() -> ExitCode {
    match run(Args::parse()) {
        Ok(text) => {
            // Whoever closed the output does not want to know.
            let _nobody_reads = io::stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _nobody_reads = writeln!(io::stderr(), "slipway-image: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> Result<String, ImageError> {
    match args {
        Args::Pack { roots, revision, created, out } => {
            let release =
                Release { version: env!("CARGO_PKG_VERSION").to_owned(), revision, created: time(created)? };
            let mut file = BufWriter::new(File::create(&out).map_err(at(&out))?);
            archive::write(tree::TABLE, &roots, &release, Compression::best(), &mut file)?;
            file.flush().map_err(at(&out))?;
            show(&out)
        }
        Args::Show { archive } => show(&archive),
        Args::Sbom { packages, created } => list_parts(&packages, created),
    }
}

fn show(archive: &Path) -> Result<String, ImageError> {
    let image = inspect::read(File::open(archive).map_err(at(archive))?)?;
    let mut lines = vec![format!("{} {}", image.digest, image.tag)];
    lines.extend(image.platforms.iter().map(|platform| {
        let [fetched, unpacked] = [platform.compressed, platform.unpacked].map(megabytes);
        format!("{} linux/{} {fetched} to fetch, {unpacked} unpacked", platform.digest, platform.arch)
    }));
    Ok(lines.join("\n") + "\n")
}

/// Megabytes with one digit after the point.
fn megabytes(bytes: u64) -> String {
    let tenths = (bytes + 50_000) / 100_000;
    format!("{}.{} MB", tenths / 10, tenths % 10)
}

fn list_parts(packages: &Path, created: i64) -> Result<String, ImageError> {
    let packages = fs::read_to_string(packages).map_err(at(packages))?;
    let crates = io::read_to_string(io::stdin()).map_err(at(Path::new("standard input")))?;
    let parts = sbom::document(&crates, &sbom::debian_packages(&packages), time(created)?)?;
    let document = |source| ImageError::Document { what: "the list of parts".to_owned(), source };
    serde_json::to_string_pretty(&parts).map(|text| text + "\n").map_err(document)
}

fn time(seconds: i64) -> Result<Timestamp, ImageError> {
    Timestamp::from_second(seconds).map_err(|failure| ImageError::Unsound(failure.to_string()))
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> ImageError {
    let path = path.to_path_buf();
    move |source| ImageError::Io { path, source }
}
