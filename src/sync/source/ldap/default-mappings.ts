import type { FieldMapping } from '../../../core/connection.ts';
import { from, labeled } from '../defaults.ts';

function names(): FieldMapping[] {
  return [from('DISPLAY_NAME', ['displayName', 'cn']), from('GIVEN_NAME', ['givenName']), from('FAMILY_NAME', ['sn'])];
}

/*
 * The mappings of a new connection: the standard attributes, with policy ALWAYS. Phones and emails stay as sent. A
 * userPrincipalName is a login and may receive no mail, so it is not mapped to an email. Flags are not mapped: whether somebody
 * may sign in is no attribute of theirs. New objects at each call.
 *
 * Saving a connection contacts no server. So a connection of kind LDAP that is created without mappings, and without a flavour
 * in its settings, gets `everywhereMappings`: for each field the attributes of all kinds of server, in order. Servers send what
 * they have, and the first attribute with a value fills the field.
 */

/** The attributes that all schemas with inetOrgPerson (RFC 2798) have: OpenLDAP, 389, FreeIPA. */
export function inetOrgPersonMappings(): FieldMapping[] {
  return directoryMappings({
    company: ['o'],
    department: ['departmentNumber', 'ou'],
    employeeId: ['employeeNumber'],
    primaryEmail: ['mail'],
    otherEmails: ['mailAlternateAddress'],
    street: ['street', 'postalAddress'],
    notes: ['description'],
  });
}

/** eDirectory: inetOrgPerson, and the attributes that its own tools fill instead. */
export function eDirectoryMappings(): FieldMapping[] {
  return directoryMappings({
    company: ['company', 'o'],
    department: ['departmentNumber', 'ou'],
    employeeId: ['workforceID', 'employeeNumber'],
    primaryEmail: ['mail'],
    otherEmails: ['mailAlternateAddress'],
    street: ['street', 'postalAddress'],
    notes: ['description'],
  });
}

/** Right for every kind of server: inetOrgPerson first, then what eDirectory and Active Directory have instead. */
export function everywhereMappings(): FieldMapping[] {
  return directoryMappings({
    company: ['o', 'company'],
    department: ['departmentNumber', 'ou', 'department'],
    employeeId: ['employeeNumber', 'workforceID', 'employeeID'],
    primaryEmail: ['mail', 'proxyAddresses'],
    otherEmails: ['mailAlternateAddress', 'proxyAddresses'],
    street: ['street', 'postalAddress', 'streetAddress'],
    notes: ['description', 'info'],
  });
}

/** The attributes of the fields in which servers with inetOrgPerson differ. */
type Attributes = Record<
  'company' | 'department' | 'employeeId' | 'primaryEmail' | 'otherEmails' | 'street' | 'notes',
  string[]
>;

function directoryMappings(attributes: Attributes): FieldMapping[] {
  return [
    ...names(),
    from('COMPANY', attributes.company),
    from('JOB_TITLE', ['title']),
    from('DEPARTMENT', attributes.department),
    from('EMPLOYEE_ID', attributes.employeeId),
    from('MANAGER', ['manager']),
    from('PRIMARY_EMAIL', attributes.primaryEmail),
    labeled('EMAIL', 'other', attributes.otherEmails),
    labeled('PHONE', 'work', ['telephoneNumber']),
    labeled('PHONE', 'mobile', ['mobile']),
    labeled('PHONE', 'home', ['homePhone']),
    from('STREET', attributes.street, ['POSTAL_ADDRESS']),
    from('CITY', ['l']),
    from('REGION', ['st']),
    from('POSTAL_CODE', ['postalCode']),
    from('COUNTRY', ['c', 'co'], ['COUNTRY_CODE']),
    from('LANGUAGE', ['preferredLanguage']),
    from('NOTES', attributes.notes),
  ];
}

/** The usual attributes of Active Directory. */
export function activeDirectoryMappings(): FieldMapping[] {
  return [
    ...names(),
    from('COMPANY', ['company']),
    from('JOB_TITLE', ['title']),
    from('DEPARTMENT', ['department']),
    from('EMPLOYEE_ID', ['employeeID', 'employeeNumber']),
    from('MANAGER', ['manager']),
    from('PRIMARY_EMAIL', ['mail', 'proxyAddresses']),
    labeled('EMAIL', 'other', ['proxyAddresses']),
    labeled('PHONE', 'work', ['telephoneNumber']),
    labeled('PHONE', 'mobile', ['mobile']),
    labeled('PHONE', 'home', ['homePhone']),
    labeled('PHONE', 'other', ['otherTelephone']),
    from('STREET', ['streetAddress']),
    from('CITY', ['l']),
    from('REGION', ['st']),
    from('POSTAL_CODE', ['postalCode']),
    from('COUNTRY', ['c', 'co'], ['COUNTRY_CODE']),
    from('LANGUAGE', ['preferredLanguage']),
    from('NOTES', ['info', 'description']),
  ];
}
