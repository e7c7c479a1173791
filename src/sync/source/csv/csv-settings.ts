import { z } from 'zod';
import type { SettingInfo } from '../../../core/source-kind.ts';

/** The settings of CSV, with their defaults. The secret `authorization` is stored apart. */
export const csvSettings = z.object({
  /** The https:// address that each run fetches. Null: the uploaded file. */
  url: z.string().nullable().default(null),
  /** The column whose values never change for a person. */
  idColumn: z.string().default(''),
  /** The column with a person's name for the log. Null: idColumn. */
  nameColumn: z.string().nullable().default(null),
  /** Null: found automatically; so is `separator`. */
  encoding: z.string().nullable().default(null),
  separator: z.string().nullable().default(null),
});

export type CsvSettings = z.infer<typeof csvSettings>;

function field(name: string, label: string, help: string, more: Partial<SettingInfo> = {}): SettingInfo {
  return {
    name,
    label,
    help,
    type: 'TEXT',
    required: false,
    advanced: false,
    default: null,
    options: null,
    ...more,
  };
}

/** The form of the settings, in its order. */
export const csvForm: readonly SettingInfo[] = [
  field('url', 'URL', 'https:// address of the file, fetched at each run. Empty: the file that is uploaded here.'),
  field('authorization', 'Authorization', 'Sent as the Authorization header, e.g. "Bearer …". Stored encrypted.', {
    type: 'SECRET',
  }),
  field('idColumn', 'Id column', 'The column whose values never change for a person, such as a staff number.', {
    required: true,
  }),
  field('nameColumn', 'Name column', 'The column that names a person in the log. Empty: the id column.', {
    advanced: true,
  }),
  field('encoding', 'Encoding', 'Empty: found automatically (UTF-8, UTF-16 with a mark, or Windows-1252).', {
    advanced: true,
    options: ['utf-8', 'windows-1252', 'iso-8859-15', 'utf-16le'],
  }),
  field('separator', 'Separator', 'The character between values. Empty: found automatically.', {
    advanced: true,
    options: [',', ';', '\t', '|'],
  }),
];
