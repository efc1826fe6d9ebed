//! Neither tokens nor secret values are in a log, a report or a metric.

use std::sync::Arc;

use slipway_core::boot::{BootAnswer, BootPort, Step, Ticket};

use crate::{
    log,
    rig::{Rig, entry, ticket},
};

async fn one_boot(rig: &Rig) -> String {
    let path = rig.install(1).await;
    rig.get(&format!("{path}/answers/answers.txt")).await;
    rig.post(&format!("{path}/progress"), "my password is canary-password").await;
    rig.post(&format!("{path}/log"), "first line\nsecond canary-password line\n\n").await;
    rig.get(&format!("{path}/error?errno=1&what=kernel")).await;
    // The template fails and would like to say at which value.
    let broken = "{{ secrets.password | int }}";
    let mut recipe = (*ticket(1).recipe).clone();
    recipe.answer_files[0].template = broken.into();
    rig.service
        .publish(entry(BootAnswer::Install(Arc::new(Ticket { recipe: Arc::new(recipe), ..ticket(1) }))));
    let answer = rig.get(&format!("{path}/answers/answers.txt")).await;
    assert_eq!((answer.status.as_u16(), answer.body.contains("canary")), (503, false));
    rig.post(&format!("{path}/failed"), "could not use canary-password").await;
    rig.get("/v1/boot/canary-of-a-stranger/done").await;
    path
}

#[tokio::test]
async fn a_whole_boot_leaves_no_token_and_no_secret_behind() {
    let rig = Rig::new();
    let path = one_boot(&rig).await;
    let token = path.strip_prefix("/v1/boot/").unwrap();
    let text = log::of_this_test();
    assert!(text.contains("http.route=\"/v1/boot/{token}/answers/{file}\""), "requests are logged: {text}");
    assert!(text.contains("Installer: first line") && text.contains("host.name=lab/u07"), "{text}");
    let reports = format!("{:?} {:?} {:?}", rig.sink.noted(), rig.sink.settled(), rig.sink.strangers());
    for place in [&text, &reports, &rig.metrics()] {
        assert!(!place.contains("canary") && !place.contains(token), "{place}");
    }
    assert!(rig.sink.noted().contains(&Step::Progress("my password is [secret]".into())), "{reports}");
}
