//! Scripts and where they lead.

use super::{Ipxe, Leave, Raw, Settings, Status, Surroundings};
use crate::fetch::{FetchError, Fetched};
use crate::guarded::Guarded;
use crate::machine::Firmware;
use async_trait::async_trait;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::time::Duration;
use url::Url;

/// A world of files; a file without content is a 404.
#[derive(Default)]
struct World {
    files: BTreeMap<String, &'static str>,
    screen: Guarded<Vec<String>>,
    slept: Guarded<u32>,
    bootable: bool,
}

#[async_trait]
impl Surroundings for World {
    async fn fetch(&self, url: &Url, keep: usize, _limit: Option<Duration>) -> Result<Fetched, FetchError> {
        let path = url.as_str().trim_start_matches("http://b/");
        let content = self.files.get(path).copied().unwrap_or_default();
        let kept = Bytes::from_static(&content.as_bytes()[..content.len().min(keep)]);
        let status = if content.is_empty() { 404 } else { 200 };
        Ok(Fetched { status, bytes: content.len() as u64, sha256: String::new(), kept })
    }

    async fn sleep(&self, seconds: u32) {
        *self.slept.lock() += seconds;
    }

    fn echo(&self, text: &str) {
        self.screen.lock().push(text.to_owned());
    }

    fn has_bootable_disk(&self) -> bool {
        self.bootable
    }

    fn firmware(&self) -> Firmware {
        Firmware::Uefi
    }
}

/// Runs a script and gives its outcome with the lines on the screen.
async fn run(script: &'static str, files: &[(&str, &'static str)]) -> (Result<Status, Leave>, String) {
    let mut world = World { bootable: true, ..World::default() };
    world.files.insert("d/boot.ipxe".to_owned(), script);
    world.files.extend(files.iter().map(|(name, content)| ((*name).to_owned(), *content)));
    let mut settings = Settings::default();
    settings.put("mac", Raw::Bytes(vec![0x52, 0x54, 0, 0, 0, 1]));
    let url = Url::parse("http://b/d/boot.ipxe").unwrap();
    let outcome = Ipxe::new(&world, settings).chain(&url, String::new(), None).await;
    let screen = world.screen.lock().join("|");
    (outcome, screen)
}

#[tokio::test]
async fn operators_read_from_left_to_right() {
    for (script, expected) in [
        ("#!ipxe\nisset ${mac} && echo set || echo unset\n", "set"),
        ("#!ipxe\nisset ${nothing} && echo set || echo unset\n", "unset"),
        ("#!ipxe\niseq a b || echo differ && echo then\n", "differ|then"),
        ("#!ipxe\niseq a a || echo differ && echo then ; echo last\n", "then|last"),
        ("#!ipxe\nchain gone ||\necho on\n", "on"),
    ] {
        let (outcome, screen) = run(script, &[]).await;
        assert_eq!((outcome, screen.as_str()), (Ok(Status::OK), expected), "{script}");
    }
}

#[tokio::test]
async fn a_failure_without_a_branch_ends_the_script() {
    let (outcome, screen) = run("#!ipxe\nchain gone\necho never\n", &[]).await;
    assert_eq!((outcome, screen.as_str()), (Ok(Status::NOT_FOUND), ""));
    let (outcome, _) = run("#!ipxe\nparams\n", &[]).await;
    assert_eq!(outcome, Ok(Status::EXEC_FORMAT), "an unknown command is a failure");
}

#[tokio::test]
async fn a_loop_counts_and_ends_at_its_label() {
    let script = "#!ipxe\nset tries:int32 0\n:ask\nchain gone || goto failed\n:failed\necho ${errno}\ninc tries\n\
                  iseq ${tries} 3 && goto stop ||\nsleep 5\ngoto ask\n:stop\nexit 1\n";
    let (outcome, screen) = run(script, &[]).await;
    assert_eq!((outcome, screen.as_str()), (Ok(Status(1)), "0x2d0c613b|0x2d0c613b|0x2d0c613b"));
}

#[tokio::test]
async fn an_endless_loop_is_seen() {
    let (outcome, _) = run("#!ipxe\n:again\ngoto again\n", &[]).await;
    assert!(matches!(outcome, Err(Leave::Hang(_))), "{outcome:?}");
}

#[tokio::test]
async fn a_nested_script_returns_its_exit_code() {
    let child: &[(&str, &str)] = &[("d/child", "#!ipxe\nexit 7\n")];
    let (outcome, screen) = run("#!ipxe\nchain child || echo ${errno}\n", child).await;
    assert_eq!((outcome, screen.as_str()), (Ok(Status::OK), "0x00000007"));
    let (outcome, screen) = run("#!ipxe\nchain --replace child || echo never\necho never\n", child).await;
    assert_eq!((outcome, screen.as_str()), (Ok(Status(7)), ""));
    let (outcome, screen) = run("#!ipxe\nchain --replace gone || echo back\n", child).await;
    assert_eq!((outcome, screen.as_str()), (Ok(Status::OK), "back"));
}

#[tokio::test]
async fn relative_addresses_start_from_the_running_script() {
    let files: &[(&str, &str)] =
        &[("v1/script?mac=52-54-00-00-00-01", "#!ipxe\nchain next\n"), ("v1/next", "#!ipxe\necho here\n")];
    let (outcome, screen) = run("#!ipxe\nchain ../v1/script?mac=${netX/mac:hexhyp}\n", files).await;
    assert_eq!((outcome, screen.as_str()), (Ok(Status::OK), "here"));
}

#[tokio::test]
async fn a_kernel_boots_with_its_arguments_and_initrds() {
    let files: &[(&str, &str)] = &[("k", "kernel"), ("i", "initrd"), ("page", "<html>")];
    let script = "#!ipxe\nkernel /page || echo no page\nkernel /gone || echo gone\nboot || echo nothing\n\
                  imgfree\nkernel /k initrd=main a=b  c\ninitrd --name main /i\nboot\necho never\n";
    let (outcome, screen) = run(script, files).await;
    let Err(Leave::Boot(program)) = outcome else { panic!("{outcome:?}") };
    assert_eq!((program.url.as_str(), program.arguments.as_str()), ("http://b/k", "initrd=main a=b c"));
    assert_eq!((program.initrds, screen.as_str()), (vec!["main".to_owned()], "no page|gone|nothing"));
}

#[tokio::test]
async fn the_local_disk_is_drive_0x80_without_a_label() {
    let (outcome, _) = run("#!ipxe\nsanboot --no-describe --drive 0x80 || exit 1\n", &[]).await;
    assert_eq!(outcome, Err(Leave::Disk));
    for other in ["#!ipxe\nsanboot --drive 0x81\n", "#!ipxe\nsanboot --drive 0 --label X\n"] {
        let (outcome, _) = run(other, &[]).await;
        assert_eq!(outcome, Ok(Status::NO_DEVICE), "{other}");
    }
}

#[tokio::test]
async fn what_waits_for_a_person_hangs() {
    for script in ["#!ipxe\nshell\n", "#!ipxe\nprompt Press\n"] {
        let (outcome, _) = run(script, &[]).await;
        assert!(matches!(outcome, Err(Leave::Hang(_))), "{script}");
    }
    let (outcome, _) = run("#!ipxe\nprompt --key 0x02 --timeout 3000 Press || echo no\n", &[]).await;
    assert_eq!(outcome, Ok(Status::OK));
}
