//! The installer that a kernel from the network starts.

use super::StepKind;
use super::answer_file::{Callbacks, callbacks, wanted};
use super::behaviour::{AfterInstall, Installer};
use super::network_boot::request;
use super::power::{Next, Run};
use super::state::{Activity, Disk};
use crate::fetch::{Errand, TEXT_LIMIT};
use crate::ipxe::Program;
use http::Method;
use url::Url;

const AGENT: &str = "simulated-installer/1.0";
// An installer tries again while the network settles (facts/boot.md §A7).
const TRIES: usize = 3;
const JSON: &str = "application/json";

/// Runs the installer to its end.
pub(super) async fn start(run: &Run, program: Program) -> Next {
    let Program { url, arguments, initrds } = program;
    run.note(StepKind::ProgramStarted { url, arguments: arguments.clone(), initrds });
    run.enter(Activity::Installing);
    let callbacks = match prepare(run, arguments).await {
        Ok(callbacks) => callbacks,
        Err(reason) => return stop(run, reason),
    };
    let habit = run.behaviour().installer;
    if habit != Installer::Silent && habit != Installer::Stops {
        report(run, &callbacks, 10).await;
    }
    begin_install(run);
    tokio::time::sleep(run.site().timings.install).await;
    match habit {
        Installer::Stops => return stop(run, "stopped without a word".to_owned()),
        Installer::Fails => {
            call(run, "failed", callbacks.failed.as_ref(), (JSON, r#"{"message":"no disk"}"#)).await;
            return stop(run, "reported a failure".to_owned());
        }
        Installer::CallsBack | Installer::CallsBackTwice | Installer::Silent => finish_install(run),
    }
    conclude(run, &callbacks, habit).await
}

async fn conclude(run: &Run, callbacks: &Callbacks, habit: Installer) -> Next {
    let times = match habit {
        Installer::CallsBack => 1,
        Installer::CallsBackTwice => 2,
        _ => 0,
    };
    if times > 0 {
        report(run, callbacks, 90).await;
        call(run, "log", callbacks.log.as_ref(), ("text/plain", "disk written\n")).await;
    }
    for _ in 0..times {
        call(run, "done", callbacks.done.as_ref(), (JSON, "{}")).await;
    }
    match run.behaviour().after_install {
        AfterInstall::Reboot => Next::Restart,
        AfterInstall::PowerOff => Next::PowerOff,
        AfterInstall::Stay => {
            run.enter(Activity::Memory);
            Next::Stay
        }
    }
}

fn stop(run: &Run, reason: String) -> Next {
    run.note(StepKind::InstallerStopped { reason: reason.clone() });
    run.enter(Activity::InstallerStopped { reason });
    Next::Stay
}

/// Fetches what the command line names. An installer without its answer file waits for a person.
async fn prepare(run: &Run, arguments: String) -> Result<Callbacks, String> {
    let boot_url = run.site().boot_url.lock().clone().unwrap_or_default();
    let wanted = wanted(&arguments, &boot_url);
    for url in &wanted.payloads {
        get(run, url, 0).await?;
    }
    let mut text = arguments;
    for url in &wanted.answers {
        text.push('\n');
        text.push_str(&get(run, url, TEXT_LIMIT).await?);
    }
    Ok(callbacks(&text, &run.site().markers))
}

async fn get(run: &Run, url: &Url, keep: usize) -> Result<String, String> {
    let mut last = String::new();
    for _ in 0..TRIES {
        match request(run, Errand::get(url, AGENT, keep), None).await {
            Ok(fetched) if fetched.status == 200 => {
                return Ok(String::from_utf8_lossy(&fetched.kept).into_owned());
            }
            Ok(fetched) => last = format!("{}: HTTP {}", url.path(), fetched.status),
            Err(error) => last = format!("{}: {error}", url.path()),
        }
        tokio::time::sleep(run.site().timings.installer_retry).await;
    }
    Err(last)
}

fn begin_install(run: &Run) {
    run.note(StepKind::DiskWiped);
    run.update(|state| {
        state.installs_started += 1;
        if matches!(state.disk, Disk::Installed { .. }) {
            state.wipes += 1;
        }
        state.disk = Disk::Partial;
    });
}

fn finish_install(run: &Run) {
    let generation = run.update(|state| {
        state.installs += 1;
        state.generation += 1;
        state.disk = Disk::Installed { generation: state.generation };
        state.generation
    });
    run.note(StepKind::Installed { generation });
}

async fn report(run: &Run, callbacks: &Callbacks, percent: u8) {
    let body = format!(r#"{{"message":"installing","percent":{percent}}}"#);
    call(run, "progress", callbacks.progress.as_ref(), (JSON, &body)).await;
}

/// Posts to a callback; tries again when there is no good answer, then goes on all the same.
async fn call(run: &Run, what: &str, url: Option<&Url>, body: (&'static str, &str)) {
    let Some(url) = url else { return };
    for _ in 0..TRIES {
        let errand = Errand {
            method: Method::POST,
            url,
            agent: AGENT,
            body: Some((body.0, body.1.to_owned())),
            keep: 0,
        };
        let status = request(run, errand, None).await.ok().map(|fetched| fetched.status);
        run.note(StepKind::CalledBack { what: what.to_owned(), url: url.to_string(), status });
        if status.is_some_and(|status| status < 500) {
            return;
        }
        tokio::time::sleep(run.site().timings.installer_retry).await;
    }
}
