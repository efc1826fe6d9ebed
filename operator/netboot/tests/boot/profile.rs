//! A sample profile as a recipe; a small mapper of the tests' own.

use std::{fs, path::PathBuf};

use serde::Deserialize;
use slipway_core::boot::{AnswerFile, Artifact, Recipe, RecipeBoot};

use crate::source::artifact;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Manifest {
    api_version: String,
    kind: String,
    metadata: Metadata,
    spec: Spec,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    name: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Spec {
    os: Os,
    architecture: String,
    boot: Boot,
    answer_files: Vec<File>,
    local_boot: LocalBoot,
    completion: String,
    retries: i32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Os {
    name: String,
    version: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Boot {
    kernel: Kernel,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kernel {
    url: String,
    sha256: String,
    initrds: Vec<Image>,
    arguments: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Image {
    url: String,
    sha256: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct File {
    name: String,
    content_type: String,
    template: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LocalBoot {
    mode: String,
}

/// A shipped profile.
pub(crate) struct Sample {
    pub name: String,
    pub completion: String,
    /// With the digests that the manifest has.
    pub recipe: Recipe,
}

/// Every shipped profile, by name.
pub(crate) fn samples() -> Vec<Sample> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../config/samples/install-profiles");
    let mut samples: Vec<Sample> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension().is_some_and(|extension| extension == "yaml")
                && !path.ends_with("kustomization.yaml")
        })
        .map(|path| sample(&fs::read_to_string(&path).unwrap()))
        .collect();
    samples.sort_by(|one, other| one.name.cmp(&other.name));
    samples
}

fn sample(text: &str) -> Sample {
    let manifest: Manifest = serde_yaml::from_str(text).unwrap();
    assert_eq!(
        (manifest.api_version.as_str(), manifest.kind.as_str()),
        ("slipway.dev/v1alpha1", "InstallProfile")
    );
    let spec = manifest.spec;
    assert!(!spec.os.name.is_empty() && !spec.os.version.is_empty());
    assert_eq!((spec.architecture.as_str(), spec.local_boot.mode.as_str()), ("x86_64", "Auto"));
    assert!((0..=10).contains(&spec.retries));
    let kernel = spec.boot.kernel;
    let image = |url: String, sha256: String| Artifact { url: url.parse().unwrap(), sha256 };
    let file =
        |file: File| AnswerFile { name: file.name, content_type: file.content_type, template: file.template };
    let recipe = Recipe {
        name: manifest.metadata.name.clone(),
        boot: RecipeBoot::Kernel {
            kernel: image(kernel.url, kernel.sha256),
            initrds: kernel.initrds.into_iter().map(|initrd| image(initrd.url, initrd.sha256)).collect(),
            arguments: kernel.arguments,
        },
        answer_files: spec.answer_files.into_iter().map(file).collect(),
    };
    Sample { name: manifest.metadata.name, completion: spec.completion, recipe }
}

/// The recipe with digests of what the tests' image server answers.
pub(crate) fn fetchable(recipe: &Recipe) -> Recipe {
    let RecipeBoot::Kernel { kernel, initrds, arguments } = &recipe.boot else { panic!("not a kernel") };
    let served = |image: &Artifact| artifact(image.url.as_str());
    let boot = RecipeBoot::Kernel {
        kernel: served(kernel),
        initrds: initrds.iter().map(served).collect(),
        arguments: arguments.clone(),
    };
    Recipe { boot, ..recipe.clone() }
}
