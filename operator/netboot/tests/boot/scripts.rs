//! Which script a machine gets.

use std::sync::Arc;

use axum::body::Body;
use http::{Method, Request};
use slipway_core::{
    boot::{BootAnswer, BootEntry, BootPort, ImageState, LocalBoot, Recipe, RecipeBoot, Step, Ticket},
    clock::SignedDuration,
    host::HostKey,
};
use tempfile::TempDir;

use crate::{
    checker::broken_rule,
    rig::{LOCAL, MAC, Rig, UUID, entry, host, installs, ticket},
    source::artifact,
};

#[tokio::test]
async fn the_bootstrap_is_a_script_under_both_names_and_is_never_compressed() {
    let rig = Rig::new();
    let boot = rig.get("/boot.ipxe").await;
    assert_eq!(broken_rule(&boot.body), None);
    assert!(boot.body.contains("|| goto failed") && boot.body.contains("errno=${err}"));
    assert_eq!(boot.header("content-length"), boot.body.len().to_string());
    assert_eq!(
        (boot.header("content-type"), boot.header("content-encoding")),
        ("text/plain; charset=utf-8", "")
    );
    assert_eq!(rig.get("/autoexec.ipxe").await.body, boot.body);
    assert_eq!(rig.get("//boot.ipxe").await.body, boot.body);
    // iPXE takes the part before a colon of a relative address for its scheme.
    let address = boot.body.split("--replace ").nth(1).unwrap().split(' ').next().unwrap();
    let outside: String =
        address.split("${").map(|part| part.split_once('}').map_or(part, |(_, rest)| rest)).collect();
    assert!(!outside.contains(':') && !address.contains("mac}"), "{address}");
}

#[tokio::test]
async fn a_machine_that_nobody_claims_boots_locally_and_is_listed() {
    let rig = Rig::new();
    for _ in 0..3 {
        let answer = rig.get("/v1/script?mac=52:54:00:00:00:99&uuid=&serial=SN+1%2F2").await;
        assert_eq!(broken_rule(&answer.body), None);
        assert!(!installs(&answer.body) && answer.body.ends_with("exit 1\n"));
    }
    rig.get("/v1/script").await;
    let list = rig.service.unknown_machines();
    assert_eq!(list.len(), 2);
    let seen = list.iter().find(|machine| machine.mac.is_some()).unwrap();
    assert_eq!((seen.times, seen.why.as_str()), (3, "no host has this Ethernet address"));
    assert_eq!(rig.sink.strangers().len(), 2, "one report each");
    let metrics = rig.metrics();
    assert!(metrics.contains("slipway_boot_unknown_machines 2"), "{metrics}");
    assert!(
        metrics.contains("slipway_boot_requests_total{kind=\"script\",result=\"unknown\"} 4"),
        "{metrics}"
    );
    rig.service.publish(BootEntry {
        macs: vec!["52:54:00:00:00:99".parse().unwrap()],
        ..entry(BootAnswer::Local(LocalBoot::Auto))
    });
    assert_eq!(rig.service.unknown_machines().len(), 1, "a claimed machine is no stranger");
}

#[tokio::test]
async fn install_is_answered_as_often_as_asked_and_reported_once() {
    let rig = Rig::new();
    rig.install(1).await;
    let first = rig.script().await;
    assert_eq!(broken_rule(&first), None);
    assert!(first.contains("initrd=initrd0 url=http://boot.example.com:8080/v1/boot/"), "{first}");
    assert!(first.contains("initrd --name initrd0 http://boot.example.com:8080/images/sha256/"), "{first}");
    assert_eq!(rig.script().await, first);
    assert_eq!(rig.sink.noted(), [Step::ScriptServed]);
}

#[tokio::test]
async fn any_card_and_any_spelling_of_its_address_is_the_machine() {
    let rig = Rig::new();
    rig.install(1).await;
    for query in ["mac=52:54:00:00:00:07", "mac=525400000007", "mac=52-54-00-00-00-99&mac=52-54-00-00-00-07"]
    {
        assert!(installs(&rig.get(&format!("/v1/script?{query}")).await.body), "{query}");
    }
}

#[tokio::test]
async fn a_head_answers_like_a_get_and_has_no_effect() {
    let rig = Rig::new();
    let ticket = ticket(1);
    for image in ticket.recipe.boot.artifacts() {
        rig.until(|| matches!(rig.service.image(image), ImageState::Ready(_))).await;
    }
    rig.service.publish(entry(BootAnswer::Install(Arc::new(ticket))));
    let head = rig.ask(Method::HEAD, &format!("/v1/script?mac={MAC}"), "").await;
    assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""));
    assert_eq!(
        head.header("content-length"),
        rig.get(&format!("/v1/script?mac={MAC}&uuid=")).await.body.len().to_string()
    );
    rig.ask(Method::HEAD, "/v1/script?mac=52-54-00-00-00-99", "").await;
    assert_eq!(rig.sink.noted(), [Step::ScriptServed], "of the GET");
    assert!(rig.service.unknown_machines().is_empty());
}

