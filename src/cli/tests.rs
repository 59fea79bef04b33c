//! What the command line as a whole is held to: that its words parse as they are documented, and that help keeps its lines.

use super::*;

/// Columns that the parser breaks help at, however wide the terminal.
const HELP_CHARS: usize = 100;

#[test]
fn the_command_line_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn help_keeps_its_lines_on_a_terminal() {
    let mut commands = vec![Cli::command()];
    while let Some(command) = commands.pop() {
        let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        for line in after.lines() {
            assert!(line.chars().count() <= HELP_CHARS, "{}: would be broken: {line}", command.get_name());
        }
        commands.extend(command.get_subcommands().cloned());
    }
}

#[test]
fn documented_invocations_parse() {
    for line in [
        "civitas run",
        "civitas run s.toml --agents 10 --ticks 5 --seed 18446744073709551615 --threads 2 --data-dir d --json --config c",
        "civitas experiment run e.json --threads 2 --data-dir d --config c --seed 18446744073709551615 --json",
        "civitas run --audit a.audit --audit-agents --audit-force",
        "civitas experiment run e.json --audit a.audit",
        "civitas fork 0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10",
        "civitas fork 0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10 --from-tick 50 --set a=-0.1 --set b=0.2 --seed 3 --ticks 9 --json",
        "civitas fork 0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10 --audit f.audit --audit-agents --audit-force \
         --bundle 0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10 --attribution",
        "civitas resume 0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10 --threads 2 --data-dir d",
        "civitas snapshots 0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10 --json",
        "civitas export 0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10 --format csv --out d --data-dir e",
        "civitas diff a.audit",
        "civitas diff a.audit b.audit --json --no-rerun",
        "civitas verify 0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10",
        "civitas verify 0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10 --json --threads 2 --partitions 7 --data-dir d --config c",
        "civitas experiment check e.json",
        "civitas serve --listen 127.0.0.1:0 --data-dir d --config c --read-only",
        "civitas key create --tenant acme --data-dir d",
        "civitas key list --json",
        "civitas run --chart --color never",
        "civitas --color always results 0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10 --chart",
        "civitas key revoke 0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10",
        "civitas dataset add counties regions.csv --borders b.csv --agents a.parquet --data-dir d --tenant acme",
        "civitas dataset list",
        "civitas node list --project 0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10 --tenant acme --json",
        "civitas node tree --limit 10",
        "civitas node show 0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10 --json --data-dir d",
        "civitas node compare 0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10 0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a11",
        "civitas events list --project 0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10 --limit 5 --skip 5 --server http://a --json",
        "civitas events create shock.toml --name Shock",
        "civitas events update 0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10 - --version 2",
        "civitas events bundles delete 0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10 --version 2",
        "civitas events bundles validate winter.toml --scenario s.toml --model voter --ticks 5",
        "civitas run --bundle 0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10 --attribution",
        "civitas run --mode target --persona region=CA --goal adopted=true --copies 5 --server http://a \
         --society 0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10 --environment mean",
        "civitas run --target Ada:region=CA --target Ben --goal adopted=true",
        "civitas dataset show counties",
        "civitas dataset remove counties 2",
        "civitas doctor --json --data-dir d",
        "civitas backup monday --data-dir d",
        "civitas restore monday --data-dir e",
        "civitas openapi",
        "civitas completions zsh",
        "civitas man --dir pages",
    ] {
        assert!(Cli::try_parse_from(line.split(' ')).is_ok(), "{line}");
    }
    for line in [
        "civitas",
        "civitas experiment",
        "civitas experiment run",
        "civitas run --agents 0",
        "civitas run --json --chart",
        "civitas run --color sometimes",
        "civitas fork",
        "civitas fork latest",
        "civitas fork 0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10 --set a",
        "civitas fork 0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10 --attribution",
        "civitas resume",
        "civitas snapshots",
        "civitas run --audit-agents",
        "civitas diff",
        "civitas diff a.audit --no-rerun",
        "civitas run --ticks 1001",
        "civitas verify",
        "civitas verify latest",
        "civitas node",
        "civitas node show",
        "civitas node compare 0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10",
        "civitas events",
        "civitas events show latest",
        "civitas events list --data-dir d",
        "civitas events bundles",
        "civitas run --attribution",
        "civitas run --target Ada --persona region=CA",
        "civitas run --environment mean",
        "civitas run --copies 0",
        "civitas key create",
        "civitas dataset add counties",
        "civitas dataset remove counties",
        "civitas backup",
        "civitas restore",
        "civitas completions",
        "civitas completions tcsh",
        "civitas go",
    ] {
        assert_eq!(Cli::try_parse_from(line.split(' ')).unwrap_err().exit_code(), 2, "{line}");
    }
}

#[test]
fn a_data_folder_on_the_command_line_wins() {
    let common = Common { data_dir: Some("elsewhere".into()), config: None };
    let settings = common.settings(vec![("sim.threads", "3".to_owned())]).unwrap();
    assert_eq!((settings.store.data_dir, settings.sim.threads), (PathBuf::from("elsewhere"), 3));
}
