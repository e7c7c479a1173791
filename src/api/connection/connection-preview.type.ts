import { Field, ID, Int, ObjectType } from 'type-graphql';
import { ContactField } from '../../core/contact.ts';
import { fieldChanges } from '../../core/field-changes.ts';
import type { ChangeAction as Action } from '../../core/run.ts';
import type { ConnectionPreview, PersonPreview } from '../../core/trial.ts';
import { ChangeAction, FieldChangeType } from '../change/contact-change.type.ts';
import { toBeMended, UserErrorType } from '../error/user-error.type.ts';
import { ExclusionCountType, RunErrorType } from '../run/run.type.ts';

const nullable = true;

@ObjectType('MappedField', { description: 'One field as the mapping gives it.', simpleResolvers: true })
export class MappedFieldType {
  @Field(() => ContactField, { description: 'The field.' })
  field!: ContactField;

  @Field(() => String, { nullable, description: 'For EMAIL and PHONE: the label.' })
  label!: string | null;

  @Field(() => String, { nullable, description: 'The value; null when empty. Several values are joined by ", ".' })
  value!: string | null;

  @Field(() => String, {
    nullable,
    description:
      'The attribute that gave the value; or "template", "fixed value", "put together from other fields". Without a value: the attributes that were looked at.',
  })
  from!: string;
}

@ObjectType('MappedContact', {
  description: 'What the mapping yields for a person, before it is merged with a contact.',
  simpleResolvers: true,
})
export class MappedContactType {
  @Field(() => [MappedFieldType], {
    description: 'Each mapped field, filled or not. None for a person who is not mapped.',
  })
  fields!: MappedFieldType[];
}

@ObjectType('PersonPreview', { description: 'A person, and what the next run would do.', simpleResolvers: true })
export class PersonPreviewType {
  @Field(() => String, { description: "The person's stable id in the source; empty when there is none." })
  id!: string;

  @Field(() => String, { nullable, description: 'The name of the person in the source: a DN in a directory.' })
  dn!: string | null;

  @Field(() => MappedContactType, { description: 'What the mapping yields.' })
  contact!: MappedContactType;

  @Field(() => [String], { description: 'Why the person is left alone, and values that were left out.' })
  problems!: string[];

  @Field(() => ChangeAction, {
    description: 'What the next run would do. NONE: the contact stays as it is.',
  })
  action!: Action;

  @Field(() => ID, { nullable, description: 'The contact that the person has or would get; null for a new one.' })
  contactId!: string | null;

  @Field(() => [FieldChangeType], { description: 'The fields of the contact that would change, before and after.' })
  changes!: FieldChangeType[];
}

@ObjectType('FieldImpact', { description: 'For how many contacts one field changes.', simpleResolvers: true })
export class FieldImpactType {
  @Field(() => ContactField, { description: 'The field.' })
  field!: ContactField;

  @Field(() => String, { nullable, description: 'For EMAIL and PHONE: the label.' })
  label!: string | null;

  @Field(() => Int, { description: 'Contacts in which the field gets another value or none.' })
  changed!: number;

  @Field(() => Int, { description: 'Those of them in which it becomes empty.' })
  emptied!: number;
}

@ObjectType('Impact', {
  description: 'What the next run would do, against the last complete read of the saved connection.',
  simpleResolvers: true,
})
export class ImpactType {
  @Field(() => Date, { description: 'When the last complete read took place.' })
  comparedWith!: Date;

  @Field(() => Int, { description: 'People who would come: contacts created, linked or active again.' })
  gained!: number;

  @Field(() => Int, { description: 'People who would newly be gone.' })
  lost!: number;

  @Field(() => Int, { description: 'Contacts in which fields would change.' })
  changed!: number;

  @Field(() => [FieldImpactType], { description: 'The fields that would change.' })
  fields!: FieldImpactType[];

  @Field(() => [String], { description: 'Why the run would be HELD; empty: it would not.' })
  wouldHold!: string[];

  @Field(() => [PersonPreviewType], { description: 'Some of the people who would be gone, come or change.' })
  examples!: PersonPreviewType[];
}

@ObjectType('ExcludedExamples', {
  description: 'Some people whom the scope leaves out for one reason.',
  simpleResolvers: true,
})
export class ExcludedExamplesType {
  @Field(() => String, { description: 'For programs: the reason.' })
  reason!: string;

