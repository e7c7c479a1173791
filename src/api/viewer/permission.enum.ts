import { registerEnumType } from 'type-graphql';
import { Permission } from '../../core/access.ts';

registerEnumType(Permission, {
  name: 'Permission',
  description: 'What a viewer may do.',
  valuesConfig: {
    CONTACT_SYNC_VIEW: { description: 'Read connections, runs and logs.' },
    CONTACT_SYNC_MANAGE: { description: 'Create, edit, delete and run connections; implies CONTACT_SYNC_VIEW.' },
    CONTACTS_VIEW: { description: 'Read contacts.' },
    CONTACTS_MANAGE: { description: 'Create, edit and delete contacts; implies CONTACTS_VIEW.' },
    WORKSPACE_MANAGE: { description: 'Turn Contact Sync on and off.' },
  },
});

export { Permission };
