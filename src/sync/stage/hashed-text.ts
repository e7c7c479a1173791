import type { ConnectionSettings } from '../../core/connection.ts';
import type { Entry } from '../../core/entry.ts';

/**
 * The text of an entry: name, the attributes that were asked for, and the names of what could not be decoded. Two entries have
 * the same text exactly when they say the same. Values of an attribute have no order. Each text stands behind its length, so
 * that different entries can't join to the same text.
 *
 * A mapping depends on nothing else of the entry. With the same settings and mapping version, the same text means the same
 * draft: the person is unchanged and need not be mapped.
 */
export function entryText({ name, attributes, undecodable, photoMark }: Entry): string {
  let text = `${name.length}:${name}`;
  for (const value of attributes) {
    if (value === undefined) text += '-';
    else if (typeof value === 'string') text += `${value.length}:${value}`;
    else text += `[${value.toSorted().map(measured).join('')}]`;
  }
  if (undecodable.length > 0) text += `!${undecodable.join(' ')}`;
  return photoMark === undefined ? text : `${text}@${photoMark}`;
}

function measured(value: string): string {
  return `${value.length}:${value}`;
}

/** Everything besides the entry that the draft depends on, as text. When any of it changes, everybody is mapped again. */
export function settingsText({ mappings, priority, scope, photo }: ConnectionSettings, mappingVersion: string): string {
  return JSON.stringify([mappingVersion, mappings, priority, scope.requireEmail, ...(photo ? ['photo'] : [])]);
}
