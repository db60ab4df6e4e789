//! Users, teams and API keys. Keys are kept as SHA-256 alone: they are long and random, so nothing
//! slower is needed, and a key is found by its hash without comparing secrets.

use std::sync::{Arc, OnceLock};

use gradus_schema::UnixMillis;
use gradus_store::Store;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::secret::random_bytes;
use crate::table::{Table, Transaction};
use crate::{Error, Result, Tracker};

/// The client refuses shorter ones before it asks anybody.
pub const KEY_CHARACTERS: usize = 40;
/// So many of a key's characters are shown: the rest can't be guessed.
const KEY_ID_CHARACTERS: usize = 10;
const NAME_CHARACTERS: usize = 128;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// Also the name of the user's own entity.
    pub name: String,
    pub email: String,
    pub is_admin: bool,
    pub created_unix_ms: UnixMillis,
    /// Where runs go that name no entity, if not to the user's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_entity: Option<String>,
}

impl User {
    pub fn default_entity(&self) -> &str {
        self.default_entity.as_deref().unwrap_or(&self.name)
    }
}

/// An entity of several users.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Team {
    pub name: String,
    pub members: Vec<String>,
    pub created_unix_ms: UnixMillis,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApiKey {
    pub id: String,
    pub user: String,
    pub description: String,
    pub is_read_only: bool,
    pub created_unix_ms: UnixMillis,
}

/// Who asks, and what the key allows.
#[derive(Debug, Clone)]
pub struct Caller {
    pub user: Arc<User>,
    pub is_read_only: bool,
}

pub struct Accounts {
    users: Arc<Table<User>>,
    teams: Arc<Table<Team>>,
    /// By the hash of the key.
    keys: Arc<Table<ApiKey>>,
    /// Told when somebody may see less than before.
    on_change: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

impl Accounts {
    pub fn load(store: &Store) -> Result<Self> {
        Ok(Self {
            users: Table::load(store, "user")?,
            teams: Table::load(store, "team")?,
            keys: Table::load(store, "api_key")?,
            on_change: OnceLock::new(),
        })
    }

    /// Has somebody told whenever keys, users or teams go or change; the first who asks.
    pub fn on_change(&self, tell: impl Fn() + Send + Sync + 'static) {
        // A second one would be a mistake of ours, and harms nobody.
        let _ = self.on_change.set(Box::new(tell));
    }

    fn changed(&self) {
        if let Some(tell) = self.on_change.get() {
            tell();
        }
    }

    /// Whose key it is.
    pub fn authenticate(&self, key: &str) -> Option<Caller> {
        let known = self.keys.get(&hash(key))?;
        Some(Caller {
            user: self.users.get(&known.user)?,
            is_read_only: known.is_read_only,
        })
    }

    pub fn user(&self, name: &str) -> Option<Arc<User>> {
        self.users.get(name)
    }

    pub fn users(&self) -> Vec<Arc<User>> {
        self.users.all()
    }

    /// Who acts where nobody has to say who they are: the first user.
    pub fn owner(&self) -> Option<Arc<User>> {
        let users = self.users.all().into_iter();
        users
            .filter(|user| user.is_admin)
            .min_by_key(|user| user.created_unix_ms)
    }

    pub fn team(&self, name: &str) -> Option<Arc<Team>> {
        self.teams.get(name)
    }

    /// Teams that a user belongs to, by name.
    pub fn teams_of(&self, user: &str) -> Vec<Arc<Team>> {
        let teams = self.teams.all().into_iter();
        teams
            .filter(|team| team.members.iter().any(|member| member == user))
            .collect()
    }

    pub fn keys_of(&self, user: &str) -> Vec<Arc<ApiKey>> {
        let mut keys = self.keys.all();
        keys.retain(|key| key.user == user);
        keys.sort_by_key(|key| key.created_unix_ms);
        keys
    }

    /// Everybody's, in the order in which they were made.
    pub fn keys(&self) -> Vec<Arc<ApiKey>> {
        let mut keys = self.keys.all();
        keys.sort_by_key(|key| key.created_unix_ms);
        keys
    }

    /// By name.
    pub fn teams(&self) -> Vec<Arc<Team>> {
        self.teams.all()
    }

    pub fn entity_exists(&self, name: &str) -> bool {
        self.users.get(name).is_some() || self.teams.get(name).is_some()
    }

    pub fn may_read(&self, caller: &Caller, entity: &str) -> bool {
        let user = &caller.user;
        let is_member = || {
            let team = self.teams.get(entity);
            team.is_some_and(|team| team.members.contains(&user.name))
        };
        user.is_admin || user.name == entity || is_member()
    }

