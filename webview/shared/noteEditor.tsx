import { useState } from 'preact/hooks';
import { Button, TextArea } from './controls/toolkit.tsx';
import { asHostError } from './hooks.ts';
import type { HostError } from './host.ts';
import { ErrorBox } from './states.tsx';

/** A note that is read as text and edited in place. */
export function NoteEditor({ note, onSave }: { note: string; onSave: (note: string) => Promise<unknown> }) {
  const [editing, setEditing] = useState(false);
  const [text, setText] = useState(note);
  const [error, setError] = useState<HostError>();
  const save = () => {
    onSave(text).then(
      () => {
        setError(undefined);
        setEditing(false);
      },
      (reason: unknown) => setError(asHostError(reason)),
    );
  };
  if (!editing) {
    return (
      <div class="note">
        {note ? <p class="note-text">{note}</p> : null}
        <button
          type="button"
          class="link"
          onClick={() => {
            setText(note);
            setEditing(true);
          }}
        >
          {note ? 'Edit note' : 'Add a note'}
        </button>
      </div>
    );
  }
  return (
    <div class="note">
      <TextArea value={text} label="Note" placeholder="What was tried, what came out" onInput={setText} />
      {error ? <ErrorBox error={error} /> : null}
      <div class="actions">
        <Button appearance="primary" onClick={save}>
          Save
        </Button>
        <Button onClick={() => setEditing(false)}>Discard</Button>
      </div>
    </div>
  );
}
