import { Field, Float, InputType, ObjectType } from 'type-graphql';

const nullable = true;

@ObjectType('CsvSettings', { description: 'Settings of CSV.', simpleResolvers: true })
export class CsvSettingsType {
  @Field(() => String, {
    nullable: true,
    description:
      'The https:// address from which each run fetches the file; null for an uploaded file (PUT /connections/:id/file).',
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

  @Field(() => String, { description: "The header of the id column. A person's value in it never changes." })
  idColumn!: string;

  @Field(() => String, {
    nullable: true,
    description: 'The header of the column that names a person in logs; null for the id column.',
  })
  nameColumn!: string | null;

  @Field(() => String, { nullable: true, description: 'The encoding of the file; null when each run detects it.' })
  encoding!: string | null;

  @Field(() => String, { nullable: true, description: 'The character between values; null to detect it.' })
  separator!: string | null;

  @Field(() => Boolean, { description: 'Whether an authorization is stored. The secret itself is never sent back.' })
  hasAuthorization!: boolean;
}

@InputType('CsvSettingsInput', {
  description:
    'Settings of CSV. For a new connection, a member that is left out gets its default. In an edit it stays as it is.',
})
export class CsvSettingsInput {
  @Field(() => String, {
    nullable,
    description:
      'The https:// address from which each run fetches the file; null for an uploaded file (PUT /connections/:id/file).',
  })
  url?: string | null;

  @Field(() => String, { nullable, description: "The header of the id column. A person's value in it never changes." })
  idColumn?: string | null;

  @Field(() => String, {
    nullable,
    description: 'The header of the column that names a person in logs; null for the id column.',
  })
  nameColumn?: string | null;

  @Field(() => String, {
    nullable,
    description: 'The encoding of the file, e.g. utf-8 or windows-1252; null to detect it.',
  })
  encoding?: string | null;

  @Field(() => String, { nullable, description: 'The character between values; null to detect it.' })
  separator?: string | null;

  @Field(() => String, {
    nullable,
    description:
      'A secret that is sent as the Authorization header. Left out of an edit, it stays as it is. When `url` changes, it must be given again.',
  })
  authorization?: string | null;
}
