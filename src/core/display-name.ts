import type { ContactValues } from './contact.ts';

/**
 * The display name that other values come to where no mapping gives one: given and family name, else the primary email, else
 * the first labeled one (alphabetically, since the values of an attribute have no order). Undefined: there is none of them,
 * nothing to show as a name. A company is no name of a person.
 */
export const putTogetherName = ({
  GIVEN_NAME = '',
  FAMILY_NAME = '',
  PRIMARY_EMAIL,
  EMAIL = [],
}: ContactValues): string | undefined =>
  `${GIVEN_NAME} ${FAMILY_NAME}`.trim() || PRIMARY_EMAIL || EMAIL.map(({ value }) => value).toSorted()[0];
