//! Arguments of keys, users and the store's upkeep.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make an API key; it is shown this one time
    #[command(after_help = "\
Examples:
  gradus keys create --description laptop
  gradus keys create --read-only --description dashboard
  gradus keys create --user ann

Then, where you train:
  export WANDB_API_KEY=<the key>")]
    Create {
        /// Whose key [default: the first user's]
        #[arg(long, value_name = "NAME")]
        user: Option<String>,
        /// What it is for
        #[arg(long, default_value = "", value_name = "TEXT")]
        description: String,
        /// The key may look at everything of its user and change nothing
        #[arg(long)]
        read_only: bool,
    },
    /// List keys; the keys themselves are kept nowhere
    #[command(after_help = "\
Examples:
  gradus keys list
  gradus keys list --user ann")]
    List {
        /// Only those of one user
        #[arg(long, value_name = "NAME")]
        user: Option<String>,
    },
    /// Remove a key; whoever uses it is refused from now on
    #[command(after_help = "\
Examples:
  gradus keys delete 7k2m9x0q1a4b")]
    Delete {
        /// As `gradus keys list` shows it
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum UsersCommand {
    /// Make a user; `gradus keys create --user NAME` gives the user a key
    #[command(after_help = "\
Examples:
  gradus users add ann
  gradus users add bob --email bob@example.org --admin")]
    Add {
        name: String,
        #[arg(long, default_value = "")]
        email: String,
        /// May see and change everything, other users included
        #[arg(long)]
        admin: bool,
    },
    /// List users
    List,
    /// Remove a user with all keys; runs stay
    #[command(after_help = "\
Examples:
  gradus users remove bob")]
    Remove { name: String },
}

#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Read all that is stored and compare it: log, segments, blobs, catalogue
    #[command(after_help = "\
Examples:
  gradus store check
  gradus store check /backups/store

Exit codes: 0 whole, 3 damaged or no store.")]
    Check {
        /// The store's folder [default: store in the data folder]
        dir: Option<PathBuf>,
    },
    /// Make the catalogue anew from log and segments
    #[command(after_help = "\
Examples:
  gradus store rebuild")]
    Rebuild {
        /// The store's folder [default: store in the data folder]
        dir: Option<PathBuf>,
    },
    /// Write a whole store of this moment into a folder, also while `gradus up` runs
    #[command(after_help = "\
Examples:
  gradus store backup /backups/store-2026-11-21
  gradus store backup copy --store /srv/gradus/store

The copy is a store like any other: put it where the store was, or open it with --data-dir.")]
    Backup {
        /// A folder that is empty or not there
        dir: PathBuf,
        /// The store's folder [default: store in the data folder]
        #[arg(long, value_name = "DIR")]
        store: Option<PathBuf>,
    },
}
