//! Layers, configurations and indexes in one OCI archive: a tar file of an OCI image layout (OCI image specification 1.1).

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::PathBuf;

use flate2::Compression;
use jiff::Timestamp;
use oci_spec::image::{
    ANNOTATION_CREATED, ANNOTATION_DESCRIPTION, ANNOTATION_LICENSES, ANNOTATION_REF_NAME,
    ANNOTATION_REVISION, ANNOTATION_TITLE, ANNOTATION_VENDOR, ANNOTATION_VERSION, Arch, ConfigBuilder,
    Descriptor, HistoryBuilder, ImageConfigurationBuilder, ImageIndexBuilder, ImageManifestBuilder,
    MediaType, OciLayoutBuilder, Os, PlatformBuilder, RootFsBuilder,
};
use serde::Serialize;

use crate::layer::{self, Layer};
use crate::{ImageError, tree};

/// User and group that the operator runs as.
pub const USER: &str = "65532:65532";
/// The program that starts.
pub const ENTRYPOINT: &str = "/slipway";
/// Where the list of parts is (`CycloneDX`).
pub const SBOM: &str = "/usr/share/slipway/sbom.cdx.json";
/// Ports of the boot service, and of metrics and health.
pub const PORTS: [&str; 2] = ["8080/tcp", "9090/tcp"];
/// Environment of the program. Many small objects that come and go on every thread: one arena keeps their memory together.
pub const ENVIRONMENT: [&str; 2] = ["PATH=/", "MALLOC_ARENA_MAX=1"];

/// What an image says of itself.
#[derive(Clone, Debug)]
pub struct Release {
    /// Version, which is the image's tag too.
    pub version: String,
    /// Commit that it was built from.
    pub revision: String,
    /// Time of that commit: the only time in the image.
    pub created: Timestamp,
}

