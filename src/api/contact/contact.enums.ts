import { registerEnumType } from 'type-graphql';
import { ContactStatus } from '../../core/contact.ts';
import { ContactOrder } from '../../core/store.ts';

registerEnumType(ContactStatus, {
  name: 'ContactStatus',
  description: 'Whether a contact is in use.',
  valuesConfig: {
    ACTIVE: { description: 'In use.' },
    INACTIVE: { description: 'Kept, but without portal access: its person is gone.' },
  },
});

registerEnumType(ContactOrder, {
  name: 'ContactOrder',
  description: 'The order of contacts. Names are ordered as people expect: Ångström beside Angstrom.',
  valuesConfig: {
    NAME_ASC: { description: 'By name.' },
    NAME_DESC: { description: 'By name, backwards.' },
    COMPANY_ASC: { description: 'By company.' },
    COMPANY_DESC: { description: 'By company, backwards.' },
    UPDATED_ASC: { description: 'The one changed longest ago first: a change feed.' },
    UPDATED_DESC: { description: 'The one changed last first.' },
    CREATED_DESC: { description: 'The newest first.' },
  },
});

export { ContactOrder, ContactStatus };
