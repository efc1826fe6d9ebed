//! Mistakes of profiles and values, found before a host is touched.

use std::{collections::BTreeMap, sync::Arc};

use slipway_core::{
    boot::{AnswerFile, Artifact, BootPort, LocalBoot, Recipe, RecipeBoot, Ticket},
    reason::Reason,
};

use crate::{
    rig::{Rig, ticket},
    source::artifact,
};

fn kernel(arguments: &[&str]) -> RecipeBoot {
    RecipeBoot::Kernel {
        kernel: artifact("http://mirror.example.com/linux"),
        initrds: vec![],
        arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
    }
}

fn file(name: &str, template: &str) -> AnswerFile {
    AnswerFile { name: name.into(), content_type: "text/plain".into(), template: template.into() }
}

fn recipe(boot: RecipeBoot, answer_files: Vec<AnswerFile>) -> Recipe {
    Recipe { name: "p".into(), boot, answer_files }
}

/// The recipe is refused for that reason, with and without a host.
fn refused(recipe: Recipe, reason: Reason, words: &str) {
    let rig = Rig::new();
    let failure = rig.service.check_recipe(&recipe).unwrap_err();
    assert_eq!(failure.reason, reason, "{failure}");
    assert!(failure.message.contains(words), "{failure}\nshould say {words}");
    let recipe = Arc::new(recipe);
    assert_eq!(rig.service.check(&Ticket { recipe, ..ticket(1) }), Err(failure));
}

#[tokio::test]
async fn mistakes_of_arguments_need_no_host() {
    for (argument, words) in [
        (
            "a={{ secrets.password }}",
            "arguments[1]: `secrets.password`: secret values can be used in answer files only",
        ),
        ("a={{ secrets['x'] }}", "boot.kernel.arguments[1]: `secrets`: secret values"),
        ("{% set s = secrets %}{{ s.password }}", "boot.kernel.arguments[1]: `secrets`: secret values"),
        ("a={{ valuse.x }}", "`valuse.x` is not known; there is answer_url"),
        ("a={{ answers.ks }}", "`answers.ks` is not known; there is ks_cfg"),
        ("a={{ callback.finished }}", "there is progress, log, done, failed"),
        ("a={{ ", "boot.kernel.arguments[1] line 1: syntax error"),
        ("console=tty0 quiet", "boot.kernel.arguments[1]: the rendered text contains ' '"),
        ("||", "contains '|'"),
        (";", "ends an iPXE command"),
    ] {
        refused(
            recipe(kernel(&["quiet", argument]), vec![file("ks.cfg", "")]),
            Reason::TemplateInvalid,
            words,
        );
    }
}

#[tokio::test]
async fn mistakes_of_files_need_no_host() {
    let syntax = Reason::TemplateInvalid;
    refused(
        recipe(kernel(&[]), vec![file("a", "x\n{% if %}")]),
        syntax,
        "answer file a line 2: syntax error",
    );
    refused(
        recipe(kernel(&[]), vec![file("a", "{% include 'b' %}")]),
        syntax,
        "answer file a line 1: syntax",
    );
    let shape = Reason::ProfileInvalid;
    refused(recipe(kernel(&[]), vec![file("../a", "")]), shape, "answer file \"../a\"");
    refused(recipe(kernel(&[]), vec![file("a-b", ""), file("a.b", "")]), shape, "differs only in marks");
    let no_type = AnswerFile { content_type: "a\nb".into(), ..file("a", "") };
    refused(recipe(kernel(&[]), vec![no_type]), shape, "media type");
}

#[tokio::test]
async fn mistakes_of_what_to_boot_need_no_host() {
    let image = artifact("http://mirror.example.com/image");
    let short = Artifact { sha256: "AB".into(), ..image.clone() };
    let many = RecipeBoot::Kernel { kernel: image.clone(), initrds: vec![image; 9], arguments: vec![] };
    for (boot, words) in [
        (RecipeBoot::Script("<html>".into()), "boot.script: an iPXE script starts with"),
        (RecipeBoot::Iso(short), "64 lower-case hexadecimal digits"),
        (many, "boot.kernel.initrds: has more than 8"),
    ] {
        refused(recipe(boot, vec![]), Reason::ProfileInvalid, words);
    }
}

