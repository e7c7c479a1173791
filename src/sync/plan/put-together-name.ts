import type { ContactValues } from '../../core/contact.ts';

/**
 * The display name that a contact's other values come to where no mapping gives one: full name, else primary email, else the
 * alphabetically first labeled one, as for a new person (see sync/map/fill-missing-name.ts). Undefined: there is none of them.
 */
export const putTogetherName = ({
  GIVEN_NAME = '',
  FAMILY_NAME = '',
  PRIMARY_EMAIL,
  EMAIL = [],
}: ContactValues): string | undefined =>
  `${GIVEN_NAME} ${FAMILY_NAME}`.trim() || PRIMARY_EMAIL || EMAIL.map(({ value }) => value).toSorted()[0];