#[tokio::test]
async fn before_every_host_is_known_machines_are_told_to_ask_again() {
    let rig = Rig::unprimed();
    rig.service.publish(entry(BootAnswer::Install(Arc::new(ticket(1)))));
    let answer = rig.get(&format!("/v1/script?mac={MAC}")).await;
    assert_eq!(broken_rule(&answer.body), None);
    assert!(
        !installs(&answer.body) && answer.body.contains("sleep 5\nchain --replace script?mac="),
        "{}",
        answer.body
    );
    assert!(answer.body.contains("set round 1\n"));
    let last = rig.get(&format!("/v1/script?mac={MAC}&round=120")).await;
    assert_eq!(broken_rule(&last.body), None);
    assert!(!last.body.contains("chain"), "asking ends: {}", last.body);
    assert!(rig.sink.noted().is_empty() && rig.sink.strangers().is_empty());
    assert_eq!(rig.get("/v1/boot/0000/answers/x").await.status.as_u16(), 503, "the token may be right");
    rig.service.primed();
    assert_eq!(rig.get("/v1/boot/0000/answers/x").await.status.as_u16(), 403);
}

#[tokio::test]
async fn another_machine_behind_a_known_address_is_refused() {
    let rig = Rig::new();
    rig.install(1).await;
    let other = rig.get(&format!("/v1/script?mac={MAC}&uuid=99999999-5566-7788-99aa-bbccddeeff00")).await;
    assert!(!installs(&other.body) && other.body.ends_with("exit 1\n"), "{}", other.body);
    let strangers = rig.sink.strangers();
    assert!(strangers[0].1.contains("lab/u07") && strangers[0].1.contains("99999999"), "{strangers:?}");
    for uuid in ["00000000-0000-0000-0000-000000000000", "03000200-0400-0500-0006-000700080009", "", UUID] {
        assert!(installs(&rig.get(&format!("/v1/script?mac={MAC}&uuid={uuid}")).await.body), "{uuid}");
    }
}

#[tokio::test]
async fn a_machine_that_two_hosts_claim_gets_neither_ones_script() {
    let rig = Rig::new();
    rig.install(1).await;
    let other = HostKey { name: "u08".into(), uid: "8".into(), ..host() };
    rig.service.publish(BootEntry {
        host: other.clone(),
        uuid: None,
        ..entry(BootAnswer::Local(LocalBoot::Auto))
    });
    assert!(!installs(&rig.script().await));
    let why = &rig.service.unknown_machines()[0].why;
    assert!(why.contains("lab/u07") && why.contains("lab/u08"), "{why}");
    rig.service.withdraw(&other);
    assert!(installs(&rig.script().await));
}

#[tokio::test]
async fn a_withdrawn_host_is_an_unknown_machine() {
    let rig = Rig::new();
    let path = rig.install(1).await;
    rig.service.withdraw(&host());
    assert!(!installs(&rig.script().await));
    assert_eq!(rig.get(&format!("{path}/answers/answers.txt")).await.status.as_u16(), 403);
    assert_eq!(rig.service.unknown_machines().len(), 1);
}

#[tokio::test]
async fn local_boot_is_as_the_host_says() {
    let rig = Rig::new();
    for (how, expected) in [
        (LocalBoot::Auto, LOCAL),
        (LocalBoot::Exit, LOCAL),
        (LocalBoot::Script("#!ipxe\nexit 1\n".into()), "#!ipxe\nexit 1\n"),
    ] {
        rig.publish_local(how);
        assert_eq!(rig.script().await, expected);
    }
    rig.publish_local(LocalBoot::SanBoot);
    let script = rig.script().await;
    assert_eq!(broken_rule(&script), None);
    assert!(script.contains("sanboot --no-describe --drive 0x80 || goto next"), "{script}");
    assert!(rig.sink.noted().is_empty() && rig.sink.strangers().is_empty());
}

#[tokio::test]
async fn an_expired_attempt_boots_locally() {
    let rig = Rig::new();
    rig.install(1).await;
    rig.clock.forward(SignedDuration::from_mins(45));
    assert_eq!(rig.script().await, LOCAL);
}

#[tokio::test]
async fn a_host_waits_while_its_images_are_fetched() {
    let rig = Rig::new();
    rig.source.gate.send_replace(false);
    rig.service.publish(entry(BootAnswer::Install(Arc::new(ticket(1)))));
    let script = rig.script().await;
    assert_eq!(broken_rule(&script), None);
    assert!(!installs(&script) && script.contains("images are being fetched"), "{script}");
    rig.source.gate.send_replace(true);
    for image in ticket(1).recipe.boot.artifacts() {
        rig.until(|| matches!(rig.service.image(image), ImageState::Ready(_))).await;
    }
    assert!(installs(&rig.script().await));
}

fn booting(boot: RecipeBoot) -> Ticket {
    let recipe = Recipe { boot, ..(*ticket(1).recipe).clone() };
    Ticket { recipe: Arc::new(recipe), ..ticket(1) }
}

