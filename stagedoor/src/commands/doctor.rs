//! `stagedoor doctor`: what is wrong with this installation, and what to do.

use std::{process::ExitCode, time::Duration};

use foundation::schema;

use crate::{
    process::{self, tell},
    settings::{Cell, Mail, Settings},
};

pub(crate) async fn run(settings: Settings) -> anyhow::Result<ExitCode> {
    let settings = crate::commands::start::with_private_cells(settings)?;
    let mut findings = Vec::new();
    if settings.cells.is_empty() {
        findings.push(
            "no cells are configured: write [[cells]] as deploy/config.default.toml shows, or run `stagedoor start`"
                .to_owned(),
        );
    }
    for cell in &settings.cells {
        let found = examine(cell).await;
        tell(format_args!(
            "cell {} ({}): {}",
            cell.name,
            cell.region,
            if found.is_empty() { "well" } else { "see below" }
        ));
        findings.extend(found.into_iter().map(|finding| format!("cell {}: {finding}", cell.name)));
    }
    for finding in &findings {
        tell(format_args!("- {finding}"));
    }
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn examine(cell: &Cell) -> Vec<String> {
    let mut found = Vec::new();
    for (what, url) in [("database_url", &cell.database_url), ("worker_database_url", &cell.worker_database_url)] {
        match login(url.reveal(), what).await {
            Ok(findings) => found.extend(findings.into_iter().map(|finding| format!("{what}: {finding}"))),
            Err(error) if error.is::<sqlx::Error>() => found.push(format!("{what}: {error}")),
            // Which setting it is stands in it.
            Err(error) => found.push(error.to_string()),
        }
    }
    for (what, account) in [("live_provider", &cell.live_provider), ("test_provider", &cell.test_provider)] {
        if !answers(&account.base_url).await {
            found.push(format!("{what}.base_url: nothing answers at {}", account.base_url));
        }
    }
    match cell.mail.as_ref().map(Mail::post) {
        None => {
            found.push("mail: no mail server is configured, so letters to buyers wait; add [cells.mail]".to_owned());
        }
        Some(Err(bad)) => found.push(format!("mail: {bad}")),
        Some(Ok(post)) => {
            if let Err(trouble) = post.check().await {
                found.push(format!("mail.smtp_url: letters cannot be handed over ({trouble})"));
            }
        }
    }
    found
}

async fn answers(address: &str) -> bool {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(5)).build();
    match client.map(|client| client.get(address).send()) {
        Ok(call) => call.await.is_ok(),
        Err(_) => false,
    }
}

async fn login(url: &str, setting: &str) -> anyhow::Result<Vec<String>> {
    let mut conn = process::connect(url, setting).await?;
    let mut found = Vec::new();
    let (role, free): (String, bool) =
        sqlx::query_as("select rolname::text, rolsuper or rolbypassrls from pg_roles where rolname = current_user")
            .fetch_one(&mut conn)
            .await?;
    if free {
        found.push(format!(
            "the role {role} passes row-level security; log in as {} or {}",
            schema::APP_ROLE,
            schema::WORKER_ROLE
        ));
    }
    let newest: Option<i64> = schema::MIGRATOR.iter().map(|migration| migration.version).max();
    let open: bool = sqlx::query_scalar("select to_regclass('public.claims') is null").fetch_one(&mut conn).await?;
    if open {
        found.push(format!(
            "the schema is not there (newest migration {}); run `stagedoor migrate`",
            newest.unwrap_or(0)
        ));
    }
    Ok(found)
}
