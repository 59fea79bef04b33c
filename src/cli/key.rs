//! `civitas key`: makes, lists and revokes API keys in the store. A new key is printed once, on standard output and
//! alone there, so that a script can take it.

use std::collections::HashMap;
use std::io::Write;
use std::process::ExitCode;

use civitas_store::{KeyRecord, Store, TenantId};
use clap::{Args, Subcommand};
use uuid::Uuid;

use super::execute::local_identity;
use super::{Common, open_store, print_json, print_line, start_logging};
use crate::error::Result;
use crate::http::wire::key::{KeyCreated, KeyItem, KeyList};
use crate::{keys, time};

const EXAMPLES: &str = "Examples:
  civitas key create --tenant acme
  civitas key list
  civitas key revoke 0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10

A server reads keys when it starts and holds its data folder while it runs: stop it before these commands.
The tenant `default` owns the runs of `civitas run` and of servers without keys.";

/// What `key` is told.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct KeyArgs {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    /// Make a key and print it; it is shown this once and kept only as a hash.
    Create {
        /// Tenant that the key speaks for; made where it does not exist
        #[arg(long, value_name = "NAME")]
        tenant: String,
        /// Print the key with its id and tenant as JSON, and nothing else
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        common: Common,
    },
    /// List keys with their tenants.
    List {
        /// Print JSON, as GET /api/v1/keys answers
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        common: Common,
    },
    /// Revoke a key, so that it opens nothing any more.
    Revoke {
        /// The key's id, from `civitas key list`
        #[arg(value_name = "ID")]
        id: Uuid,
        /// Print the key's record as JSON, and nothing else
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        common: Common,
    },
}

/// Does what is asked with the keys.
pub(super) fn key(args: KeyArgs) -> Result<ExitCode> {
    let (KeyCommand::Create { common, .. } | KeyCommand::List { common, .. } | KeyCommand::Revoke { common, .. }) =
        &args.command;
    let settings = common.settings(Vec::new())?;
    start_logging(&settings.log);
    let store = open_store(&settings)?;
    match args.command {
        KeyCommand::Create { tenant, json, .. } => create(store.as_ref(), &tenant, json)?,
        KeyCommand::List { json: true, .. } => {
            let tenants = store.tenants()?;
            let items = store.keys()?.iter().map(|key| KeyItem::of(key, &tenants, &local_identity())).collect();
            print_json(&KeyList { items, admin: true })?;
        }
        KeyCommand::List { .. } => {
            let names = store.tenants()?.into_iter().map(|tenant| (tenant.id, tenant.name)).collect();
            print_line(&table(&store.keys()?, &names))?;
        }
        KeyCommand::Revoke { id, json: true, .. } => {
            let record = keys::revoke(store.as_ref(), id)?;
            print_json(&KeyItem::of(&record, &store.tenants()?, &local_identity()))?;
        }
        KeyCommand::Revoke { id, .. } => {
            let record = keys::revoke(store.as_ref(), id)?;
            print_line(&format!("key {} is revoked", record.id))?;
            if store.keys()?.iter().all(|key| key.revoked_at_ms.is_some()) {
                print_line("no key is left that works: every request is refused until another is made")?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn create(store: &dyn Store, tenant: &str, json: bool) -> Result<()> {
    let (key, record) = keys::create(store, tenant)?;
    if json {
        return print_json(&KeyCreated::of(key, &record, tenant.trim().to_owned()));
    }
    let note = format!(
        "key {} for tenant {}; it is shown only now. Send it as `Authorization: Bearer KEY`:",
        record.id,
        tenant.trim()
    );
    // The key on standard output matters more than the note about it.
    let _ = writeln!(std::io::stderr(), "{note}");
    print_line(&key)
}

/// One line per key, oldest first.
fn table(keys: &[KeyRecord], tenants: &HashMap<TenantId, String>) -> String {
    if keys.is_empty() {
        return "there are no keys; make one with `civitas key create --tenant NAME`".to_owned();
    }
    let mut lines = vec![format!("{:36}  {:24}  {:24}  tenant", "id", "created", "revoked")];
    for key in keys {
        let revoked = key.revoked_at_ms.map_or_else(|| "-".to_owned(), time::rfc3339);
        let tenant = tenants.get(&key.tenant_id).map_or("?", String::as_str);
        lines.push(format!(
            "{:36}  {:24}  {revoked:24}  {tenant}",
            key.id.to_string(),
            time::rfc3339(key.created_at_ms)
        ));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listings_show_ids_and_tenants_but_never_a_hash() {
        let tenant_id = Uuid::from_u128(5);
        let key = KeyRecord {
            id: Uuid::from_u128(1),
            tenant_id,
            sha256: [0xab; 32],
            created_at_ms: 0,
            revoked_at_ms: Some(1_000),
        };
        let listing = table(&[key], &HashMap::from([(tenant_id, "acme".to_owned())]));
        assert!(listing.ends_with("1970-01-01T00:00:00.000Z  1970-01-01T00:00:01.000Z  acme"), "{listing}");
        assert!(!listing.contains("abab"));
        assert!(table(&[], &HashMap::new()).contains("civitas key create"));
    }
}
