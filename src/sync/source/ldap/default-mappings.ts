import type { FieldMapping } from '../../../core/connection.ts';
import { from, labeled } from '../defaults.ts';

function names(): FieldMapping[] {
  return [from('DISPLAY_NAME', ['displayName', 'cn']), from('GIVEN_NAME', ['givenName']), from('FAMILY_NAME', ['sn'])];
}

/*
 * The mappings of a new connection: the standard attributes, with policy ALWAYS. Phones and emails stay as sent. A
 * userPrincipalName is a login and may receive no mail, so it is not mapped to an email. Flags are not mapped: whether somebody
 * may sign in is no attribute of theirs. New objects at each call.
 */

/** The attributes that all schemas with inetOrgPerson (RFC 2798) have: OpenLDAP, 389, FreeIPA, eDirectory. */
export function ldapMappings(): FieldMapping[] {
  return [
    ...names(),
    from('COMPANY', ['o']),
    from('JOB_TITLE', ['title']),
    from('DEPARTMENT', ['departmentNumber', 'ou']),
    from('EMPLOYEE_ID', ['employeeNumber']),
    from('PRIMARY_EMAIL', ['mail']),
    labeled('EMAIL', 'other', ['mailAlternateAddress']),
    labeled('PHONE', 'work', ['telephoneNumber']),
    labeled('PHONE', 'mobile', ['mobile']),
    labeled('PHONE', 'home', ['homePhone']),
    from('STREET', ['street', 'postalAddress'], ['POSTAL_ADDRESS']),
    from('CITY', ['l']),
    from('REGION', ['st']),
    from('POSTAL_CODE', ['postalCode']),
    from('COUNTRY', ['c', 'co'], ['COUNTRY_CODE']),
    from('LANGUAGE', ['preferredLanguage']),
    from('NOTES', ['description']),
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
