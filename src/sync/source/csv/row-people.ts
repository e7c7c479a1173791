import type { Entry } from '../../../core/entry.ts';
import { isStorable, longestSaid, saidText } from '../../../core/outside-text.ts';
import type { Header } from './header.ts';
import type { Row } from './parse-rows.ts';

/** The most characters of an id and of a person's name. Longer ones would not fit into the database. */
const longestId = 512;
const longestName = 4096;

type Asked = { attributes: readonly string[]; idPlace: number; namePlace: number };

/** Turns rows into people. */
export class RowPeople {
  readonly #header: Header;
  readonly #places: readonly number[];
  readonly #asked: Asked;

  constructor(header: Header, asked: Asked) {
    this.#header = header;
    this.#asked = asked;
    this.#places = asked.attributes.map((name) => header.placeOf(name));
  }

  /** Requested columns that the file does not have. */
  get missing(): string[] {
    return this.#asked.attributes.filter((_, i) => (this.#places[i] ?? -1) < 0);
  }

  /** Why a row does not fit the header. Null: it fits; further columns may follow if they are empty. */
  fault({ line, values, fault }: Row): string | null {
    if (values === null) return fault;
    const columns = this.#header.names.length;
    if (values.length === columns || (values.length > columns && values.slice(columns).every(isBlank))) return null;
    return `Line ${line} has ${values.length === 1 ? '1 column' : `${values.length} columns`}, and the header ${columns}.`;
  }

  /** The person of a row. With a `fault` it is a person without an id. */
  entryOf({ line, values }: Row, fault: string | null): Entry {
    if (values === null || fault !== null) return unknownPerson(line, fault ?? '');
    const id = readable(values[this.#asked.idPlace]);
    if (id === null || id.length > longestId) return unknownPerson(line, idFault(line, values[this.#asked.idPlace]));
    const undecodable: string[] = [];
    const attributes = this.#places.map((place, i) => {
      const text = values[place];
      if (text === undefined || isBlank(text)) return undefined;
      if (isText(text)) return text;
      undecodable.push(this.#asked.attributes[i] ?? '');
      return undefined;
    });
    const name = readable(values[this.#asked.namePlace]) ?? id;
    const unfit = name.length > longestName ? `The name has more than ${longestName} characters.` : null;
    return {
      name: name.length > longestSaid ? saidText(name) : name,
      id,
      unfit,
      attributes,
      disabled: false,
      notAPerson: false,
      inGroups: true,
      excluded: null,
      undecodable,
      said: null,
      place: `Line ${line}`,
    };
  }
}

function isBlank(text: string): boolean {
  return text.trim() === '';
}

/** Whether a text has no U+FFFD, which stands for invalid bytes of this file or of an earlier one. */
function isText(text: string): boolean {
  return isStorable(text) && !text.includes('\ufffd');
}

function readable(text: string | undefined): string | null {
  return text === undefined || isBlank(text) || !isText(text) ? null : text.trim();
}

function unknownPerson(line: number, unfit: string): Entry {
  return {
    name: `line ${line}`,
    id: null,
    unfit,
    attributes: [],
    disabled: false,
    notAPerson: false,
    inGroups: true,
    excluded: null,
    undecodable: [],
    said: null,
  };
}

function idFault(line: number, value: string | undefined): string {
  if (value === undefined || isBlank(value)) return `Line ${line} has no value in the id column.`;
  if (!isText(value)) return `The id in line ${line} is not valid text.`;
  return `The id in line ${line} has more than ${longestId} characters.`;
}