    /// # Errors
    /// A read-only key, or an entity that the caller does not belong to.
    pub fn check_write(&self, caller: &Caller, entity: &str) -> Result<()> {
        caller.check_write()?;
        match self.may_read(caller, entity) {
            true => Ok(()),
            false => Err(no_entity(entity)),
        }
    }
}

impl Caller {
    /// # Errors
    /// A read-only key.
    pub fn check_write(&self) -> Result<()> {
        match self.is_read_only {
            false => Ok(()),
            true => Err(Error::forbidden(
                "this API key may only read; use one that may write",
            )),
        }
    }

    /// # Errors
    /// A user who is no administrator.
    pub fn check_admin(&self) -> Result<()> {
        self.check_write()?;
        match self.user.is_admin {
            true => Ok(()),
            false => Err(Error::forbidden("only an administrator may do this")),
        }
    }
}

/// A name is told from one that may not be known by nothing.
pub fn no_entity(entity: &str) -> Error {
    Error::NotFound(format!(
        "entity {entity} not found; use your own or a team's you belong to"
    ))
}

impl Tracker {
    /// The first user, and a key where nobody has one yet. The key is shown nowhere else.
    pub fn first_start(&self, user: &str) -> Result<Option<String>> {
        let owner = self.first_user(user)?;
        if !self.accounts.keys.is_empty() {
            return Ok(None);
        }
        let (_, key) = self.add_key(&owner.name, "made on first start", false)?;
        Ok(Some(key))
    }

    /// Who acts where nobody has to say who they are; made under this name where there is nobody.
    pub fn first_user(&self, name: &str) -> Result<Arc<User>> {
        match self.accounts.owner() {
            Some(user) => Ok(user),
            None => self.add_user(name, "", true),
        }
    }

    /// # Errors
    /// A name that is taken, or can't be part of an address.
    pub fn add_user(&self, name: &str, email: &str, is_admin: bool) -> Result<Arc<User>> {
        check_name("a user's name", name)?;
        let _changing = self.lock();
        if self.accounts.entity_exists(name) {
            return Err(Error::Conflict(format!("there is already a '{name}'")));
        }
        let mut transaction = Transaction::default();
        let user = User {
            name: name.to_owned(),
            email: email.to_owned(),
            is_admin,
            created_unix_ms: self.now_unix_ms(),
            default_entity: None,
        };
        transaction.put(&self.accounts.users, name, user)?;
        transaction.commit(&self.store)?;
        self.accounts
            .user(name)
            .ok_or_else(|| Error::not_found(format!("user {name} was removed")))
    }

    /// Removes a user, the user's keys and memberships. Runs stay.
    ///
    /// # Errors
    /// Nobody of that name, or the only administrator.
    pub fn remove_user(&self, name: &str) -> Result<()> {
        let _changing = self.lock();
        let users = self.accounts.users();
        let Some(user) = users.iter().find(|user| user.name == name) else {
            let known = users.iter().map(|user| user.name.as_str());
            let hint = gradus_schema::nearest::did_you_mean(name, known);
            return Err(Error::not_found(format!("there is no user {name}{hint}")));
        };
        let admins = users.iter().filter(|user| user.is_admin).count();
        if user.is_admin && admins == 1 {
            let problem = format!("{name} is the only administrator; make another one first");
            return Err(Error::Conflict(problem));
        }
        let mut transaction = Transaction::default();
        for (hash, key) in self.accounts.keys.with_prefix("") {
            if key.user == name {
                transaction.remove(&self.accounts.keys, hash);
            }
        }
        for team in self.accounts.teams_of(name) {
            let mut team = team.as_ref().clone();
            team.members.retain(|member| member != name);
            transaction.put(&self.accounts.teams, team.name.clone(), team)?;
        }
        transaction.remove(&self.accounts.users, name);
        transaction.commit(&self.store)?;
        self.accounts.changed();
        Ok(())
    }

    /// # Errors
    /// No team of that name.
    pub fn remove_team(&self, name: &str) -> Result<()> {
        let _changing = self.lock();
        if self.accounts.team(name).is_none() {
            return Err(Error::not_found(format!("there is no team {name}")));
        }
        let mut transaction = Transaction::default();
        transaction.remove(&self.accounts.teams, name);
        transaction.commit(&self.store)?;
        self.accounts.changed();
        Ok(())
    }

    /// Makes a key; the second value is the key itself and can't be had again.
    pub fn add_key(
        &self,
        user: &str,
        description: &str,
        is_read_only: bool,
    ) -> Result<(ApiKey, String)> {
        let key: String = random_bytes::<{ KEY_CHARACTERS / 2 }>()?
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let kept = self.keep_key(user, &key, description, is_read_only)?;
        Ok((kept, key))
    }

