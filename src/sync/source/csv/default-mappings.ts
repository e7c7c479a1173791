import type { FieldMapping } from '../../../core/connection.ts';
import { from, labeled } from '../defaults.ts';

/**
 * The mappings of a new connection: columns by their usual names in English and German. Case and spaces around a name do not
 * matter. New objects at each call.
 */
export function csvMappings(): FieldMapping[] {
  return [
    from('DISPLAY_NAME', ['display name', 'displayName', 'full name', 'name', 'Anzeigename', 'vollständiger Name']),
    from('GIVEN_NAME', ['first name', 'firstName', 'first_name', 'given name', 'givenName', 'Vorname']),
    from('FAMILY_NAME', ['last name', 'lastName', 'last_name', 'surname', 'family name', 'Nachname', 'Familienname']),
    from('COMPANY', ['company', 'organization', 'organisation', 'Firma', 'Unternehmen']),
    from('JOB_TITLE', ['job title', 'jobTitle', 'job_title', 'position', 'Funktion']),
    from('DEPARTMENT', ['department', 'Abteilung']),
    from('EMPLOYEE_ID', ['employee id', 'employeeId', 'employee_id', 'employee number', 'Personalnummer', 'Pers.-Nr.']),
    from('PRIMARY_EMAIL', ['email', 'e-mail', 'mail', 'email address', 'e-mail address', 'E-Mail-Adresse']),
    labeled('PHONE', 'work', ['phone', 'telephone', 'phone number', 'work phone', 'Telefon', 'Telefonnummer']),
    labeled('PHONE', 'mobile', ['mobile', 'mobile phone', 'cell phone', 'Mobil', 'Mobiltelefon', 'Handy']),
    from('STREET', ['street', 'street address', 'Straße', 'Strasse', 'Anschrift']),
    from('CITY', ['city', 'town', 'Ort', 'Stadt', 'Wohnort']),
    from('REGION', ['state', 'region', 'province', 'Bundesland']),
    from('POSTAL_CODE', ['postal code', 'postalCode', 'postal_code', 'zip', 'zip code', 'PLZ', 'Postleitzahl']),
    from('COUNTRY', ['country', 'country code', 'Land'], ['COUNTRY_CODE']),
    from('LANGUAGE', ['language', 'Sprache']),
    from('NOTES', ['notes', 'comment', 'Notizen', 'Bemerkung']),
  ];
}
