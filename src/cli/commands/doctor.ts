import { Problem } from '../../shared/api/error.ts';
import { examineMachine, type Finding } from '../../tracker/doctor/doctor.ts';
import { type Command, EXIT } from '../command.ts';

export const doctor: Command = {
  name: 'doctor',
  summary: 'Say what was found on this machine, what is missing, and how to get it.',
  help: 'Ends with 1 when something needed is missing.',
  async run({ out, client, home }) {
    const findings = await findingsOfTracker(client).catch(async (error: unknown) => {
      if (!(error instanceof Problem)) throw error;
      const tracker: Finding = {
        name: 'Tracker',
        ok: false,
        found: error.message,
        ...(error.hint ? { hint: error.hint } : {}),
      };
      return [tracker, ...(await examineMachine(home))];
    });
    out.result({ findings }, () => findings.map(describe).join('\n'));
    return findings.every(({ ok }) => ok) ? EXIT.ok : EXIT.failed;
  },
};

async function findingsOfTracker(client: Parameters<Command['run']>[0]['client']): Promise<Finding[]> {
  return (await (await client()).call('tracker.doctor', {})).findings;
}

function describe({ name, ok, found, hint }: Finding): string {
  return `${ok ? '✓' : '✗'} ${name}: ${found}${hint === undefined ? '' : `\n    ${hint}`}`;
}
