import type { Static } from 'typebox';
import type { DoctorFinding, TrackerInfo } from '../../shared/api/tracker.ts';
import { formatBytes, formatDateTime } from '../../shared/format.ts';

/** What was found on this machine, what is missing and how to get it, as Markdown; what is missing comes first. */
export function doctorReport(
  findings: readonly Static<typeof DoctorFinding>[],
  info: Static<typeof TrackerInfo>,
): string {
  const missing = findings.filter(({ ok }) => !ok);
  const head = missing.length === 0 ? 'Everything was found.' : `${missing.length} of ${findings.length} need a look.`;
  const row = ({ ok, name, found, hint }: Static<typeof DoctorFinding>) =>
    `| ${ok ? (hint ? '–' : '✓') : '✗'} | ${cell(name)} | ${cell(found)} | ${cell(hint ?? '')} |`;
  const sorted = [...missing, ...findings.filter(({ ok }) => ok)];
  return [
    '# Trainyard: what is here',
    head,
    ['| | | found | what to do |', '|:-:|:--|:--|:--|', ...sorted.map(row)].join('\n'),
    '## Tracker',
    [
      `- version ${info.version}, process ${info.pid}, since ${formatDateTime(info.startedAt)}`,
      `- home \`${info.home}\``,
      `- address ${info.address}`,
      `- ${info.node}, ${formatBytes(info.memory)} of memory`,
      `- ${info.clients} connected, ${info.activeRuns} active runs`,
    ].join('\n'),
    '',
  ].join('\n\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/[\r\n]+/g, ' ');
}
