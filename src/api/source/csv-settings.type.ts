import { Field, Float, InputType, ObjectType } from 'type-graphql';

const nullable = true;

@ObjectType('CsvSettings', { description: 'Settings of CSV.', simpleResolvers: true })
export class CsvSettingsType {
  @Field(() => String, {
    nullable: true,
    description:
      'https:// address that the file is fetched from at each run; null: the uploaded file (PUT /connections/:id/file).',
  })
  url!: string | null;

  @Field(() => Boolean, { description: 'Whether a file has been uploaded.' })
  hasFile!: boolean;

  @Field(() => String, { nullable: true, description: "The uploaded file's name." })
  fileName!: string | null;

  @Field(() => Date, { nullable: true, description: 'When it was uploaded.' })
  fileUploadedAt!: Date | null;

  @Field(() => Float, { nullable: true, description: 'Its size in bytes.' })
  fileBytes!: number | null;

  @Field(() => String, { description: 'The header of the column whose values never change for a person.' })
  idColumn!: string;

  @Field(() => String, {
    nullable: true,
    description: 'The header of the column that names a person for people to read; null: that of the id.',
  })
  nameColumn!: string | null;

  @Field(() => String, { nullable: true, description: 'How the file is encoded; null: found by itself.' })
  encoding!: string | null;

  @Field(() => String, { nullable: true, description: 'The character between values; null: found by itself.' })
  separator!: string | null;

  @Field(() => Boolean, { description: 'Whether an authorization is stored. It is never sent back.' })
  hasAuthorization!: boolean;
}

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