  @Field(() => [String], { description: 'How the source names some of them, at most five.' })
  people!: string[];
}

@ObjectType('ConnectionPreview', {
  description: 'What a run with these settings would read and do.',
  simpleResolvers: true,
})
export class ConnectionPreviewType {
  @Field(() => Int, { description: 'People whom the scope lets in.' })
  included!: number;

  @Field(() => [ExclusionCountType], {
    description:
      'People whom the scope leaves out, by reason. Unlike `Run.excluded` it counts those, too, whom the source itself leaves out by rules, filter or groups.',
  })
  excluded!: ExclusionCountType[];

  @Field(() => [ExcludedExamplesType], { description: 'Some people of each of these reasons.' })
  excludedExamples!: ExcludedExamplesType[];

  @Field(() => [PersonPreviewType], { description: 'The first people in scope, in the order of the source.' })
  people!: PersonPreviewType[];

  @Field(() => [String], { description: 'Warnings about the read, e.g. that it is not complete.' })
  notes!: string[];

  @Field(() => ImpactType, {
    nullable,
    description:
      'Against the last complete read of the saved connection; null for an unsaved one, and while there was no such read.',
  })
  impact!: ImpactType | null;
}

@ObjectType('PreviewConnectionPayload', { description: 'The answer of `previewConnection`.', simpleResolvers: true })
export class PreviewConnectionPayload {
  @Field(() => ConnectionPreviewType, { nullable, description: 'The preview; null when it could not be made.' })
  preview!: ConnectionPreviewType | null;

  @Field(() => RunErrorType, { nullable, description: 'Why the source could not be read.' })
  error!: RunErrorType | null;

  @Field(() => [UserErrorType], toBeMended)
  userErrors!: UserErrorType[];
}

@ObjectType('ExplanationStep', { description: 'One step of an explanation.', simpleResolvers: true })
export class ExplanationStepType {
  @Field(() => String, {
    description: 'What was looked at: a condition of the scope, a field, the contact, the next run.',
  })
  step!: string;

  @Field(() => Boolean, { description: 'Whether the condition is met, or the field is filled.' })
  passed!: boolean;

  @Field(() => String, { description: 'A sentence about it.' })
  detail!: string;
}

@ObjectType('PersonExplanation', { description: 'One person, step by step.', simpleResolvers: true })
export class PersonExplanationType {
  @Field(() => Boolean, { description: 'Whether the source has the person, in scope or not.' })
  found!: boolean;

  @Field(() => Boolean, { description: 'Whether the next run would take the person in.' })
  included!: boolean;

  @Field(() => [ExplanationStepType], { description: 'The steps, from the source to the next run.' })
  steps!: ExplanationStepType[];

  @Field(() => PersonPreviewType, {
    nullable,
    description: 'The person, and what the next run would do; null when nobody is known.',
  })
  person!: PersonPreviewType | null;
}

@ObjectType('ExplainPersonPayload', { description: 'The answer of `explainPerson`.', simpleResolvers: true })
export class ExplainPersonPayload {
  @Field(() => PersonExplanationType, { nullable, description: 'The explanation; null when it could not be given.' })
  explanation!: PersonExplanationType | null;

  @Field(() => RunErrorType, {
    nullable,
    description: 'Why the source could not be asked. That is not the same as not found.',
  })
  error!: RunErrorType | null;

  @Field(() => [UserErrorType], toBeMended)
  userErrors!: UserErrorType[];
}

export function showPerson({
  id,
  dn,
  fields,
  problems,
  action,
  contactId,
  before,
  after,
}: PersonPreview): PersonPreviewType {
  return {
    id,
    dn,
    contact: { fields: [...fields] },
    problems: [...problems],
    action,
    contactId,
    changes: fieldChanges({ action, before, after }),
  };
}

export function showPreview({
  included,
  excluded,
  examples,
  people,
  notes,
  impact,
}: ConnectionPreview): ConnectionPreviewType {
  return {
    included,
    excluded: Object.entries(excluded).flatMap(([reason, count]) => (count > 0 ? [{ reason, count }] : [])),
    excludedExamples: Object.entries(examples).map(([reason, names]) => ({ reason, people: [...names] })),
    people: people.map(showPerson),
    notes: [...notes],
    impact: impact && {
      ...impact,
      fields: [...impact.fields],
      wouldHold: [...impact.wouldHold],
      examples: impact.examples.map(showPerson),
    },
  };
}