impl Release {
    fn labels(&self) -> BTreeMap<&'static str, String> {
        BTreeMap::from([
            (ANNOTATION_CREATED, self.created.to_string()),
            (ANNOTATION_DESCRIPTION, "Kubernetes operator for bare metal".to_owned()),
            (ANNOTATION_LICENSES, env!("CARGO_PKG_LICENSE").to_owned()),
            (ANNOTATION_REVISION, self.revision.clone()),
            (ANNOTATION_TITLE, "slipway".to_owned()),
            (ANNOTATION_VENDOR, "slipway.dev".to_owned()),
            (ANNOTATION_VERSION, self.version.clone()),
        ])
    }

    fn annotations(&self) -> HashMap<String, String> {
        self.labels().into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

/// The file tree of one architecture.
#[derive(Clone, Debug)]
pub struct Rootfs {
    /// `amd64` or `arm64`.
    pub arch: String,
    /// The folder that is the image's `/`.
    pub folder: PathBuf,
}

/// Writes the archive. The same files, table and release give the same bytes; only the content of `trees` is read, not its modes,
/// owners and times. The index in the archive has one entry, tagged with the version: an index with one manifest for each tree.
pub fn write(
    table: &str,
    trees: &[Rootfs],
    release: &Release,
    compression: Compression,
    out: impl Write,
) -> Result<(), ImageError> {
    let mut blobs = Blobs::default();
    let mut manifests = Vec::new();
    for rootfs in trees {
        manifests.push(platform(table, rootfs, release, compression, &mut blobs)?);
    }
    let index = ImageIndexBuilder::default()
        .schema_version(2u32)
        .media_type(MediaType::ImageIndex)
        .manifests(manifests)
        .annotations(release.annotations())
        .build()?;
    let mut tagged = blobs.add_document(MediaType::ImageIndex, &index)?;
    tagged.set_annotations(Some(HashMap::from([(ANNOTATION_REF_NAME.to_owned(), release.version.clone())])));
    let entry = ImageIndexBuilder::default()
        .schema_version(2u32)
        .media_type(MediaType::ImageIndex)
        .manifests([tagged])
        .build()?;
    let layout = OciLayoutBuilder::default().image_layout_version("1.0.0".to_owned()).build()?;
    blobs.files.insert("oci-layout".to_owned(), document(&layout)?);
    blobs.files.insert("index.json".to_owned(), document(&entry)?);
    blobs.write(release, out).map_err(ImageError::io("the archive"))
}

fn platform(
    table: &str,
    rootfs: &Rootfs,
    release: &Release,
    compression: Compression,
    blobs: &mut Blobs,
) -> Result<Descriptor, ImageError> {
    let entries = tree::read(table, &rootfs.arch)?;
    let time = u64::try_from(release.created.as_second()).unwrap_or(0);
    let layer = layer::pack(&entries, &rootfs.folder, time, compression)?;
    let arch = Arch::from(rootfs.arch.as_str());
    let config = blobs.add_document(MediaType::ImageConfig, &configuration(&arch, &layer, release)?)?;
    let content = blobs.add(MediaType::ImageLayerGzip, layer.gzip)?;
    let manifest = ImageManifestBuilder::default()
        .schema_version(2u32)
        .media_type(MediaType::ImageManifest)
        .config(config)
        .layers([content])
        .annotations(release.annotations())
        .build()?;
    let mut descriptor = blobs.add_document(MediaType::ImageManifest, &manifest)?;
    let platform = PlatformBuilder::default().os(Os::Linux).architecture(arch).build()?;
    descriptor.set_platform(Some(platform));
    Ok(descriptor)
}

fn configuration(
    arch: &Arch,
    layer: &Layer,
    release: &Release,
) -> Result<impl Serialize + use<>, ImageError> {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>();
    let config = ConfigBuilder::default()
        .user(USER)
        .entrypoint(owned(&[ENTRYPOINT]))
        .env(owned(&ENVIRONMENT))
        .exposed_ports(owned(&PORTS))
        .working_dir("/")
        .stop_signal("SIGTERM")
        .labels(release.annotations())
        .build()?;
    let rootfs =
        RootFsBuilder::default().typ("layers".to_owned()).diff_ids([layer.diff_id.to_string()]).build()?;
    let history = HistoryBuilder::default()
        .created(release.created.to_string())
        .created_by("slipway-image".to_owned())
        .build()?;
    Ok(ImageConfigurationBuilder::default()
        .created(release.created.to_string())
        .architecture(arch.clone())
        .os(Os::Linux)
        .config(config)
        .rootfs(rootfs)
        .history([history])
        .build()?)
}

/// The files of the layout by their paths.
#[derive(Default)]
struct Blobs {
    files: BTreeMap<String, Vec<u8>>,
}

impl Blobs {
    fn add(&mut self, media_type: MediaType, bytes: Vec<u8>) -> Result<Descriptor, ImageError> {
        let digest = layer::digest(&bytes)?;
        let size = bytes.len() as u64;
        self.files.insert(format!("blobs/sha256/{}", digest.digest()), bytes);
        Ok(Descriptor::new(media_type, size, digest))
    }

    fn add_document(
        &mut self,
        media_type: MediaType,
        value: &impl Serialize,
    ) -> Result<Descriptor, ImageError> {
        self.add(media_type, document(value)?)
    }

    fn write(&self, release: &Release, out: impl Write) -> std::io::Result<()> {
        let mut archive = tar::Builder::new(out);
        let time = u64::try_from(release.created.as_second()).unwrap_or(0);
        for (path, bytes) in &self.files {
            let mut header = tar::Header::new_gnu();
            header.set_mode(0o644);
            header.set_mtime(time);
            header.set_size(bytes.len() as u64);
            archive.append_data(&mut header, path, bytes.as_slice())?;
        }
        archive.into_inner()?.flush()
    }
}

/// The specification's crate keeps labels in hash maps, whose order changes from run to run: sorted here.
fn document(value: &impl Serialize) -> Result<Vec<u8>, ImageError> {
    let mut value = serde_json::to_value(value).map_err(ImageError::document("a document of the image"))?;
    value.sort_all_objects();
    serde_json::to_vec(&value).map_err(ImageError::document("a document of the image"))
}
