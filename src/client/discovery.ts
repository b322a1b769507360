import fs from 'node:fs';
import path from 'node:path';
import type { Discovery } from '../shared/discovery.ts';
import { DISCOVERY_FILE } from '../shared/homeFiles.ts';

/** What the discovery file of a home says; undefined when there is none, or none that can be understood. */
export function readDiscovery(home: string): Discovery | undefined {
  try {
    const value: unknown = JSON.parse(fs.readFileSync(path.join(home, DISCOVERY_FILE), 'utf8'));
    return isDiscovery(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

type Fields = { readonly [K in keyof Discovery]?: unknown };

/** By hand and not by a schema: every client reads this file first, and some need nothing else. */
function isDiscovery(value: unknown): value is Discovery {
  const { process, address, token, version, build, ...numbers }: Fields = isRecord(value) ? value : {};
  const { port, pid, protocol, startedAt } = numbers;
  const texts = [token, version, build].every((text) => typeof text === 'string' && text !== '');
  const whole = [port, pid, protocol, startedAt].every((number) => Number.isSafeInteger(number));
  return texts && whole && address === `http://127.0.0.1:${port}` && isIdentity(process);
}

function isIdentity(value: unknown): boolean {
  const { pid, start, boot }: { pid?: unknown; start?: unknown; boot?: unknown } = isRecord(value) ? value : {};
  return Number.isSafeInteger(pid) && Number(pid) > 0 && typeof start === 'string' && typeof boot === 'string';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
