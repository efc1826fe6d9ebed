//! Reads an archive strictly: everything that it names is there with the digest and size that it names, and nothing else is.

use std::collections::BTreeMap;
use std::io::Read;

use flate2::read::GzDecoder;
use oci_spec::image::{
    ANNOTATION_REF_NAME, Descriptor, ImageConfiguration, ImageIndex, ImageManifest, MediaType, OciLayout,
};
use serde::de::DeserializeOwned;

use crate::tree::{Entry, Kind};
use crate::{ImageError, layer};

/// What an archive holds.
#[derive(Debug)]
pub struct Image {
    /// The tag.
    pub tag: String,
    /// Digest of the index of all platforms: what a Pod pins.
    pub digest: String,
    /// Its platforms.
    pub platforms: Vec<Platform>,
}

/// The image of one architecture.
#[derive(Debug)]
pub struct Platform {
    /// `amd64` or `arm64`.
    pub arch: String,
    /// Digest of the manifest.
    pub digest: String,
    /// What is fetched, in bytes: manifest, configuration and layers.
    pub compressed: u64,
    /// Sum of the files' sizes in bytes.
    pub unpacked: u64,
    /// The configuration.
    pub configuration: ImageConfiguration,
    /// Every path, in the order of the layer.
    pub entries: Vec<Entry>,
}

/// Reads the archive of an image that [`crate::archive::write`] made.
pub fn read(archive: impl Read) -> Result<Image, ImageError> {
    let mut files = Files::read(archive)?;
    let layout: OciLayout = parse(&files.take("oci-layout")?, "oci-layout")?;
    expect(layout.image_layout_version() == "1.0.0", "the layout has another version")?;
    let entry: ImageIndex = parse(&files.take("index.json")?, "index.json")?;
    let [tagged] = entry.manifests().as_slice() else {
        return unsound("index.json does not name exactly one image");
    };
    let names = tagged.annotations().clone().unwrap_or_default();
    let tag = names.get(ANNOTATION_REF_NAME).cloned();
    let index: ImageIndex = files.document(tagged, &MediaType::ImageIndex)?;
    expect(index.media_type().as_ref() == Some(&MediaType::ImageIndex), "the index says another media type")?;
    let platforms: Result<Vec<Platform>, ImageError> =
        index.manifests().iter().map(|manifest| files.platform(manifest)).collect();
    let platforms = platforms?;
    files.finish()?;
    let tag = tag.ok_or_else(|| ImageError::Unsound("the image has no tag".to_owned()))?;
    Ok(Image { tag, digest: tagged.digest().to_string(), platforms })
}

/// The files of the archive that nobody has asked for yet, and those that somebody has.
struct Files {
    rest: BTreeMap<String, Vec<u8>>,
    used: BTreeMap<String, Vec<u8>>,
}

impl Files {
    fn read(archive: impl Read) -> Result<Self, ImageError> {
        let at = || ImageError::io("the archive");
        let mut rest = BTreeMap::new();
        for file in tar::Archive::new(archive).entries().map_err(at())? {
            let mut file = file.map_err(at())?;
            let path = String::from_utf8_lossy(&file.path_bytes()).into_owned();
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map_err(at())?;
            expect(rest.insert(path.clone(), bytes).is_none(), &format!("{path} is there twice"))?;
        }
        Ok(Self { rest, used: BTreeMap::new() })
    }

    /// One blob may be named by two platforms.
    fn take(&mut self, path: &str) -> Result<Vec<u8>, ImageError> {
        if let Some(bytes) = self.used.get(path) {
            return Ok(bytes.clone());
        }
        let bytes =
            self.rest.remove(path).ok_or_else(|| ImageError::Unsound(format!("{path} is missing")))?;
        self.used.insert(path.to_owned(), bytes.clone());
        Ok(bytes)
    }

    fn blob(&mut self, named: &Descriptor, media_type: &MediaType) -> Result<Vec<u8>, ImageError> {
        let digest = named.digest();
        expect(named.media_type() == media_type, &format!("{digest} is said to be {}", named.media_type()))?;
        let bytes = self.take(&format!("blobs/sha256/{}", digest.digest()))?;
        expect(layer::digest(&bytes)? == *digest, &format!("the content of {digest} has another digest"))?;
        expect(bytes.len() as u64 == named.size(), &format!("{digest} has another size"))?;
        Ok(bytes)
    }

    fn document<T: DeserializeOwned>(&mut self, named: &Descriptor, of: &MediaType) -> Result<T, ImageError> {
        parse(&self.blob(named, of)?, named.digest().as_ref())
    }

    fn platform(&mut self, named: &Descriptor) -> Result<Platform, ImageError> {
        let manifest: ImageManifest = self.document(named, &MediaType::ImageManifest)?;
        let configuration: ImageConfiguration = self.document(manifest.config(), &MediaType::ImageConfig)?;
        let arch = configuration.architecture().to_string();
        let platform = named.platform().as_ref();
        let said = platform.map(|platform| (platform.os().to_string(), platform.architecture().to_string()));
        let own = (configuration.os().to_string(), arch.clone());
        expect(
            said.as_ref() == Some(&own),
            &format!("{said:?} in the index is {own:?} in its configuration"),
        )?;
        let [content] = manifest.layers().as_slice() else {
            return unsound("an image has other than one layer");
        };
        let layer = self.blob(content, &MediaType::ImageLayerGzip)?;
        let (diff_id, entries, unpacked) = unpack(&layer)?;
        expect(
            *configuration.rootfs().diff_ids() == [diff_id.clone()],
            &format!("the layer unpacked is {diff_id}, not what the configuration says"),
        )?;
        let compressed = named.size() + manifest.config().size() + content.size();
        Ok(Platform {
            arch,
            digest: named.digest().to_string(),
            compressed,
            unpacked,
            configuration,
            entries,
        })
    }

    fn finish(&self) -> Result<(), ImageError> {
        let rest: Vec<&String> = self.rest.keys().collect();
        expect(rest.is_empty(), &format!("nobody names {rest:?}"))
    }
}

fn unpack(layer: &[u8]) -> Result<(String, Vec<Entry>, u64), ImageError> {
    let at = || ImageError::io("a layer");
    let mut bytes = Vec::new();
    GzDecoder::new(layer).read_to_end(&mut bytes).map_err(at())?;
    let (mut entries, mut unpacked) = (Vec::new(), 0);
    for file in tar::Archive::new(bytes.as_slice()).entries().map_err(at())? {
        let file = file.map_err(at())?;
        let header = file.header();
        let kind = match header.entry_type() {
            tar::EntryType::Directory => Kind::Folder,
            tar::EntryType::Regular => Kind::File,
            other => return unsound(&format!("a layer holds {other:?}")),
        };
        unpacked += header.size().map_err(at())?;
        let path = String::from_utf8_lossy(&file.path_bytes()).trim_end_matches('/').to_owned();
        entries.push(Entry {
            path: format!("/{path}"),
            kind,
            mode: header.mode().map_err(at())?,
            uid: header.uid().map_err(at())?,
            gid: header.gid().map_err(at())?,
        });
    }
    Ok((layer::digest(&bytes)?.to_string(), entries, unpacked))
}

fn parse<T: DeserializeOwned>(bytes: &[u8], what: &str) -> Result<T, ImageError> {
    serde_json::from_slice(bytes).map_err(ImageError::document(what))
}

fn expect(holds: bool, otherwise: &str) -> Result<(), ImageError> {
    if holds { Ok(()) } else { unsound(otherwise) }
}

fn unsound<T>(what: &str) -> Result<T, ImageError> {
    Err(ImageError::Unsound(what.to_owned()))
}