    /// Takes a key that was made elsewhere.
    ///
    /// # Errors
    /// A key that the client would refuse, or a user who does not exist.
    pub fn keep_key(
        &self,
        user: &str,
        key: &str,
        description: &str,
        is_read_only: bool,
    ) -> Result<ApiKey> {
        let is_sound = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
        if key.chars().count() < KEY_CHARACTERS || !key.chars().all(is_sound) {
            let problem = format!(
                "a key has at least {KEY_CHARACTERS} letters, digits, '_' or '-'; this one has not"
            );
            return Err(Error::input(problem));
        }
        let _changing = self.lock();
        if self.accounts.user(user).is_none() {
            return Err(Error::not_found(format!("there is no user {user}")));
        }
        let kept = ApiKey {
            id: self.key_id(key),
            user: user.to_owned(),
            description: description.to_owned(),
            is_read_only,
            created_unix_ms: self.now_unix_ms(),
        };
        let mut transaction = Transaction::default();
        transaction.put(&self.accounts.keys, hash(key), kept.clone())?;
        transaction.commit(&self.store)?;
        Ok(kept)
    }

    /// The beginning of a key, by which people know which one it is; longer where two begin so.
    fn key_id(&self, key: &str) -> String {
        let known = self.accounts.keys.all();
        let beginnings = (KEY_ID_CHARACTERS..key.len()).map(|length| &key[..length]);
        let mut free = beginnings.filter(|id| !known.iter().any(|key| key.id == *id));
        free.next().unwrap_or(key).to_owned()
    }

    /// # Errors
    /// A key that is not there.
    pub fn remove_key(&self, id: &str) -> Result<ApiKey> {
        let _changing = self.lock();
        let keys = self.accounts.keys.with_prefix("");
        let Some((hash, key)) = keys.into_iter().find(|(_, key)| key.id == id) else {
            return Err(Error::not_found(format!("there is no key {id}")));
        };
        let mut transaction = Transaction::default();
        transaction.remove(&self.accounts.keys, hash);
        transaction.commit(&self.store)?;
        self.accounts.changed();
        Ok(key.as_ref().clone())
    }

    /// # Errors
    /// A name that is taken by a user.
    pub fn put_team(&self, name: &str, members: Vec<String>) -> Result<Arc<Team>> {
        check_name("a team's name", name)?;
        let _changing = self.lock();
        if self.accounts.user(name).is_some() {
            return Err(Error::Conflict(format!("'{name}' is a user")));
        }
        self.put_team_locked(name, members)
    }

    fn put_team_locked(&self, name: &str, members: Vec<String>) -> Result<Arc<Team>> {
        let before = self.accounts.team(name);
        let team = Team {
            name: name.to_owned(),
            members,
            created_unix_ms: before.map_or_else(|| self.now_unix_ms(), |team| team.created_unix_ms),
        };
        let mut transaction = Transaction::default();
        transaction.put(&self.accounts.teams, name, team.clone())?;
        transaction.commit(&self.store)?;
        self.accounts.changed();
        Ok(Arc::new(team))
    }

    /// Where a request goes: the entity that it names, or the caller's own. An administrator's
    /// script may name a team that nobody has made yet; it is made.
    pub(crate) fn entity_to_write(&self, caller: &Caller, named: Option<&str>) -> Result<String> {
        caller.check_write()?;
        let Some(entity) = named.filter(|name| !name.is_empty()) else {
            return Ok(caller.user.default_entity().to_owned());
        };
        if !self.accounts.entity_exists(entity) && caller.user.is_admin {
            check_name("an entity's name", entity)?;
            self.put_team_locked(entity, vec![caller.user.name.clone()])?;
        }
        self.accounts.check_write(caller, entity)?;
        Ok(entity.to_owned())
    }
}

/// Names become parts of addresses and of keys in the store.
pub fn check_name(what: &str, name: &str) -> Result<()> {
    let is_bad = |letter: char| r"/\#?%:".contains(letter) || letter.is_control();
    let problem = match name {
        "" => "it is empty".to_owned(),
        "." | ".." => "it has a meaning in addresses".to_owned(),
        name if name.chars().count() > NAME_CHARACTERS => {
            format!("it has more than {NAME_CHARACTERS} characters")
        }
        name => match name.chars().find(|letter| is_bad(*letter)) {
            Some(letter) => format!("it holds {letter:?}"),
            None => return Ok(()),
        },
    };
    Err(Error::input(format!(
        "{what} can't be '{}': {problem}",
        name.chars().take(NAME_CHARACTERS).collect::<String>()
    )))
}

fn hash(key: &str) -> String {
    let digest = Sha256::digest(key.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
