import { useState, type FormEvent } from "react";
import { useDeleteTeam, useDeleteUser, useMakeUser, usePutTeam, useTeams, useUsers } from "@/api/accounts";
import type { Viewer } from "@/api/types";
import { Badge, Button, ErrorState, Skeleton } from "@/shared/components";
import { formatCount } from "@/shared/format";
import { RemoveButton } from "./RemoveButton";
import { Section } from "./Section";

/** Users and teams; administrators change them, others see themselves. */
export function People({ viewer }: { viewer: Viewer }) {
  const mayChange = viewer.is_admin && !viewer.is_read_only;
  return (
    <>
      <Users viewer={viewer} mayChange={mayChange} />
      <Teams mayChange={mayChange} />
    </>
  );
}

function Users({ viewer, mayChange }: { viewer: Viewer; mayChange: boolean }) {
  const users = useUsers();
  const make = useMakeUser();
  const remove = useDeleteUser();
  const [name, setName] = useState("");
  const [isAdmin, setAdmin] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate(
      { name: name.trim(), is_admin: isAdmin },
      {
        onSuccess: () => {
          setName("");
          setAdmin(false);
        },
      },
    );
  };
  return (
    <Section title="Users">
      {!viewer.is_admin && <p className="quiet">Administrators see all users and make new ones.</p>}
      {mayChange && (
        <form className="setting-form" onSubmit={submit}>
          <label>
            Name
            <input required maxLength={128} value={name} onChange={(event) => setName(event.target.value)} />
          </label>
          <label className="setting-tick">
            <input type="checkbox" checked={isAdmin} onChange={(event) => setAdmin(event.target.checked)} />
            administrator
          </label>
          <Button type="submit" disabled={name.trim() === "" || make.isPending}>
            Add a user
          </Button>
          {make.error && (
            <p className="setting-problem" role="alert">
              {make.error.message}
            </p>
          )}
        </form>
      )}
      {users.isPending && <Skeleton height={40} />}
      {users.isError && <ErrorState error={users.error} onRetry={() => void users.refetch()} />}
      <ul className="setting-list">
        {users.data?.map((user) => (
          <li key={user.name}>
            <span className="setting-name">
              <bdi>{user.name}</bdi> {user.email && <span className="quiet">{user.email}</span>}
            </span>
            {user.is_admin && <Badge>administrator</Badge>}
            <span className="quiet">
              {formatCount(user.keys, "key")}
              {user.teams.length > 0 && `, in ${user.teams.join(", ")}`}
            </span>
            {mayChange && user.name !== viewer.name && (
              <RemoveButton
                label={`Remove user ${user.name}`}
                title="Remove this user?"
                does="Remove the user"
                typed={user.name}
                named={user.name}
                removal={remove}
              >
                <p>
                  All keys of <bdi>{user.name}</bdi> stop to hold; the runs stay.
                </p>
              </RemoveButton>
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Teams({ mayChange }: { mayChange: boolean }) {
  const teams = useTeams();
  const users = useUsers().data ?? [];
  const put = usePutTeam();
  const remove = useDeleteTeam();
  const [name, setName] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    put.mutate({ name: name.trim(), members: [] }, { onSuccess: () => setName("") });
  };
  if (!mayChange && teams.data?.length === 0) return null;
  return (
    <Section title="Teams">
      {mayChange && (
        <form className="setting-form" onSubmit={submit}>
          <label>
            Name
            <input required maxLength={128} value={name} onChange={(event) => setName(event.target.value)} />
          </label>
          <Button
            type="submit"
            disabled={
              name.trim() === "" || put.isPending || teams.data?.some((team) => team.name === name.trim())
            }
          >
            Add a team
          </Button>
        </form>
      )}
      {put.error && (
        <p className="setting-problem" role="alert">
          {put.error.message}
        </p>
      )}
      {teams.isError && <ErrorState error={teams.error} onRetry={() => void teams.refetch()} />}
      {teams.data?.length === 0 && (
        <p className="quiet">No teams. The projects of a team are seen and filled by all its members.</p>
      )}
      <ul className="setting-list">
        {teams.data?.map((team) => (
          <li key={team.name}>
            <span className="setting-name">
              <bdi>{team.name}</bdi>
            </span>
            <span className="setting-members" role="group" aria-label={`Members of ${team.name}`}>
              {(mayChange ? users.map((user) => user.name) : team.members).map((user) => (
                <label key={user} className="setting-tick">
                  <input
                    type="checkbox"
                    disabled={!mayChange || put.isPending}
                    checked={team.members.includes(user)}
                    onChange={(event) =>
                      put.mutate({
                        name: team.name,
                        members: event.target.checked
                          ? [...team.members, user]
                          : team.members.filter((one) => one !== user),
                      })
                    }
                  />
                  <bdi>{user}</bdi>
                </label>
              ))}
            </span>
            {mayChange && (
              <RemoveButton
                label={`Remove team ${team.name}`}
                title="Remove this team?"
                does="Remove the team"
                typed={team.name}
                named={team.name}
                removal={remove}
              >
                <p>Its runs stay; only administrators see them then.</p>
              </RemoveButton>
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
}
