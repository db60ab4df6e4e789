import { useState, type FormEvent } from "react";
import { useMakeKey, useUsers, type NewKey } from "@/api/accounts";
import type { Viewer } from "@/api/types";
import { Button } from "@/shared/components";

/** Makes a key; whoever shows this shows the key, which exists nowhere else. */
export function NewKeyForm({ viewer, onMade }: { viewer: Viewer; onMade: (key: NewKey) => void }) {
  const [description, setDescription] = useState("");
  const [isReadOnly, setReadOnly] = useState(false);
  const [user, setUser] = useState(viewer.name);
  const users = useUsers().data ?? [];
  const make = useMakeKey();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate(
      {
        description: description.trim(),
        is_read_only: isReadOnly,
        ...(user === viewer.name ? {} : { user }),
      },
      { onSuccess: onMade },
    );
  };
  return (
    <form className="setting-form" onSubmit={submit}>
      <label>
        What for
        <input
          value={description}
          maxLength={200}
          placeholder="laptop"
          onChange={(event) => setDescription(event.target.value)}
        />
      </label>
      {viewer.is_admin && users.length > 1 && (
        <label>
          Whose
          <select value={user} onChange={(event) => setUser(event.target.value)}>
            {users.map((one) => (
              <option key={one.name}>{one.name}</option>
            ))}
          </select>
        </label>
      )}
      <label className="setting-tick">
        <input type="checkbox" checked={isReadOnly} onChange={(event) => setReadOnly(event.target.checked)} />
        read-only
      </label>
      <Button type="submit" look="primary" disabled={make.isPending || viewer.is_read_only}>
        Make a key
      </Button>
      {viewer.is_read_only && <p className="quiet">A read-only key can make no other.</p>}
      {make.error && (
        <p className="setting-problem" role="alert">
          {make.error.message}
        </p>
      )}
    </form>
  );
}
