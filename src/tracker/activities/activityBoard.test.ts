import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolder } from '../../../test/harness/home.ts';
import { EventHub } from '../api/eventHub.ts';
import { ActivityBoard } from './activityBoard.ts';

const options = { kind: 'environment', title: 'Building' };

function listen(events: EventHub): string[] {
  const heard: string[] = [];
  events.listen((event) => {
    if (event.type === 'activity' && event.activity.message !== undefined) heard.push(event.activity.message);
  });
  return heard;
}

describe('activities', () => {
  it('tell the last word of a burst, although nothing follows it for long', async () => {
    await using folder = temporaryFolder('activities');
    const events = new EventHub();
    const heard = listen(events);
    const end = Promise.withResolvers<void>();
    const { done } = new ActivityBoard(events, folder.path).start(options, async (control) => {
      control.report('creating');
      control.report('installing');
      await end.promise;
    });
    while (heard.at(-1) !== 'installing') await sleep(10);
    end.resolve();
    await done;
  });

  it('go on when their log cannot be written', async () => {
    await using folder = temporaryFolder('activities');
    // A file where the folder of the logs should be stands for every reason why a log cannot be written.
    const place = path.join(folder.path, 'logs');
    fs.writeFileSync(place, '');
    const board = new ActivityBoard(new EventHub(), place);
    assert.equal(
      await board.run(options, async (control) => {
        control.output('a line\n');
        return 'done';
      }),
      'done',
    );
  });

  it('leave no logs of activities that a tracker before this one had', async () => {
    await using folder = temporaryFolder('activities');
    fs.writeFileSync(path.join(folder.path, 'old.log'), 'x');
    const board = new ActivityBoard(new EventHub(), folder.path);
    const { id, done } = board.start(options, async (control) => control.output('a line\n'));
    await done;
    assert.deepEqual(fs.readdirSync(folder.path), [`${id}.log`]);
  });
});
