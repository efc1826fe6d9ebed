//! The Dockerfile makes the image that the packer makes, as far as can be seen without a container engine.

use std::collections::BTreeMap;
use std::fs::{self, File};

use slipway_e2e::program;
use slipway_image::{archive, inspect};

use crate::packed::Packed;

/// The instructions of the file, with continued lines joined, split into stages.
fn stages() -> Vec<Vec<(String, String)>> {
    let text = read("Dockerfile");
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let joined = lines.join("\n").replace("\\\n", " ");
    let mut stages = Vec::new();
    for line in joined.lines().filter(|line| !line.trim().is_empty()) {
        let (instruction, rest) = line.split_once(' ').unwrap();
        if instruction == "FROM" {
            stages.push(Vec::new());
        }
        stages.last_mut().unwrap().push((instruction.to_owned(), rest.trim().to_owned()));
    }
    stages
}

fn read(file: &str) -> String {
    fs::read_to_string(program::project().join(file)).unwrap()
}

fn all<'a>(stage: &'a [(String, String)], instruction: &str) -> Vec<&'a str> {
    stage.iter().filter(|(name, _)| name == instruction).map(|(_, rest)| rest.as_str()).collect()
}

#[test]
fn the_tree_is_the_tables_and_nothing_else_is_copied() {
    let stages = stages();
    let [build, last] = stages.as_slice() else { panic!("{stages:?}") };
    assert_eq!(all(last, "FROM"), ["scratch"]);
    assert_eq!(all(last, "COPY"), ["--from=build /rootfs/ /"]);
    assert_eq!(all(last, "RUN").len() + all(last, "ADD").len(), 0);
    let made = all(build, "RUN").concat();
    assert!(made.contains("image/lay-out \"$TARGETARCH\"") && made.ends_with("/sbom / /rootfs"), "{made}");
}

#[test]
fn it_is_built_with_the_pinned_compiler_on_the_release_whose_libraries_the_image_has() {
    let toolchain = read("rust-toolchain.toml");
    let version =
        toolchain.lines().find_map(|line| line.strip_prefix("channel = ")).unwrap().trim_matches('"');
    let packages = read("image/packages");
    let release = packages.lines().find_map(|line| line.strip_prefix("release=")).unwrap();
    assert_eq!(all(&stages()[0], "FROM"), [format!("rust:{version}-{release} AS build")]);
    let names = packages.lines().find_map(|line| line.strip_prefix("wanted_image=")).unwrap();
    let made = all(&stages()[0], "RUN").concat();
    assert!(made.contains(&format!("{} >/packages", names.trim_matches('"'))), "{names}: {made}");
}

#[tokio::test]
async fn its_configuration_is_the_packers() {
    let stages = stages();
    let last = &stages[1];
    let image = inspect::read(File::open(Packed::shared().await.archive()).unwrap()).unwrap();
    let config = image.platforms[0].configuration.config().clone().unwrap();
    assert_eq!(all(last, "USER"), [archive::USER]);
    assert_eq!(all(last, "ENTRYPOINT"), [format!("[\"{}\"]", archive::ENTRYPOINT)]);
    assert_eq!(all(last, "EXPOSE"), archive::PORTS);
    assert_eq!(all(last, "ENV"), archive::ENVIRONMENT);
    assert_eq!(all(last, "WORKDIR"), [config.working_dir().as_deref().unwrap()]);
    assert_eq!(all(last, "STOPSIGNAL"), [config.stop_signal().as_deref().unwrap()]);

    let labels = all(last, "LABEL").concat();
    let pair =
        |text: &str| text.trim().split_once("=\"").map(|(name, value)| (name.to_owned(), value.to_owned()));
    let said: BTreeMap<String, String> =
        labels.split("\" ").filter_map(|text| pair(text.trim_end_matches('"'))).collect();
    let packed: BTreeMap<String, String> = config.labels().clone().unwrap().into_iter().collect();
    assert_eq!(said.keys().collect::<Vec<_>>(), packed.keys().collect::<Vec<_>>());
    for (name, value) in said.iter().filter(|(_, value)| !value.starts_with('$')) {
        assert_eq!(*value, packed[name], "{name}");
    }
    assert_eq!(said.values().filter(|value| value.starts_with('$')).count(), 3);
}
