import type { ConnectionSettings } from '../../core/connection.ts';
import type { Entry } from '../../core/directory.ts';

/**
 * A text that is the same for two entries exactly when the source says the same of the person: name, the attributes that
 * were asked for, and what could not be decoded. Values of an attribute have no order. Each text stands behind its length,
 * so that none can pass for another.
 *
 * As a mapping depends on nothing else, the same text under the same settings and version of the mapping means the same
 * draft; so whoever brings it again is unchanged without being mapped.
 */
export function entryText({ name, attributes, undecodable }: Entry): string {
  let text = `${name.length}:${name}`;
  for (const value of attributes) {
    if (value === undefined) text += '-';
    else if (typeof value === 'string') text += `${value.length}:${value}`;
    else text += `[${value.toSorted().map(measured).join('')}]`;
  }
  return undecodable.length === 0 ? text : `${text}!${undecodable.join(' ')}`;
}

function measured(value: string): string {
  return `${value.length}:${value}`;
}

/** All besides an entry that decides what becomes of it, as text: where any of it changes, everybody is looked at again. */
export function settingsText({ mappings, priority, scope }: ConnectionSettings, mappingVersion: string): string {
  return JSON.stringify([mappingVersion, mappings, priority, scope.requireEmail]);
}
