//! Users, teams and the entities that both are.

use gradus_wire::graphql::Arguments;

use super::connection::{Page, whole};
use super::{Outcome, Resolve, Resolved, entity_node, fields, flag, text, user_node};

impl Resolve<'_> {
    pub fn user(&self, name: &str, field: &str) -> Outcome {
        let user = self.tracker.accounts.user(name);
        let is_self = self.caller.user.name == name;
        Ok(match field {
            "id" => Resolved::text(super::run::id("User", name)),
            "name" | "username" => Resolved::text(name),
            "email" => Resolved::text(user.map(|user| user.email.clone()).unwrap_or_default()),
            "admin" => flag(user.is_some_and(|user| user.is_admin)),
            "entity" => Resolved::text(
                user.map_or_else(|| name.to_owned(), |user| user.default_entity().to_owned()),
            ),
            "flags" => Resolved::text("{}"),
            "deletedAt" | "photoUrl" => Resolved::NULL,
            "accountType" => Resolved::text("USER"),
            "teams" => {
                // The user's own entity counts as one.
                let teams = self.tracker.accounts.teams_of(name);
                let teams = teams.iter().map(|team| entity_node(&team.name));
                let own = std::iter::once(entity_node(name));
                whole("EntityConnection", own.chain(teams).collect())
            }
            "apiKeys" if is_self => {
                let keys = self.tracker.accounts.keys_of(name).into_iter().map(|key| {
                    fields(
                        "ApiKey",
                        vec![
                            ("id", Resolved::text(&key.id)),
                            // The key itself is kept nowhere.
                            ("name", Resolved::text(&key.id)),
                            ("description", Resolved::text(&key.description)),
                        ],
                    )
                });
                whole("ApiKeyConnection", keys.collect())
            }
            "apiKeys" => whole("ApiKeyConnection", Vec::new()),
            "organizations" => Resolved::List(Vec::new()),
            _ => Resolved::Unknown,
        })
    }

    pub fn users(&self, arguments: &Arguments) -> Outcome {
        let wanted = arguments.text("query")?.unwrap_or_default().to_lowercase();
        let mut users = self.tracker.accounts.users();
        users.retain(|user| {
            let is_visible = self.caller.user.is_admin || user.name == self.caller.user.name;
            let names = [&user.name, &user.email];
            is_visible
                && names
                    .iter()
                    .any(|name| name.to_lowercase().contains(&wanted))
        });
        let page = Page::of(arguments)?;
        let (users, total) = page.cut(users);
        let nodes = users.iter().map(|user| user_node(&user.name)).collect();
        Ok(page.connection("UserConnection", nodes, total, Vec::new()))
    }

    pub fn entity(&self, name: &str, field: &str, arguments: &Arguments) -> Outcome {
        let team = self.tracker.accounts.team(name);
        Ok(match field {
            "id" => Resolved::text(super::run::id("Entity", name)),
            "name" => Resolved::text(name),
            // A name that nobody has is answered too: whoever makes a team asks so.
            "available" => flag(!self.tracker.accounts.entity_exists(name)),
            "isTeam" => flag(team.is_some()),
            "entityType" => Resolved::text(if team.is_some() { "team" } else { "user" }),
            "readOnly" => flag(self.caller.is_read_only),
            "readOnlyAdmin" | "privateOnly" | "isPaid" => flag(false),
            "codeSavingEnabled" => flag(true),
            "defaultAccess" => Resolved::text("PRIVATE"),
            "photoUrl" | "organization" | "settings" => Resolved::NULL,
            "storageBytes" => super::int(0),
            "user" => match self.tracker.accounts.user(name) {
                Some(user) => user_node(&user.name),
                None => Resolved::NULL,
            },
            "members" => {
                let is_readable = self.tracker.accounts.may_read(self.caller, name);
                let members = match team.filter(|_| is_readable) {
                    Some(team) => team.members.clone(),
                    None if is_readable && self.tracker.accounts.user(name).is_some() => {
                        vec![name.to_owned()]
                    }
                    None => Vec::new(),
                };
                Resolved::List(members.iter().map(|member| self.member(member)).collect())
            }
            "project" => {
                let project = arguments.text("name")?.unwrap_or_default();
                let project = self.tracker.project(self.caller, Some(name), project);
                project.map_or(Resolved::NULL, super::project_node)
            }
            "projects" => self.projects_of(Some(name), arguments)?,
            "artifactCollections" => whole("ArtifactCollectionConnection", Vec::new()),
            _ => Resolved::Unknown,
        })
    }

    fn member(&self, name: &str) -> Resolved {
        let user = self.tracker.accounts.user(name);
        let email = user.as_ref().map(|user| user.email.clone());
        fields(
            "Member",
            vec![
                ("id", Resolved::text(super::run::id("User", name))),
                ("name", Resolved::text(name)),
                ("username", Resolved::text(name)),
                ("email", text(email)),
                ("admin", flag(user.is_some_and(|user| user.is_admin))),
                ("pending", flag(false)),
                ("role", Resolved::text("member")),
                ("accountType", Resolved::text("USER")),
                ("photoUrl", Resolved::NULL),
                ("apiKey", Resolved::NULL),
            ],
        )
    }
}
