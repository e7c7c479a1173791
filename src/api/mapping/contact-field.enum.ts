import { registerEnumType } from 'type-graphql';
import { ContactField } from '../../core/contact.ts';

registerEnumType(ContactField, {
  name: 'ContactField',
  description: 'The fields of a contact that a mapping can fill.',
  valuesConfig: {
    DISPLAY_NAME: { description: 'The name that is shown.' },
    GIVEN_NAME: { description: 'First name.' },
    FAMILY_NAME: { description: 'Last name.' },
    COMPANY: { description: 'Company.' },
    JOB_TITLE: { description: 'Job title.' },
    DEPARTMENT: { description: 'Department.' },
    EMPLOYEE_ID: { description: 'Employee number.' },
    PRIMARY_EMAIL: { description: 'The email that signs the contact in to the portal.' },
    EMAIL: { description: 'Further emails, each with a label.' },
    PHONE: { description: 'Phone numbers, each with a label.' },
    STREET: { description: 'Street and number.' },
    CITY: { description: 'City.' },
    REGION: { description: 'State or region.' },
    POSTAL_CODE: { description: 'Postal code.' },
    COUNTRY: { description: 'Country.' },
    LANGUAGE: { description: 'Preferred language.' },
    TIME_ZONE: { description: 'IANA time zone.' },
    NOTES: { description: 'Free text.' },
    PORTAL_ACCESS: { description: 'Whether the contact may sign in to the portal.' },
    EMAIL_NOTIFICATIONS: { description: 'Whether the contact is sent notifications.' },
    FORMS_ACCESS: { description: 'Whether the contact may use forms.' },
  },
});

export { ContactField };