#[tokio::test]
async fn mistakes_of_values_name_place_and_value() {
    let rig = Rig::new();
    let with = |argument: &str, template: &str, value: &str| Ticket {
        recipe: Arc::new(recipe(kernel(&[argument]), vec![file("f", template)])),
        values: BTreeMap::from([("name".to_owned(), value.to_owned())]),
        ..ticket(1)
    };
    for (ticket, words) in [
        (
            with("h={{ values.hostname }}", "", ""),
            "boot.kernel.arguments[0] line 1: `values.hostname` has no value",
        ),
        (with("h={{ values.name }}", "", "a b"), "boot.kernel.arguments[0]: the rendered text contains ' '"),
        (with("h={{ values.name }}", "", "a\nexit"), "contains '\\n'"),
        (with("h={{ values.name }}", "", "${net0/mac}"), "contains '{'"),
        (with("{{ values.name }}", "", ""), "boot.kernel.arguments[0]: the rendered text is empty"),
        (with("{{ values.name }}", "", "&&"), "ends an iPXE command"),
        (with("a", "x\n\n{{ secrets.token }}", ""), "answer file f line 3: `secrets.token` has no value"),
        (with("a", "{{ values.name | line }}", "a\nb"), "line break"),
        (
            with("a", "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}", ""),
            "too many steps",
        ),
    ] {
        let failure = rig.service.check(&ticket).unwrap_err();
        assert_eq!(failure.reason, Reason::TemplateInvalid, "{failure}");
        assert!(failure.message.contains(words), "{failure}\nshould say {words}");
    }
    let local = Ticket { local_boot: LocalBoot::Script("exit 0".into()), ..ticket(1) };
    assert!(rig.service.check(&local).unwrap_err().message.contains("localBoot.script"));
    assert_eq!(rig.service.check(&ticket(1)), Ok(()));
}

#[tokio::test]
async fn several_answer_files_have_a_folder_and_a_name_each() {
    let rig = Rig::new();
    let boot = kernel(&[
        "s={{ answer_url }}",
        "a={{ answers.user_data }}",
        "b={{ answers['user-data'] }}",
        "c={{ boot_url }}",
    ]);
    let recipe = recipe(boot, vec![file("user-data", ""), file("meta-data", "")]);
    let path = rig.publish(Ticket { recipe: Arc::new(recipe), ..ticket(1) }).await;
    let base = format!("http://boot.example.com:8080{path}/answers/");
    let expected =
        format!("s={base} a={base}user-data b={base}user-data c=http://boot.example.com:8080 || goto failed");
    assert!(rig.script().await.contains(&expected), "{}", rig.script().await);
}

#[tokio::test]
async fn the_operators_knowledge_of_a_host_is_apart_from_its_values() {
    let rig = Rig::new();
    let boot = kernel(&["a={{ host.name }},{{ host.namespace }},{{ host.mac }}", "b={{ values.hostname }}"]);
    let ticket = ticket(1);
    let mut values = ticket.values.clone();
    values.insert("host.name".into(), "forged".into());
    rig.publish(Ticket { recipe: Arc::new(recipe(boot, vec![file("f", "")])), values, ..ticket }).await;
    // The token's place in the script is not what this is about.
    assert!(
        rig.script().await.contains(" a=u07,lab,52:54:00:00:00:07 b=u07.lab ||"),
        "{}",
        rig.script().await
    );
}

#[tokio::test]
async fn a_mistake_that_shows_only_when_asked_boots_locally() {
    let rig = Rig::new();
    let ticket = ticket(1);
    let broken = Ticket { values: BTreeMap::new(), ..ticket.clone() };
    rig.publish(ticket).await;
    rig.service.publish(crate::rig::entry(slipway_core::boot::BootAnswer::Install(Arc::new(broken))));
    let script = rig.script().await;
    assert!(!crate::rig::installs(&script) && script.ends_with("exit 1\n"), "{script}");
    assert!(rig.sink.strangers()[0].1.contains("`values.hostname` has no value"));
}
