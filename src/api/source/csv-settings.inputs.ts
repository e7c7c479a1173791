import { Field, InputType } from 'type-graphql';

const nullable = true;

@InputType('CsvSettingsInput', {
  description: 'Settings of CSV. What is left out has its default, or stays as it is saved.',
})
export class CsvSettingsInput {
  @Field(() => String, {
    nullable,
    description: 'https:// address that the file is fetched from at each run; null: the uploaded file.',
  })
  url?: string | null;

  @Field(() => String, { nullable, description: 'The header of the column whose values never change for a person.' })
  idColumn?: string | null;

  @Field(() => String, {
    nullable,
    description: 'The header of the column that names a person for people to read; null: that of the id.',
  })
  nameColumn?: string | null;

  @Field(() => String, { nullable, description: 'e.g. utf-8 or windows-1252; null: found by itself.' })
  encoding?: string | null;

  @Field(() => String, { nullable, description: 'The character between values; null: found by itself.' })
  separator?: string | null;

  @Field(() => String, {
    nullable,
    description:
      'Sent as the Authorization header: a secret. Left out of an update: stays as it is. It has to be given again when `url` changes.',
  })
  authorization?: string | null;
}
