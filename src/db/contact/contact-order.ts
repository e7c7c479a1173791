import { ContactOrder } from '../../core/store.ts';
import type { Position } from '../page/cursor.ts';

/** A part of a list, in the order of an index. */
export type Stretch = { condition: string | null; holds(key: Position[number]): boolean };

/** How a list of contacts is ordered: by a key, then by id, both in the same direction. */
export type Ordering = {
  key: string;
  /** The SQL type of the key in a cursor. */
  type: 'text' | 'timestamptz';
  direction: 'ASC' | 'DESC';
  /** The stretches are read one after another, until the page is full. */
  stretches: readonly Stretch[];
};

const whole: readonly Stretch[] = [{ condition: null, holds: () => true }];

const byName = {
  key: 'contact.name_key',
  type: 'text',
  stretches: whole,
} as const satisfies Omit<Ordering, 'direction'>;

/**
 * Contacts without a company come last in both directions. So in ascending order they form a separate stretch at the
 * end.
 */
const byCompany = {
  key: 'contact.company_key',
  type: 'text',
} as const satisfies Omit<Ordering, 'direction' | 'stretches'>;

const byUpdate = {
  key: 'contact.updated_at',
  type: 'timestamptz',
  stretches: whole,
} as const satisfies Omit<Ordering, 'direction'>;

export const orderings: Readonly<Record<ContactOrder, Ordering>> = {
  NAME_ASC: { ...byName, direction: 'ASC' },
  NAME_DESC: { ...byName, direction: 'DESC' },
  COMPANY_ASC: {
    ...byCompany,
    direction: 'ASC',
    stretches: [
      { condition: `contact.company_key > ''`, holds: (key) => key !== '' },
      { condition: `contact.company_key = ''`, holds: (key) => key === '' },
    ],
  },
  COMPANY_DESC: { ...byCompany, direction: 'DESC', stretches: whole },
  UPDATED_ASC: { ...byUpdate, direction: 'ASC' },
  UPDATED_DESC: { ...byUpdate, direction: 'DESC' },
  CREATED_DESC: {
    key: 'contact.created_at',
    type: 'timestamptz',
    direction: 'DESC',
    stretches: whole,
  },
};

/** The stretches from the one that holds the position. Null: all. */
export function stretchesFrom({ stretches }: Ordering, position: Position | null): readonly Stretch[] {
  return position === null
    ? stretches
    : stretches.slice(stretches.findIndex((stretch) => stretch.holds(position[0] ?? '')));
}
