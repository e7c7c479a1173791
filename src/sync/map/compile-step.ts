import type { FieldMapping } from '../../core/connection.ts';
import {
  type ContactValues,
  type FieldKey,
  type FlagField,
  fieldKey,
  isFlagField,
  isLabeledField,
  type LabeledField,
  type TextField,
} from '../../core/contact.ts';
import { isEmailAddress } from '../../core/email-address.ts';
import { quoteValue } from '../../core/outside-text.ts';
import type { AttributeIndex } from './attribute-index.ts';
import { type Candidates, compileReader, type ValueReader } from './compile-reader.ts';
import { find, type PersonInWork, remark } from './person-in-work.ts';
import { parseBoolean } from './transforms/text-transforms.ts';

/** One mapping, compiled. */
export type Step = {
  key: FieldKey;
  origins: readonly string[];
  /** Puts the field's value into the draft. Returns the number of the origin that filled it, from 1; 0: no value. */
  fill(person: PersonInWork): number;
};

/** Compiles one mapping; `index` collects the attributes it needs. */
export function compileStep(mapping: FieldMapping, index: AttributeIndex): Step {
  const reader = compileReader(mapping, index);
  return { key: fieldKey(mapping.field, mapping.label), origins: reader.origins, fill: compileFill(mapping, reader) };
}

function compileFill({ field, label }: FieldMapping, reader: ValueReader): Step['fill'] {
  if (isFlagField(field)) return fillFlag(field, reader);
  if (isLabeledField(field)) return fillList(field, label ?? '', reader);
  return field === 'PRIMARY_EMAIL' ? fillPrimaryEmail(reader) : fillText(field, reader);
}

function fillText(field: TextField, reader: ValueReader): Step['fill'] {
  const put = putInto(field);
  return (person) => put(person, reader.read(person));
}

type Put = (person: PersonInWork, candidates: Candidates) => number;

function putInto(field: TextField): Put {
  const write = writeText[field];
  return (person, candidates) => {
    if (candidates === undefined) return 0;
    if (typeof candidates === 'string') {
      write(person.values, candidates);
      return person.winner;
    }
    const [first] = candidates;
    if (first === undefined) return 0;
    write(person.values, first);
    if (candidates.length > 1) {
      person.alternatives ??= {};
      person.alternatives[field] = [...candidates];
    }
    return person.winner;
  };
}

function originOf(reader: ValueReader, person: PersonInWork): string {
  return reader.origins[person.winner - 1] ?? '';
}

/** Malformed values are left out if there is a well-formed one; if there is none, the person is skipped. */
function fillPrimaryEmail(reader: ValueReader): Step['fill'] {
  const put = putInto('PRIMARY_EMAIL');
  return (person) => {
    const candidates = reader.read(person);
    if (candidates === undefined) return 0;
    if (typeof candidates === 'string' && isEmailAddress(candidates)) return put(person, candidates);
    const all = typeof candidates === 'string' ? [candidates] : candidates;
    const wellFormed = all.filter(isEmailAddress);
    const origin = originOf(reader, person);
    if (wellFormed.length === 0) {
      const message = `${origin}: ${all.map(quoteValue).join(', ')} is not an email address`;
      person.problem = { code: 'MALFORMED_EMAIL', message };
      find(person, 'MALFORMED_EMAIL', 'PRIMARY_EMAIL', message);
      return 0;
    }
    for (const value of all) if (!wellFormed.includes(value)) leaveOutEmail(person, 'PRIMARY_EMAIL', origin, value);
    return put(person, wellFormed);
  };
}

function leaveOutEmail(person: PersonInWork, field: 'EMAIL' | 'PRIMARY_EMAIL', origin: string, value: string): void {
  const message = `${origin}: ${quoteValue(value)} was left out: it is not an email address`;
  remark(person, message);
  find(person, 'MALFORMED_EMAIL', field, message);
}

/** All values of the winning attribute, under one label, in the order sent. */
function fillList(field: LabeledField, label: string, reader: ValueReader): Step['fill'] {
  return (person) => {
    const candidates = reader.read(person);
    if (candidates === undefined) return 0;
    const values = typeof candidates === 'string' ? [candidates] : candidates;
    let filled = 0;
    for (const value of values) {
      if (field === 'EMAIL' && !isEmailAddress(value)) {
        leaveOutEmail(person, field, originOf(reader, person), value);
        continue;
      }
      const list = person.values[field];
      if (list === undefined) person.values[field] = [{ label, value }];
      else list.push({ label, value });
      filled = person.winner;
    }
    return filled;
  };
}

/** Yes and no together give no value, because values have no order. */
function fillFlag(field: FlagField, reader: ValueReader): Step['fill'] {
  return (person) => {
    const candidates = reader.read(person);
    if (candidates === undefined) return 0;
    const flags = new Set<boolean>();
    for (const value of typeof candidates === 'string' ? [candidates] : candidates) {
      const flag = parseBoolean(value);
      if (flag !== undefined) flags.add(flag);
      else remark(person, `${originOf(reader, person)}: ${quoteValue(value)} was left out: it is neither yes nor no`);
    }
    const [flag, other] = flags;
    if (other !== undefined)
      remark(person, `${originOf(reader, person)} says both yes and no to ${field}; neither is taken`);
    if (flag === undefined || other !== undefined) return 0;
    person.values[field] = flag;
    return person.winner;
  };
}

/**
 * Sets each text field by its literal name, which is faster than by a name in a variable. This matters because it is
 * done for every field of a million people.
 */
const writeText: Record<TextField, (values: ContactValues, value: string) => void> = {
  DISPLAY_NAME: (values, value) => {
    values.DISPLAY_NAME = value;
  },
  GIVEN_NAME: (values, value) => {
    values.GIVEN_NAME = value;
  },
  FAMILY_NAME: (values, value) => {
    values.FAMILY_NAME = value;
  },
  COMPANY: (values, value) => {
    values.COMPANY = value;
  },
  JOB_TITLE: (values, value) => {
    values.JOB_TITLE = value;
  },
  DEPARTMENT: (values, value) => {
    values.DEPARTMENT = value;
  },
  EMPLOYEE_ID: (values, value) => {
    values.EMPLOYEE_ID = value;
  },
  MANAGER: (values, value) => {
    values.MANAGER = value;
  },
  PRIMARY_EMAIL: (values, value) => {
    values.PRIMARY_EMAIL = value;
  },
  STREET: (values, value) => {
    values.STREET = value;
  },
  CITY: (values, value) => {
    values.CITY = value;
  },
  REGION: (values, value) => {
    values.REGION = value;
  },
  POSTAL_CODE: (values, value) => {
    values.POSTAL_CODE = value;
  },
  COUNTRY: (values, value) => {
    values.COUNTRY = value;
  },
  LANGUAGE: (values, value) => {
    values.LANGUAGE = value;
  },
  TIME_ZONE: (values, value) => {
    values.TIME_ZONE = value;
  },
  NOTES: (values, value) => {
    values.NOTES = value;
  },
};
