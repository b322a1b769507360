import fs from 'node:fs';
import path from 'node:path';
import { Check } from 'typebox/value';
import { Discovery } from '../shared/discovery.ts';
import { DISCOVERY_FILE } from '../shared/homeFiles.ts';

/** What the discovery file of a home says; undefined when there is none, or none that can be understood. */
export function readDiscovery(home: string): Discovery | undefined {
  try {
    const value: unknown = JSON.parse(fs.readFileSync(path.join(home, DISCOVERY_FILE), 'utf8'));
    return Check(Discovery, value) ? value : undefined;
  } catch {
    return undefined;
  }
}
