import type { FieldMapping } from '../../../core/connection.ts';
import { from, labeled } from '../defaults.ts';

function names(): FieldMapping[] {
  return [from('DISPLAY_NAME', ['displayName', 'cn']), from('GIVEN_NAME', ['givenName']), from('FAMILY_NAME', ['sn'])];
}

/*
 * What a new connection maps until somebody says otherwise: the standard attributes, always from the directory. Phones and
 * emails stay as sent; a userPrincipalName is a login that may receive no mail, so it is no email. Flags are left to people:
 * whether somebody may sign in is no attribute of theirs. A fresh list at each call.
 */

/** What schemas for inetOrgPerson (RFC 2798) have in common: OpenLDAP, 389, FreeIPA, eDirectory. */
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
