//! Stagedoor: one program, its roles by subcommand.
//!
//! It reads the settings, opens the cells and runs what the subcommand names. It holds no rule of the business.

mod commands;
mod process;
mod settings;

use std::{path::PathBuf, process::ExitCode};

use clap::{Arg, ArgAction, ArgMatches, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use settings::{Given, Settings};

/// The ticketing platform for resellers.
#[derive(Parser)]
#[command(name = "stagedoor", version, about)]
struct Arguments {
    /// The settings' file (else `STAGEDOOR_CONFIG`, else ./stagedoor.toml if it is there).
    #[arg(long, global = true, env = "STAGEDOOR_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Everything in one process; with no cells configured, on a private PostgreSQL with the payment sandbox and a demo.
    Start,
    /// The resellers' API.
    Api,
    /// The operators' interface.
    Admin,
    /// Webhooks, expiries and what else runs in the background.
    Dispatch,
    /// Brings every cell's schema up to date.
    Migrate,
    /// Checks every invariant of every tenant and prints what was checked.
    Verify,
    /// The platform's own books of a region: fees earned, tax due, costs, liabilities, every reseller's position.
    Books(commands::books::Arguments),
    /// Compares the provider's balance report with the books, line by line, and prints the differences.
    Reconcile(commands::reconcile::Arguments),
    /// Says what is wrong with this installation and what to do.
    Doctor,
    /// Shows every setting with where its value comes from.
    Config,
    /// Prints the API's description (OpenAPI 3.1).
    Openapi,
    /// Mints an operator's session token for the operators' interface.
    OperatorToken(commands::operator_token::Arguments),
    /// Seals every secret with the cells' present sealing keys, after one was changed.
    Reseal,
    /// The catalogue of events, and sending them again.
    #[command(subcommand)]
    Events(commands::events::Command),
    /// Makes an event happen in a test environment.
    Trigger(commands::trigger::Arguments),
    /// Receives webhooks on this machine, verifies and prints them; or forwards events to a receiver of yours.
    Listen(commands::listen::Arguments),
}

fn main() -> ExitCode {
    let matches = with_set(Arguments::command()).get_matches();
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let given = Given {
        file: arguments.config,
        directory: std::env::current_dir().unwrap_or_default(),
        environment: std::env::vars().collect(),
        set: set_by(&matches),
    };
    let settings = match Settings::load(&given) {
        Ok(settings) => settings,
        Err(wrong) => return fail(&wrong.to_string()),
    };
    match run(arguments.command, settings) {
        Ok(code) => code,
        Err(error) => fail(&told(&error)),
    }
}

/// Lets settings be given before and after the name of a command. One argument for all levels would keep only the innermost
/// level's.
fn with_set(command: clap::Command) -> clap::Command {
    let set = Arg::new("set")
        .long("set")
        .value_name("KEY=VALUE")
        .action(ArgAction::Append)
        .help("One setting, such as api.listen=127.0.0.1:9000; may be given again");
    command.arg(set).mut_subcommands(with_set)
}

/// The settings of every level, in the order in which they were given.
fn set_by(matches: &ArgMatches) -> Vec<String> {
    let mut set: Vec<String> = matches.get_many("set").into_iter().flatten().cloned().collect();
    set.extend(matches.subcommand().into_iter().flat_map(|(_, inner)| set_by(inner)));
    set
}

/// The error and its causes, each once: some name their cause already.
fn told(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |told, cause| match told.contains(&cause) {
        true => told,
        false if told.is_empty() => cause,
        false => format!("{told}: {cause}"),
    })
}

fn run(command: Command, settings: Settings) -> anyhow::Result<ExitCode> {
    match command {
        Command::Openapi => return commands::openapi::run(),
        Command::Config => return commands::config::run(&settings),
        _ => {}
    }
    // One provider for all TLS of the process; a second installation would be a mistake of ours and changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    process::log(&settings.log)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::Start => commands::start::run(settings).await,
            Command::Api => {
                commands::roles::run(settings, commands::roles::Roles { api: true, ..Default::default() }).await
            }
            Command::Admin => {
                commands::roles::run(settings, commands::roles::Roles { admin: true, ..Default::default() }).await
            }
            Command::Dispatch => {
                commands::roles::run(settings, commands::roles::Roles { dispatch: true, ..Default::default() }).await
            }
            Command::Migrate => commands::migrate::run(&settings).await,
            Command::Verify => commands::verify::run(settings).await,
            Command::Books(arguments) => commands::books::run(settings, &arguments).await,
            Command::Reconcile(arguments) => commands::reconcile::run(settings, &arguments).await,
            Command::Doctor => commands::doctor::run(settings).await,
            Command::OperatorToken(arguments) => commands::operator_token::run(settings, &arguments).await,
            Command::Reseal => commands::reseal::run(&settings).await,
            Command::Events(command) => commands::events::run(command).await,
            Command::Trigger(arguments) => commands::trigger::run(arguments).await,
            Command::Listen(arguments) => commands::listen::run(arguments).await,
            Command::Openapi | Command::Config => Ok(ExitCode::SUCCESS),
        }
    })
}

/// One line that says what is wrong and what to do.
#[expect(clippy::print_stderr, reason = "the command line's own voice")]
fn fail(message: &str) -> ExitCode {
    eprintln!("stagedoor: {message}");
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_count_before_and_after_the_command_and_within_it() {
        with_set(Arguments::command()).debug_assert();
        let typed = "stagedoor --set a=1 --set b=2 events --set c=3 resend --set d=4";
        let matches = with_set(Arguments::command()).ignore_errors(true).get_matches_from(typed.split(' '));
        assert_eq!(set_by(&matches), ["a=1", "b=2", "c=3", "d=4"]);
    }
}