#[tokio::test]
async fn iso_and_efi_program_have_their_commands() {
    let rig = Rig::new();
    rig.publish(booting(RecipeBoot::Iso(artifact("http://mirror.example.com/x.iso")))).await;
    let script = rig.script().await;
    assert_eq!(broken_rule(&script), None);
    assert!(script.contains("sanboot --no-describe http://boot.example.com:8080/images/sha256/"), "{script}");
    rig.publish(booting(RecipeBoot::Efi(artifact("http://mirror.example.com/x.efi")))).await;
    let script = rig.script().await;
    assert_eq!(broken_rule(&script), None);
    assert!(script.contains("chain http://boot.example.com:8080/images/sha256/"), "{script}");
}

#[tokio::test]
async fn a_bios_machine_is_never_given_an_efi_program() {
    let rig = Rig::new();
    rig.publish(booting(RecipeBoot::Efi(artifact("http://mirror.example.com/x.efi")))).await;
    let answer = rig.get(&format!("/v1/script?mac={MAC}&platform=pcbios")).await;
    assert!(!answer.body.contains("chain") && answer.body.ends_with("exit 1\n"), "{}", answer.body);
    assert!(rig.sink.strangers()[0].1.contains("BIOS"));
}

#[tokio::test]
async fn a_ready_script_is_handed_out_as_it_is() {
    let rig = Rig::new();
    let text = "#!ipxe\nchain http://10.0.0.1/{{ x }} || exit 1\nexit 1\n";
    rig.service.publish(entry(BootAnswer::Install(Arc::new(booting(RecipeBoot::Script(text.into()))))));
    assert_eq!(rig.script().await, text);
    rig.service.publish(entry(BootAnswer::Install(Arc::new(booting(RecipeBoot::Script("<html>".into()))))));
    assert!(rig.script().await.starts_with("#!ipxe\n"), "never something that is not a script");
}

#[tokio::test]
async fn without_a_configured_address_scripts_use_the_one_the_machine_used() {
    let rig = Rig::over(Arc::new(TempDir::new().unwrap()), |config| config.base_url = None);
    rig.service.primed();
    rig.install(1).await;
    assert!(rig.script().await.contains("kernel http://10.0.2.2:8080/images/sha256/"));
    for host in ["", "x y", "${net0/ip}", "10.0.0.1:80:80"] {
        let request = Request::builder().uri(format!("/v1/script?mac={MAC}")).header("host", host);
        let answer = rig.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status.as_u16(), 400, "{host:?}: {}", answer.body);
    }
}

#[tokio::test]
async fn failures_of_scripts_are_told_and_answered_with_a_script() {
    let rig = Rig::new();
    let path = rig.install(1).await;
    let told = rig.get(&format!("{path}/error?errno=0x2d0c613b&what=kernel")).await;
    assert_eq!((told.status.as_u16(), told.body.as_str()), (200, "#!ipxe\n# noted\n"));
    rig.get(&format!("{path}/error?errno=0x2d0c613b&what=kernel")).await;
    rig.get(&format!("{path}/error?errno=%0aexit&what=$(reboot)")).await;
    let expected = [
        Step::ScriptServed,
        Step::Progress("failed in iPXE at kernel, error 0x2d0c613b".into()),
        Step::Progress("failed in iPXE at boot, error unknown".into()),
    ];
    assert_eq!(rig.sink.noted(), expected);
    assert_eq!(rig.get("/v1/error?errno=0x1d0c6539&mac=525400000099").await.body, "#!ipxe\n# noted\n");
    assert_eq!(rig.get("/v1/boot/0000/error?errno=1").await.status.as_u16(), 403);
}

#[tokio::test]
async fn what_is_not_served_is_short_and_no_success() {
    let rig = Rig::new();
    for (method, path, status) in [
        (Method::GET, "/", 404),
        (Method::GET, "/v1/boot/x", 404),
        (Method::GET, "/images/sha256/../../etc/passwd", 404),
        (Method::GET, "/ipxe.efi", 404),
        (Method::POST, "/v1/script", 405),
        (Method::DELETE, "/boot.ipxe", 405),
    ] {
        let answer = rig.ask(method, path, "").await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        assert!(answer.body.len() < 100, "{path}");
    }
}

#[tokio::test]
async fn the_boot_program_is_served_when_there_is_one() {
    let folder = Arc::new(TempDir::new().unwrap());
    let file = folder.path().join("ipxe.efi");
    std::fs::write(&file, "MZ program").unwrap();
    let rig = Rig::over(folder.clone(), |config| config.efi_program = Some(file));
    assert_eq!(rig.service.http_boot_program().unwrap().as_str(), "http://boot.example.com:8080/ipxe.efi");
    let answer = rig.get("/ipxe.efi").await;
    assert_eq!((answer.body.as_str(), answer.header("content-type")), ("MZ program", "application/efi"));
    let head = rig.ask(Method::HEAD, "/ipxe.efi", "").await;
    assert_eq!((head.header("content-length"), head.body.as_str()), ("10", ""));
    assert_eq!(Rig::new().service.http_boot_program(), None);
}
